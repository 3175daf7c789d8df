//! Create an account.

use serde::{Deserialize, Serialize};

use crate::account::{AccountCreated, AccountDetails, AccountKind};
use crate::attribute::{Definitions, EntityKind};
use crate::common::{Existing, rejection};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{AccountId, EmployeeId, SubjectId};
use crate::known::{Known, References};
use crate::limits;
use crate::query::Query;
use crate::values::{Attributes, Email, PersonName, Personal, Phone};

/// Create an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateAccount {
    /// The new account.
    pub account: AccountId,
    /// The data subject.
    pub subject: SubjectId,
    /// Company or private customer.
    pub kind: AccountKind,
    /// The name.
    pub name: PersonName,
    /// E-mail addresses.
    #[serde(default)]
    pub emails: Vec<Email>,
    /// Phone numbers.
    #[serde(default)]
    pub phones: Vec<Phone>,
    /// The account manager.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
    /// The account above it.
    #[serde(default)]
    pub parent: Option<AccountId>,
    /// Custom attributes, checked against the published definitions.
    #[serde(default)]
    pub attributes: Attributes,
}

rejection! {
    /// An account stands above itself.
    OwnParent => InvalidValue, "parent", "an account cannot stand above itself";
}

/// Whether the id is taken, and what the command may refer to.
#[derive(Clone, Default, Debug)]
pub struct State {
    existing: Existing<AccountCreated>,
    known: Known,
    definitions: Definitions,
}

impl CreateAccount {
    fn references(&self) -> References {
        References::default().to_employed("owner", self.owner).to_any("parent", self.parent)
    }
}

impl Decision for CreateAccount {
    type State = State;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Query::about(&self.account, &[])
    }

    fn boundary(&self, _known: &State) -> Query {
        let account = self.references().within(Query::about(&self.account, &[EventType::AccountCreated]));
        Definitions::within_if_any(account, EntityKind::Account, &self.attributes)
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.known.evolve(event);
        state.definitions.evolve(event);
        if let Some(fact) = AccountCreated::of(&event.event)
            && fact.account == self.account
        {
            state.existing.found(event, fact);
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        limits::name("name", self.name.reveal())?;
        limits::reachable(&self.emails, &self.phones)?;
        if self.parent == Some(self.account) {
            return Err(Rejection::OwnParent);
        }
        state.known.check(&self.references())?;
        let (attributes, attributes_version) = state.definitions.check(&self.attributes)?;
        let details =
            AccountDetails { name: self.name.clone(), emails: self.emails.clone(), phones: self.phones.clone() };
        let fact = AccountCreated {
            account: self.account,
            subject: self.subject,
            kind: self.kind,
            owner: self.owner,
            parent: self.parent,
            origin_lead: None,
            attributes_version,
            personal: Personal::with_attributes(details, attributes),
        };
        Ok(state.existing.create("account", fact, at)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::employee::{EmployeeKind, HireEmployee, ReleaseEmployee};
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    fn create(account: u128, name: &str) -> CreateAccount {
        CreateAccount {
            account: id(account),
            subject: id(account),
            kind: AccountKind::Company,
            name: name.into(),
            emails: vec!["office@vega.example".into()],
            phones: Vec::new(),
            owner: None,
            parent: None,
            attributes: Attributes::new(),
        }
    }

    #[test]
    fn an_account_is_created_once() {
        let history = History::default().after(&create(1, "Vega")).when(&create(1, "Vega")).then_nothing();
        history.when(&create(1, "Altair")).then_refused(RefusalCode::AlreadyExists);
    }

    #[test]
    fn the_account_above_must_exist_and_be_another() {
        let below = |parent| CreateAccount { parent: Some(id(parent)), ..create(2, "Vega North") };
        let history = History::default().after(&create(1, "Vega"));
        history.clone().when(&below(1)).then_accepted();
        history.clone().when(&below(3)).then_refused(RefusalCode::NotFound);
        history.when(&below(2)).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn an_owner_still_works_here() {
        let owned = CreateAccount { owner: Some(id(9)), ..create(1, "Vega") };
        let hire = HireEmployee { employee: id(9), kind: EmployeeKind::Human, team: None, name: "Anna".into() };
        let history = History::default().after(&hire);
        history.clone().when(&owned).then_accepted();
        let left = history.after(&ReleaseEmployee { employee: id(9) });
        assert_eq!(left.when(&owned).then_refused(RefusalCode::InvalidState).field.as_deref(), Some("owner"));
    }

    #[test]
    fn attributes_must_be_published() {
        let attributes = Attributes::from([("size".to_owned(), crate::values::AttributeValue::Flag(true))]);
        let refused = History::default()
            .when(&CreateAccount { attributes, ..create(1, "Vega") })
            .then_refused(RefusalCode::InvalidValue);
        assert!(refused.message.contains("'size'"));
    }

    #[test]
    fn blank_names_and_addresses_are_refused() {
        History::default().when(&create(1, "  ")).then_refused(RefusalCode::Required);
        let blank = CreateAccount { emails: vec!["".into()], ..create(1, "Vega") };
        History::default().when(&blank).then_refused(RefusalCode::Required);
    }
}
