//! Give an opportunity to another owner, or to none.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, OpportunityId};

/// Give an opportunity to another owner, or to none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignOpportunityOwner {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// The new owner.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
}
