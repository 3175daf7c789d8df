//! Reject a lead for a reason of the catalog (R57).

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, LeadId};
use crate::values::PlainText;

/// Reject a lead for a reason of the catalog (R57).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectLead {
    /// The lead.
    pub lead: LeadId,
    /// A key of the current catalog of lead rejections.
    pub reason: String,
    /// A comment in free words.
    #[serde(default)]
    pub comment: Option<PlainText>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}
