//! Give an account to another owner, or to none.

use serde::{Deserialize, Serialize};

use crate::account::AccountOwnerAssigned;
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Recorded};
use crate::ids::{AccountId, EmployeeId};
use crate::known::{Known, References};
use crate::query::Query;

/// Give an account to another owner, or to none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignAccountOwner {
    /// The account.
    pub account: AccountId,
    /// The new owner.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
}

/// The owner as it stands.
#[derive(Clone, Default, Debug)]
pub struct State {
    known: Known,
    owner: Option<EmployeeId>,
}

impl AssignAccountOwner {
    fn references(&self) -> References {
        References::default().to("account", self.account).to_employed("owner", self.owner)
    }
}

impl Decision for AssignAccountOwner {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.account, &[])
    }

    fn boundary(&self, _known: &State) -> Query {
        self.references().within(Query::about(&self.account, &[EventType::AccountOwnerAssigned]))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.known.evolve(event);
        match &event.event {
            Event::AccountCreated(fact) => state.owner = fact.owner,
            Event::AccountOwnerAssigned(fact) => state.owner = fact.to,
            _ => {}
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        state.known.check(&self.references())?;
        if state.owner == self.owner {
            return Ok(Vec::new());
        }
        Ok(vec![AccountOwnerAssigned { account: self.account, from: state.owner, to: self.owner }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountKind, CreateAccount};
    use crate::employee::{EmployeeKind, HireEmployee};
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};
    use crate::values::Attributes;

    fn account_of_anna() -> History {
        let hire = |employee| HireEmployee {
            employee: id(employee),
            kind: EmployeeKind::Human,
            team: None,
            name: "Anna".into(),
        };
        let account = CreateAccount {
            account: id(1),
            subject: id(2),
            kind: AccountKind::Company,
            name: "Vega".into(),
            emails: Vec::new(),
            phones: Vec::new(),
            owner: Some(id(8)),
            parent: None,
            attributes: Attributes::new(),
        };
        History::default().after(&hire(8)).after(&hire(9)).after(&account)
    }

    fn assign(owner: Option<u128>) -> AssignAccountOwner {
        AssignAccountOwner { account: id(1), owner: owner.map(id) }
    }

    #[test]
    fn an_account_changes_hands_and_remembers_both() {
        let assigned = AccountOwnerAssigned { account: id(1), from: Some(id(8)), to: Some(id(9)) };
        account_of_anna().when(&assign(Some(9))).then([assigned.into()]);
    }

    #[test]
    fn the_same_owner_again_changes_nothing() {
        account_of_anna().when(&assign(Some(8))).then_nothing();
    }

    #[test]
    fn account_and_owner_must_exist() {
        let refused = account_of_anna().when(&assign(Some(7))).then_refused(RefusalCode::NotFound);
        assert_eq!(refused.field.as_deref(), Some("owner"));
        let refused = History::default().when(&assign(None)).then_refused(RefusalCode::NotFound);
        assert_eq!(refused.field.as_deref(), Some("account"));
    }
}
