//! Revise amount, expected close or declared probability; what is absent stays.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, OpportunityId};
use crate::values::{Date, Money};

/// Revise amount, expected close or declared probability; what is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviseOpportunity {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// The new amount.
    #[serde(default)]
    pub amount: Option<Money>,
    /// The new expected close.
    #[serde(default)]
    pub expected_close: Option<Date>,
    /// The new probability, 0 to 100.
    #[serde(default)]
    pub probability_percent: Option<u8>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}
