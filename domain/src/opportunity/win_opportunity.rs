//! Win an opportunity.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, OpportunityId};
use crate::values::Money;

/// Win an opportunity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WinOpportunity {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// The final amount; none = as it stands.
    #[serde(default)]
    pub amount: Option<Money>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}
