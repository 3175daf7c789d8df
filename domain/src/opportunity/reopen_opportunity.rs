//! Open a closed opportunity again.

use serde::{Deserialize, Serialize};

use crate::common::{Common, rejection};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Fact, Recorded};
use crate::ids::{EmployeeId, OpportunityId};
use crate::lead::Comment;
use crate::limits;
use crate::opportunity::deal::{Deal, LIFECYCLE};
use crate::opportunity::{Opportunity, OpportunityReopened, OpportunityStatus};
use crate::pipeline::{Pipelines, StageRef};
use crate::query::Query;
use crate::values::{Personal, PlainText};

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

rejection! {
    /// It is neither won nor lost.
    NotClosed => InvalidState, "opportunity", "the opportunity is open";
}

/// What reopening depends on.
#[derive(Clone, Debug, Default)]
pub struct State {
    deal: Deal,
    pipelines: Pipelines,
    /// The reopening after which nothing else happened.
    reopened: Option<OpportunityReopened>,
}

impl ReopenOpportunity {
    fn says_the_same_as(&self, reopened: &OpportunityReopened) -> bool {
        self.stage.as_ref().is_none_or(|stage| *stage == reopened.stage.stage)
            && reopened.personal.known().is_some_and(|personal| personal.comment == self.comment)
    }

    /// A deal returns to the version it pinned while that version has the stage.
    fn pin(&self, pipelines: &Pipelines, opportunity: &Opportunity) -> Result<StageRef, Common> {
        let closed_from = &opportunity.stage;
        let Some(stage) = &self.stage else { return Ok(closed_from.clone()) };
        pipelines.pin_in(closed_from, stage).or_else(|_| pipelines.pin(closed_from.pipeline, Some(stage)))
    }
}

impl Decision for ReopenOpportunity {
    type State = State;
    type Rejection = Rejection;

    fn boundary(&self, known: &State) -> Query {
        let own = Deal::boundary(self.opportunity, LIFECYCLE, self.employee);
        let opportunity = known.deal.so_far();
        if self.stage.is_some() && opportunity.exists() {
            Pipelines::within(own, &opportunity.stage.pipeline)
        } else {
            own
        }
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.deal.evolve(event);
        state.pipelines.evolve(event);
        if LIFECYCLE.contains(&event.event.event_type()) {
            state.reopened = OpportunityReopened::of(&event.event).cloned();
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        limits::text("comment", self.comment.as_ref())?;
        let opportunity = state.deal.find(self.opportunity, self.employee)?;
        if opportunity.status == OpportunityStatus::Open {
            let is_repeated = state.reopened.as_ref().is_some_and(|reopened| self.says_the_same_as(reopened));
            return if is_repeated { Ok(Vec::new()) } else { Err(Rejection::NotClosed) };
        }
        let reopened = OpportunityReopened {
            opportunity: self.opportunity,
            employee: at.employee(self.employee),
            stage: self.pin(&state.pipelines, opportunity)?,
            personal: Personal::Known(Comment { comment: self.comment.clone() }),
        };
        Ok(vec![reopened.into()])
    }
}
