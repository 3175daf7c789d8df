//! Whether the contact of a private customer is that customer: then the two are one person, and erased as one.
//!
//! A private customer may have other contacts, such as a spouse. So only the same name, or a number or an address of
//! theirs, tells; for the rest there is [`crate::privacy::LinkSubjects`].

use unicode_normalization::UnicodeNormalization;

use crate::account::{Account, AccountDetails, AccountKind};
use crate::contact::ContactDetails;
use crate::event::EventType;
use crate::ids::{AccountId, SubjectId};
use crate::privacy::SubjectsLinked;
use crate::query::{Query, Tags};
use crate::values::PersonalValues;

/// Adds to a boundary what is known of the account that a contact belongs to.
pub(super) fn within(boundary: Query, account: Option<AccountId>) -> Query {
    let known = &[EventType::AccountCreated, EventType::AccountUpdated];
    account.iter().fold(boundary, |query, account| query.or(account, known))
}

/// The fact that a contact of this account is the private customer.
pub(super) fn link(account: &Account, subject: SubjectId, contact: &ContactDetails) -> Option<SubjectsLinked> {
    let customer = account.personal.known()?;
    let is_one = account.exists() && account.kind == AccountKind::Private && are_one(customer, contact);
    (is_one && account.subject != subject).then_some(SubjectsLinked { subject, other: account.subject })
}

fn are_one(customer: &AccountDetails, contact: &ContactDetails) -> bool {
    let name = folded(contact.name.reveal());
    (!name.is_empty() && name == folded(customer.name.reveal())) || share_lookups(customer, contact)
}

fn share_lookups(customer: &AccountDetails, contact: &ContactDetails) -> bool {
    let (mut one, mut other) = (Tags::default(), Tags::default());
    customer.add_lookups(&mut one);
    contact.add_lookups(&mut other);
    one.as_slice().iter().any(|lookup| other.as_slice().contains(lookup))
}

/// A name without regard to case, width and spaces.
fn folded(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).filter(|letter| !letter.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use crate::account::{AccountKind, CreateAccount};
    use crate::contact::{CreateContact, UpdateContact};
    use crate::event::Event;
    use crate::privacy::SubjectsLinked;
    use crate::testing::{History, id};
    use crate::values::Attributes;

    fn customer(kind: AccountKind) -> History {
        History::default().after(&CreateAccount {
            account: id(5),
            subject: id(6),
            kind,
            name: "Vera Petrova".into(),
            emails: vec!["vera@vega.example".into()],
            phones: vec!["+31 20 555 01 02".into()],
            owner: None,
            parent: None,
            attributes: Attributes::new(),
        })
    }

    fn contact(name: &str, phone: &str) -> CreateContact {
        CreateContact {
            contact: id(1),
            subject: id(2),
            name: name.into(),
            emails: Vec::new(),
            phones: vec![phone.into()],
            account: Some(id(5)),
            role: None,
            owner: None,
            attributes: Attributes::new(),
        }
    }

    fn is_linked(history: &History) -> bool {
        history.events().iter().any(|event| matches!(event.event, Event::SubjectsLinked(_)))
    }

    #[test]
    fn the_contact_who_is_the_private_customer_is_linked_with_them() {
        let mut history = customer(AccountKind::Private);
        let events = history.execute(&contact("VERA  Petrova", "1")).unwrap();
        assert_eq!(events[1], SubjectsLinked { subject: id(2), other: id(6) }.into());
        assert!(is_linked(&customer(AccountKind::Private).after(&contact("V. P.", "0031 20 5550102"))));
    }

    #[test]
    fn nobody_else_is_linked_with_an_account() {
        assert!(!is_linked(&customer(AccountKind::Private).after(&contact("Oleg Petrov", "+31 20 555 99 99"))));
        assert!(!is_linked(&customer(AccountKind::Company).after(&contact("Vera Petrova", "+31 20 555 01 02"))));
        let known_as_one = CreateContact { subject: id(6), ..contact("Vera Petrova", "1") };
        assert!(!is_linked(&customer(AccountKind::Private).after(&known_as_one)), "they are one already");
    }

    #[test]
    fn a_contact_who_moves_to_their_own_account_is_linked() {
        let apart = CreateContact { account: None, ..contact("Vera Petrova", "1") };
        let step =
            UpdateContact { contact: id(1), name: None, emails: None, phones: None, account: Some(id(5)), role: None };
        let history = customer(AccountKind::Private).after(&apart);
        assert!(!is_linked(&history));
        let moved = history.after(&step);
        assert!(is_linked(&moved));
        let renamed = UpdateContact { name: Some("V. Petrova".into()), ..step };
        assert_eq!(moved.clone().after(&renamed).events().len(), moved.events().len() + 1, "a link is said once");
    }
}
