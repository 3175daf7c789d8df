//! Lose an opportunity for a reason of the catalog.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, OpportunityId};
use crate::values::PlainText;

/// Lose an opportunity for a reason of the catalog.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoseOpportunity {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// A key of the current catalog of losses.
    pub reason: String,
    /// Who won it instead.
    #[serde(default)]
    pub competitor: Option<String>,
    /// A comment in free words.
    #[serde(default)]
    pub comment: Option<PlainText>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}
