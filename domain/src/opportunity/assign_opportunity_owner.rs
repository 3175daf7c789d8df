//! Give an opportunity to another owner, or to none.

use serde::{Deserialize, Serialize};

use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Recorded};
use crate::ids::{EmployeeId, OpportunityId, Tagged};
use crate::known::{Known, References};
use crate::opportunity::{Opportunity, OpportunityOwnerAssigned};
use crate::query::Query;

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

/// What assigning depends on. Closed opportunities change hands too: somebody looks after the customer.
#[derive(Clone, Debug, Default)]
pub struct State {
    opportunity: Opportunity,
    known: Known,
}

impl AssignOpportunityOwner {
    fn references(&self) -> References {
        References::default().to_employed("owner", self.owner)
    }
}

impl Decision for AssignOpportunityOwner {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.opportunity, &[])
    }

    fn boundary(&self, _known: &State) -> Query {
        let types = &[EventType::OpportunityOpened, EventType::OpportunityOwnerAssigned];
        self.references().within(Query::about(&self.opportunity, types))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.opportunity.evolve(event);
        state.known.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        if !state.opportunity.exists() {
            return Err(Common::NotFound { field: "opportunity", tag: self.opportunity.tag() });
        }
        let from = state.opportunity.owner;
        if from == self.owner {
            return Ok(Vec::new());
        }
        state.known.check(&self.references())?;
        Ok(vec![OpportunityOwnerAssigned { opportunity: self.opportunity, from, to: self.owner }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::employee::EmployeeLeft;
    use crate::fixtures::{COLLEAGUE, SELLER, company, deal};
    use crate::opportunity::WinOpportunity;
    use crate::refusal::RefusalCode;
    use crate::testing::id;

    fn to(owner: Option<EmployeeId>) -> AssignOpportunityOwner {
        AssignOpportunityOwner { opportunity: id(50), owner }
    }

    #[test]
    fn a_deal_changes_hands_open_or_closed() {
        let assigned = |from: Option<u128>, to: Option<u128>| -> Event {
            OpportunityOwnerAssigned { opportunity: id(50), from: from.map(id), to: to.map(id) }.into()
        };
        let history = company().after(&deal(50));
        let history = history.when(&to(Some(id(COLLEAGUE)))).then([assigned(Some(SELLER), Some(COLLEAGUE))]);
        let won = history.after(&WinOpportunity { opportunity: id(50), amount: None, employee: None });
        won.when(&to(None)).then([assigned(Some(COLLEAGUE), None)]);
    }

    #[test]
    fn the_same_owner_again_changes_nothing() {
        company().after(&deal(50)).when(&to(Some(id(SELLER)))).then_nothing();
    }

    #[test]
    fn nobody_unknown_or_gone_gets_a_deal() {
        let history = company().after(&deal(50)).and(EmployeeLeft { employee: id(COLLEAGUE) });
        history.clone().when(&to(Some(id(99)))).then_refused(RefusalCode::NotFound);
        history.when(&to(Some(id(COLLEAGUE)))).then_refused(RefusalCode::InvalidState);
    }
}
