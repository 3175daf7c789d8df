//! Move an opportunity to another stage, forward or back, or to another pipeline.

use serde::{Deserialize, Serialize};

use crate::common::{Common, rejection};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, OpportunityId, PipelineId};
use crate::opportunity::deal::{Deal, LIFECYCLE};
use crate::opportunity::{Opportunity, OpportunityStageChanged, OpportunityStatus};
use crate::pipeline::{Pipelines, StageRef};
use crate::query::Query;

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

rejection! {
    /// It is won or lost.
    Closed { status: OpportunityStatus } => InvalidState, "opportunity",
        "the opportunity is {status}; reopen it before it moves";
}

/// What moving depends on.
#[derive(Clone, Debug, Default)]
pub struct State {
    deal: Deal,
    pipelines: Pipelines,
}

impl MoveOpportunity {
    fn target(&self, opportunity: &Opportunity) -> PipelineId {
        self.pipeline.unwrap_or(opportunity.stage.pipeline)
    }

    /// A deal keeps the version it pinned while that version has the stage; otherwise it goes over to the current.
    fn pin(&self, pipelines: &Pipelines, opportunity: &Opportunity) -> Result<StageRef, Common> {
        let target = self.target(opportunity);
        if target == opportunity.stage.pipeline
            && let Ok(stage) = pipelines.pin_in(&opportunity.stage, &self.stage)
        {
            return Ok(stage);
        }
        pipelines.pin(target, Some(&self.stage))
    }
}

impl Decision for MoveOpportunity {
    type State = State;
    type Rejection = Rejection;

    fn boundary(&self, known: &State) -> Query {
        let own = Deal::boundary(self.opportunity, LIFECYCLE, self.employee);
        let opportunity = known.deal.so_far();
        if opportunity.exists() { Pipelines::within(own, &self.target(opportunity)) } else { own }
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.deal.evolve(event);
        state.pipelines.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        let opportunity = state.deal.find(self.opportunity, self.employee)?;
        if opportunity.status != OpportunityStatus::Open {
            return Err(Rejection::Closed { status: opportunity.status });
        }
        let to = self.pin(&state.pipelines, opportunity)?;
        if to == opportunity.stage {
            return Ok(Vec::new());
        }
        let changed = OpportunityStageChanged {
            opportunity: self.opportunity,
            employee: at.employee(self.employee),
            from: opportunity.stage.clone(),
            to,
        };
        Ok(vec![changed.into()])
    }
}
