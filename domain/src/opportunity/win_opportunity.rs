//! Win an opportunity.

use serde::{Deserialize, Serialize};

use crate::common::rejection;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, OpportunityId};
use crate::limits;
use crate::opportunity::deal::{Deal, LIFECYCLE_AND_AMOUNT};
use crate::opportunity::{OpportunityStatus, OpportunityWon};
use crate::query::Query;
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

rejection! {
    /// It is lost, or was won for another amount.
    Closed { status: OpportunityStatus } => InvalidState, "opportunity",
        "the opportunity is {status} already; reopen it before it is won";
}

impl Decision for WinOpportunity {
    type State = Deal;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Query::about(&self.opportunity, &[])
    }

    fn boundary(&self, _known: &Deal) -> Query {
        Deal::boundary(self.opportunity, LIFECYCLE_AND_AMOUNT, self.employee)
    }

    fn evolve(&self, state: &mut Deal, event: &Recorded) {
        state.evolve(event);
    }

    fn decide(&self, state: &Deal, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        limits::amount("amount", self.amount.as_ref())?;
        let opportunity = state.find(self.opportunity, self.employee)?;
        let amount = self.amount.or(opportunity.amount);
        match opportunity.status {
            OpportunityStatus::Open => {}
            OpportunityStatus::Won if amount == opportunity.amount => return Ok(Vec::new()),
            status => return Err(Rejection::Closed { status }),
        }
        let won = OpportunityWon {
            opportunity: self.opportunity,
            employee: at.employee(self.employee),
            stage: opportunity.stage.clone(),
            amount,
        };
        Ok(vec![won.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{PIPELINE, company, deal, eur, stage};
    use crate::opportunity::{LoseOpportunity, MoveOpportunity, ReviseOpportunity};
    use crate::refusal::RefusalCode;
    use crate::testing::id;

    fn win(amount: Option<Money>) -> WinOpportunity {
        WinOpportunity { opportunity: id(50), amount, employee: None }
    }

    fn won(stage_key: &str, amount: i64) -> Event {
        let stage = stage(PIPELINE, 1, stage_key);
        OpportunityWon { opportunity: id(50), employee: None, stage, amount: Some(eur(amount)) }.into()
    }

    #[test]
    fn a_deal_is_won_from_its_stage_for_its_amount_of_that_moment() {
        let step = MoveOpportunity { opportunity: id(50), stage: "TALKS".to_owned(), pipeline: None, employee: None };
        let revision = ReviseOpportunity {
            opportunity: id(50),
            amount: Some(eur(80)),
            expected_close: None,
            probability_percent: None,
            employee: None,
        };
        let history = company().after(&deal(50)).after(&step).after(&revision);
        history.clone().when(&win(None)).then([won("TALKS", 80)]);
        history.when(&win(Some(eur(75)))).then([won("TALKS", 75)]);
    }

    #[test]
    fn winning_again_says_nothing_more_unless_for_another_amount() {
        let history = company().after(&deal(50)).after(&win(Some(eur(75))));
        history.clone().when(&win(None)).then_nothing();
        history.clone().when(&win(Some(eur(75)))).then_nothing();
        history.when(&win(Some(eur(90)))).then_refused(RefusalCode::InvalidState);
    }

    #[test]
    fn a_lost_deal_is_not_won() {
        let lose = LoseOpportunity {
            opportunity: id(50),
            reason: "PRICE".to_owned(),
            competitor: None,
            comment: None,
            employee: None,
        };
        let history = company().after(&deal(50)).after(&lose);
        let refused = history.when(&win(None)).then_refused(RefusalCode::InvalidState);
        assert_eq!(refused.to_string(), "the opportunity is lost already; reopen it before it is won");
    }
}
