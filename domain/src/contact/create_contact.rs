//! Create a contact.

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::attribute::{Definitions, EntityKind};
use crate::common::{Common, Existing};
use crate::contact::{ContactCreated, ContactDetails, one_person};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{AccountId, ContactId, EmployeeId, SubjectId};
use crate::known::{Known, References};
use crate::limits;
use crate::query::Query;
use crate::values::{Attributes, Email, PersonName, Personal, Phone, PlainText};

/// Create a contact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateContact {
    /// The new contact.
    pub contact: ContactId,
    /// The data subject.
    pub subject: SubjectId,
    /// The name.
    pub name: PersonName,
    /// E-mail addresses.
    #[serde(default)]
    pub emails: Vec<Email>,
    /// Phone numbers.
    #[serde(default)]
    pub phones: Vec<Phone>,
    /// The account they belong to.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// Their part in the account.
    #[serde(default)]
    pub role: Option<PlainText>,
    /// Who looks after them.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
    /// Custom attributes, checked against the published definitions.
    #[serde(default)]
    pub attributes: Attributes,
}

/// Whether the id is taken, and what the command may refer to.
#[derive(Clone, Default, Debug)]
pub struct State {
    existing: Existing<ContactCreated>,
    account: Account,
    known: Known,
    definitions: Definitions,
}

impl CreateContact {
    fn references(&self) -> References {
        References::default().to_any("account", self.account).to_employed("owner", self.owner)
    }

    fn details(&self) -> ContactDetails {
        ContactDetails {
            name: self.name.clone(),
            emails: self.emails.clone(),
            phones: self.phones.clone(),
            role: self.role.clone(),
        }
    }
}

impl Decision for CreateContact {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.contact, &[])
    }

    fn boundary(&self, _known: &State) -> Query {
        let own = Query::about(&self.contact, &[EventType::ContactCreated]);
        let contact = self.references().within(one_person::within(own, self.account));
        Definitions::within_if_any(contact, EntityKind::Contact, &self.attributes)
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.account.evolve(event);
        state.known.evolve(event);
        state.definitions.evolve(event);
        if let Some(fact) = ContactCreated::of(&event.event) {
            state.existing.found(event, fact);
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        limits::name("name", self.name.reveal())?;
        limits::reachable(&self.emails, &self.phones)?;
        limits::short("role", self.role.as_ref().map(PlainText::reveal))?;
        state.known.check(&self.references())?;
        let (attributes, attributes_version) = state.definitions.check(&self.attributes)?;
        let details = self.details();
        let link = one_person::link(&state.account, self.subject, &details);
        let fact = ContactCreated {
            contact: self.contact,
            subject: self.subject,
            account: self.account,
            owner: self.owner,
            origin_lead: None,
            attributes_version,
            personal: Personal::with_attributes(details, attributes),
        };
        let mut events = state.existing.create("contact", fact, at)?;
        if !events.is_empty() {
            events.extend(link.map(Event::from));
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountKind, CreateAccount};
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    fn create(name: &str, account: Option<u128>) -> CreateContact {
        CreateContact {
            contact: id(1),
            subject: id(2),
            name: name.into(),
            emails: Vec::new(),
            phones: vec!["+31 20 1".into()],
            account: account.map(id),
            role: Some("purchaser".into()),
            owner: None,
            attributes: Attributes::new(),
        }
    }

    #[test]
    fn a_contact_is_created_once() {
        let history = History::default().after(&create("Vera", None)).when(&create("Vera", None)).then_nothing();
        history.when(&create("Olga", None)).then_refused(RefusalCode::AlreadyExists);
    }

    #[test]
    fn a_contact_belongs_to_an_account_that_exists() {
        History::default().when(&create("Vera", Some(5))).then_refused(RefusalCode::NotFound);
        let account = CreateAccount {
            account: id(5),
            subject: id(6),
            kind: AccountKind::Company,
            name: "Vega".into(),
            emails: Vec::new(),
            phones: Vec::new(),
            owner: None,
            parent: None,
            attributes: Attributes::new(),
        };
        History::default().after(&account).when(&create("Vera", Some(5))).then_accepted();
    }

    #[test]
    fn a_hundred_phones_are_enough() {
        let phones = vec![Phone::from("1"); 101];
        let refused = History::default()
            .when(&CreateContact { phones, ..create("Vera", None) })
            .then_refused(RefusalCode::InvalidValue);
        assert_eq!(refused.message, "phones has 101 entries, more than the 100 allowed");
    }
}
