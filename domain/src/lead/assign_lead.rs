//! Give a lead to another owner, or to none.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, LeadId};

/// Give a lead to another owner, or to none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignLead {
    /// The lead.
    pub lead: LeadId,
    /// The new owner.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
}
