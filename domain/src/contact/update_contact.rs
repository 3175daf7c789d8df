//! Change data of a contact; what is absent stays.

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::common::Common;
use crate::contact::{Contact, ContactDetails, ContactUpdated, one_person};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Recorded};
use crate::ids::{AccountId, ContactId, Tagged};
use crate::known::{Known, References};
use crate::limits;
use crate::query::Query;
use crate::values::{Email, PersonName, Personal, Phone, PlainText};

/// Change data of a contact; what is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateContact {
    /// The contact.
    pub contact: ContactId,
    /// The new name.
    #[serde(default)]
    pub name: Option<PersonName>,
    /// All e-mail addresses.
    #[serde(default)]
    pub emails: Option<Vec<Email>>,
    /// All phone numbers.
    #[serde(default)]
    pub phones: Option<Vec<Phone>>,
    /// The account to belong to.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The new part in the account.
    #[serde(default)]
    pub role: Option<PlainText>,
}

/// The contact as it stands, and the account that it is to belong to.
#[derive(Clone, Default, Debug)]
pub struct State {
    contact: Contact,
    account: Account,
    known: Known,
}

impl UpdateContact {
    fn references(&self) -> References {
        References::default().to("contact", self.contact).to_any("account", self.account)
    }

    fn changed(&self, before: &ContactDetails) -> Result<ContactDetails, Common> {
        let after = ContactDetails {
            name: self.name.as_ref().unwrap_or(&before.name).clone(),
            emails: self.emails.as_ref().unwrap_or(&before.emails).clone(),
            phones: self.phones.as_ref().unwrap_or(&before.phones).clone(),
            role: self.role.as_ref().or(before.role.as_ref()).cloned(),
        };
        if self.name.is_some() {
            limits::name("name", after.name.reveal())?;
        }
        limits::reachable(&after.emails, &after.phones)?;
        Ok(after)
    }
}

impl Decision for UpdateContact {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.contact, &[])
    }

    fn boundary(&self, _known: &State) -> Query {
        let own = Query::about(&self.contact, &[EventType::ContactCreated, EventType::ContactUpdated]);
        self.references().within(one_person::within(own, self.account))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.known.evolve(event);
        state.contact.evolve(event);
        state.account.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        limits::short("role", self.role.as_ref().map(PlainText::reveal))?;
        state.known.check(&self.references())?;
        let before = &state.contact;
        let Personal::Known(details) = &before.personal else {
            return Err(Common::Erased { field: "contact", tag: self.contact.tag() });
        };
        let after = self.changed(details)?;
        let link = one_person::link(&state.account, before.subject, &after);
        let fact = ContactUpdated {
            contact: self.contact,
            subject: before.subject,
            account_before: before.account,
            account: self.account.or(before.account),
            personal: Personal::Known(after),
        };
        if fact.account == before.account && fact.personal == before.personal {
            return Ok(Vec::new());
        }
        let has_moved = fact.account != before.account;
        let link = link.filter(|_| has_moved).map(Event::from);
        Ok(std::iter::once(fact.into()).chain(link).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountCreated, AccountKind};
    use crate::contact::ContactCreated;
    use crate::refusal::RefusalCode;
    use crate::testing::{History, given, id};
    use crate::values::Attributes;

    fn details(name: &str) -> ContactDetails {
        let emails = vec!["vera@vega.example".into()];
        ContactDetails { name: name.into(), emails, phones: Vec::new(), role: Some("purchaser".into()) }
    }

    fn vera() -> History {
        let account = AccountCreated {
            account: id(5),
            subject: id(6),
            kind: AccountKind::Company,
            owner: None,
            parent: None,
            origin_lead: None,
            attributes_version: 0,
            personal: Personal::default(),
        };
        let contact = ContactCreated {
            contact: id(1),
            subject: id(2),
            account: None,
            owner: None,
            origin_lead: None,
            attributes_version: 0,
            personal: Personal::with_attributes(details("Vera"), Attributes::new()),
        };
        given([account.into(), contact.into()])
    }

    fn nothing() -> UpdateContact {
        UpdateContact { contact: id(1), name: None, emails: None, phones: None, account: None, role: None }
    }

    #[test]
    fn a_contact_who_changes_the_account_carries_the_whole_state() {
        let updated = ContactUpdated {
            contact: id(1),
            subject: id(2),
            account_before: None,
            account: Some(id(5)),
            personal: Personal::Known(details("Vera")),
        };
        vera().when(&UpdateContact { account: Some(id(5)), ..nothing() }).then([updated.into()]);
    }

    #[test]
    fn an_update_that_changes_nothing_is_no_fact() {
        vera().when(&UpdateContact { name: Some("Vera".into()), ..nothing() }).then_nothing();
    }

    #[test]
    fn contact_and_account_must_exist() {
        vera().when(&UpdateContact { account: Some(id(7)), ..nothing() }).then_refused(RefusalCode::NotFound);
        History::default().when(&nothing()).then_refused(RefusalCode::NotFound);
    }

    #[test]
    fn each_change_is_a_fact_of_its_own() {
        let rename = |name: &str| UpdateContact { name: Some(name.into()), ..nothing() };
        let history = vera().after(&rename("Vera P.")).after(&rename("Vera Petrova")).after(&rename("Vera"));
        assert_eq!(history.events().len(), 5);
    }
}
