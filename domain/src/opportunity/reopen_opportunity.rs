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

    fn subject(&self) -> Query {
        Query::about(&self.opportunity, &[])
    }

    fn boundary(&self, known: &State) -> Query {
        let own = known.deal.boundary_with_words(self.opportunity, LIFECYCLE, self.employee);
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
        let comment = Comment { comment: self.comment.clone() };
        let reopened = OpportunityReopened {
            opportunity: self.opportunity,
            employee: at.employee(self.employee),
            stage: self.pin(&state.pipelines, opportunity)?,
            data_subjects: state.deal.seal(&comment, "comment")?,
            personal: Personal::Known(comment),
        };
        Ok(vec![reopened.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{PIPELINE, company, deal, eur, published, stage};
    use crate::opportunity::{LoseOpportunity, MoveOpportunity, ReviseOpportunity, WinOpportunity};
    use crate::privacy::DataSubjects;
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    fn reopen(stage: Option<&str>) -> ReopenOpportunity {
        let stage = stage.map(str::to_owned);
        ReopenOpportunity { opportunity: id(50), stage, comment: None, employee: None }
    }

    fn reopened(version: u32, key: &str) -> Event {
        let stage = stage(PIPELINE, version, key);
        let personal = Personal::Known(Comment { comment: None });
        let data_subjects = DataSubjects::NOBODY;
        OpportunityReopened { opportunity: id(50), employee: None, stage, data_subjects, personal }.into()
    }

    fn won() -> History {
        company().after(&deal(50)).after(&WinOpportunity { opportunity: id(50), amount: None, employee: None })
    }

    #[test]
    fn a_deal_returns_to_the_stage_it_was_closed_from_unless_another_is_named() {
        won().when(&reopen(None)).then([reopened(1, "OFFER")]);
        won().when(&reopen(Some("NEW"))).then([reopened(1, "NEW")]);
    }

    #[test]
    fn a_stage_that_only_the_current_version_has_brings_the_deal_over() {
        let history = won().and(published(PIPELINE, 2, &["OFFER", "CONTRACT"]));
        history.clone().when(&reopen(Some("OFFER"))).then([reopened(1, "OFFER")]);
        history.when(&reopen(Some("CONTRACT"))).then([reopened(2, "CONTRACT")]);
    }

    #[test]
    fn a_reopened_deal_takes_every_command_of_an_open_one() {
        let reopened = || won().after(&reopen(None));
        let (opportunity, employee) = (id(50), None);
        let (expected_close, probability_percent) = (None, Some(40));
        let revise =
            ReviseOpportunity { opportunity, amount: Some(eur(7)), expected_close, probability_percent, employee };
        reopened().when(&revise).then_accepted();
        reopened().when(&WinOpportunity { opportunity, amount: Some(eur(7)), employee }).then_accepted();
        let (reason, comment) = ("PRICE".to_owned(), None);
        let lose = LoseOpportunity { opportunity, reason, competitor: None, comment, employee };
        reopened().when(&lose).then_accepted().when(&reopen(None)).then_accepted();
    }

    #[test]
    fn an_open_deal_is_not_reopened() {
        let open = company().after(&deal(50));
        open.when(&reopen(None)).then_refused(RefusalCode::InvalidState);
    }

    #[test]
    fn reopening_again_says_nothing_more_until_the_deal_goes_on() {
        let history = won().after(&reopen(None));
        history.clone().when(&reopen(None)).then_nothing();
        history.clone().when(&reopen(Some("OFFER"))).then_nothing();
        history.clone().when(&reopen(Some("NEW"))).then_refused(RefusalCode::InvalidState);
        let step = MoveOpportunity { opportunity: id(50), stage: "TALKS".to_owned(), pipeline: None, employee: None };
        history.after(&step).when(&reopen(None)).then_refused(RefusalCode::InvalidState);
    }
}
