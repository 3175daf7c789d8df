//! Move an opportunity to another stage, forward or back, or to another pipeline.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, OpportunityId, PipelineId};

/// Move an opportunity to another stage, forward or back, or to another pipeline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveOpportunity {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// The stage to enter.
    pub stage: String,
    /// Another pipeline to move to; none = the one it is in.
    #[serde(default)]
    pub pipeline: Option<PipelineId>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}
