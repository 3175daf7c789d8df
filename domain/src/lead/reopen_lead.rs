//! Take a rejected or recycled lead up again.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, LeadId};
use crate::values::PlainText;

/// Take a rejected or recycled lead up again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReopenLead {
    /// The lead.
    pub lead: LeadId,
    /// A comment in free words.
    #[serde(default)]
    pub comment: Option<PlainText>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}
