//! Record that a lead is worth pursuing.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, LeadId};

/// Record that a lead is worth pursuing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualifyLead {
    /// The lead.
    pub lead: LeadId,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}
