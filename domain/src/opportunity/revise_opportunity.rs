//! Revise amount, expected close or declared probability; what is absent stays.

use serde::{Deserialize, Serialize};

use crate::common::rejection;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Recorded};
use crate::ids::{EmployeeId, OpportunityId};
use crate::limits;
use crate::opportunity::deal::Deal;
use crate::opportunity::{
    OpportunityAmountRevised, OpportunityExpectedCloseRevised, OpportunityProbabilityDeclared, OpportunityStatus,
};
use crate::query::Query;
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

rejection! {
    /// It is won or lost.
    Closed { status: OpportunityStatus } => InvalidState, "opportunity",
        "the opportunity is {status}; reopen it before it is revised";
}

const TYPES: &[EventType] = &[
    EventType::OpportunityOpened,
    EventType::OpportunityAmountRevised,
    EventType::OpportunityExpectedCloseRevised,
    EventType::OpportunityProbabilityDeclared,
    EventType::OpportunityWon,
    EventType::OpportunityLost,
    EventType::OpportunityReopened,
];

impl Decision for ReviseOpportunity {
    type State = Deal;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Query::about(&self.opportunity, &[])
    }

    fn boundary(&self, _known: &Deal) -> Query {
        Deal::boundary(self.opportunity, TYPES, self.employee)
    }

    fn evolve(&self, state: &mut Deal, event: &Recorded) {
        state.evolve(event);
    }

    /// One event per value that changed, so that n edits are n facts (R93).
    fn decide(&self, state: &Deal, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        limits::amount("amount", self.amount.as_ref())?;
        limits::percent("probabilityPercent", self.probability_percent)?;
        let before = state.find(self.opportunity, self.employee)?;
        if before.status != OpportunityStatus::Open {
            return Err(Rejection::Closed { status: before.status });
        }
        let (opportunity, employee) = (self.opportunity, at.employee(self.employee));
        let mut events = Vec::new();
        if self.amount.is_some() && self.amount != before.amount {
            let (from, to) = (before.amount, self.amount);
            events.push(OpportunityAmountRevised { opportunity, employee, from, to }.into());
        }
        if self.expected_close.is_some() && self.expected_close != before.expected_close {
            let (from, to) = (before.expected_close, self.expected_close);
            events.push(OpportunityExpectedCloseRevised { opportunity, employee, from, to }.into());
        }
        if self.probability_percent.is_some() && self.probability_percent != before.probability_percent {
            let (from_percent, to_percent) = (before.probability_percent, self.probability_percent);
            events.push(OpportunityProbabilityDeclared { opportunity, employee, from_percent, to_percent }.into());
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{company, deal, eur};
    use crate::opportunity::WinOpportunity;
    use crate::refusal::RefusalCode;
    use crate::testing::id;

    fn revise() -> ReviseOpportunity {
        ReviseOpportunity {
            opportunity: id(50),
            amount: None,
            expected_close: None,
            probability_percent: None,
            employee: None,
        }
    }

    #[test]
    fn every_changed_value_is_a_fact_of_its_own() {
        let close: Date = "2026-03-31".parse().unwrap();
        let all = ReviseOpportunity {
            amount: Some(eur(120)),
            expected_close: Some(close),
            probability_percent: Some(90),
            ..revise()
        };
        let (opportunity, employee) = (id(50), None);
        let amount = OpportunityAmountRevised { opportunity, employee, from: Some(eur(100)), to: Some(eur(120)) };
        let expected = OpportunityExpectedCloseRevised { opportunity, employee, from: None, to: Some(close) };
        let probability =
            OpportunityProbabilityDeclared { opportunity, employee, from_percent: None, to_percent: Some(90) };
        company().after(&deal(50)).when(&all).then([amount.into(), expected.into(), probability.into()]);
    }

    #[test]
    fn what_stays_as_it_is_leaves_no_trace() {
        let same = ReviseOpportunity { amount: Some(eur(100)), ..revise() };
        company().after(&deal(50)).when(&same).then_nothing();
        company().after(&deal(50)).when(&revise()).then_nothing();
    }

    #[test]
    fn the_currency_may_change() {
        let dollars = Some(Money { amount: 100.into(), currency: "USD".parse().unwrap() });
        let command = ReviseOpportunity { amount: dollars, ..revise() };
        let revised =
            OpportunityAmountRevised { opportunity: id(50), employee: None, from: Some(eur(100)), to: dollars };
        company().after(&deal(50)).when(&command).then([revised.into()]);
    }

    #[test]
    fn a_closed_deal_is_not_revised() {
        let win = WinOpportunity { opportunity: id(50), amount: None, employee: None };
        let command = ReviseOpportunity { probability_percent: Some(50), ..revise() };
        company().after(&deal(50)).after(&win).when(&command).then_refused(RefusalCode::InvalidState);
    }

    #[test]
    fn a_probability_is_a_percentage() {
        let command = ReviseOpportunity { probability_percent: Some(101), ..revise() };
        let refused = company().after(&deal(50)).when(&command).then_refused(RefusalCode::InvalidValue);
        assert_eq!(refused.field.unwrap(), "probabilityPercent");
    }
}
