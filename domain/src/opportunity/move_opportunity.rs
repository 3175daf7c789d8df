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

    fn subject(&self) -> Query {
        Query::about(&self.opportunity, &[])
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{OTHER_PIPELINE, PIPELINE, SELLER, company, deal, published, stage};
    use crate::opportunity::{LoseOpportunity, ReopenOpportunity, WinOpportunity};
    use crate::refusal::RefusalCode;
    use crate::testing::{NOW, id};

    fn to(stage: &str) -> MoveOpportunity {
        MoveOpportunity { opportunity: id(50), stage: stage.to_owned(), pipeline: None, employee: None }
    }

    fn moved(from: StageRef, to: StageRef) -> Event {
        OpportunityStageChanged { opportunity: id(50), employee: None, from, to }.into()
    }

    #[test]
    fn a_deal_moves_forward_and_back() {
        let (offer, talks) = (stage(PIPELINE, 1, "OFFER"), stage(PIPELINE, 1, "TALKS"));
        let history = company().after(&deal(50)).when(&to("TALKS")).then([moved(offer.clone(), talks.clone())]);
        history.when(&to("OFFER")).then([moved(talks, offer)]);
    }

    #[test]
    fn the_stage_it_is_in_already_changes_nothing() {
        company().after(&deal(50)).when(&to("OFFER")).then_nothing();
    }

    #[test]
    fn a_deal_keeps_its_version_while_that_has_the_stage() {
        let history = company().after(&deal(50)).and(published(PIPELINE, 2, &["OFFER", "TALKS", "CONTRACT"]));
        let (offer, talks) = (stage(PIPELINE, 1, "OFFER"), stage(PIPELINE, 1, "TALKS"));
        let contract = stage(PIPELINE, 2, "CONTRACT");
        history.clone().when(&to("OFFER")).then_nothing();
        history.clone().when(&to("TALKS")).then([moved(offer.clone(), talks)]);
        history.when(&to("CONTRACT")).then([moved(offer, contract)]);
    }

    #[test]
    fn a_deal_moves_elsewhere_into_the_current_version_of_the_other_pipeline() {
        let elsewhere = MoveOpportunity { pipeline: Some(id(OTHER_PIPELINE)), ..to("END") };
        let history = company().after(&deal(50)).and(published(OTHER_PIPELINE, 2, &["END"]));
        let events = [moved(stage(PIPELINE, 1, "OFFER"), stage(OTHER_PIPELINE, 2, "END"))];
        history.when(&elsewhere).then(events);
    }

    #[test]
    fn a_closed_deal_moves_only_after_it_is_reopened() {
        let win = WinOpportunity { opportunity: id(50), amount: None, employee: None };
        let won = company().after(&deal(50)).after(&win);
        let refused = won.clone().when(&to("TALKS")).then_refused(RefusalCode::InvalidState);
        assert_eq!(refused.to_string(), "the opportunity is won; reopen it before it moves");
        let reopen = ReopenOpportunity { opportunity: id(50), stage: None, comment: None, employee: None };
        won.after(&reopen).when(&to("TALKS")).then_accepted();
        let lose = LoseOpportunity {
            opportunity: id(50),
            reason: "PRICE".to_owned(),
            competitor: None,
            comment: None,
            employee: None,
        };
        company().after(&deal(50)).after(&lose).when(&to("TALKS")).then_refused(RefusalCode::InvalidState);
    }

    #[test]
    fn a_back_dated_move_is_accepted_and_a_future_one_is_not() {
        let history = company().after(&deal(50));
        history.clone().occurring_at(NOW.plus_ms(-86_400_000)).when(&to("TALKS")).then_accepted();
        history.clone().occurring_at(NOW.plus_ms(60_000)).when(&to("TALKS")).then_accepted();
        history.occurring_at(NOW.plus_ms(3_600_000)).when(&to("TALKS")).then_refused(RefusalCode::InFuture);
    }

    #[test]
    fn the_actor_moves_it_unless_another_employee_is_named() {
        let history = company().after(&deal(50)).by(id(SELLER));
        let (from, to_stage) = (stage(PIPELINE, 1, "OFFER"), stage(PIPELINE, 1, "TALKS"));
        let changed = OpportunityStageChanged { opportunity: id(50), employee: Some(id(SELLER)), from, to: to_stage };
        history.clone().when(&to("TALKS")).then([changed.into()]);
        let by_nobody = MoveOpportunity { employee: Some(id(99)), ..to("TALKS") };
        assert_eq!(history.when(&by_nobody).then_refused(RefusalCode::NotFound).field.unwrap(), "employee");
    }

    #[test]
    fn an_unknown_deal_does_not_move() {
        let refused = company().when(&to("TALKS")).then_refused(RefusalCode::NotFound);
        assert_eq!(refused.field.unwrap(), "opportunity");
    }
}
