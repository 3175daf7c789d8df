//! Open a closed opportunity again.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, OpportunityId};
use crate::values::PlainText;

/// Open a closed opportunity again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReopenOpportunity {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// The stage to return to; none = the one it was closed from.
    #[serde(default)]
    pub stage: Option<String>,
    /// A comment in free words.
    #[serde(default)]
    pub comment: Option<PlainText>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}
