//! A contact as its events tell it: what entity look-ups, `replay` and lists show.

use serde::Serialize;

use crate::contact::ContactDetails;
use crate::event::{Event, EventType, Recorded};
use crate::ids::{AccountId, ContactId, EmployeeId, LeadId, SubjectId};
use crate::values::{Attributes, Personal, Timestamp};

/// A contact as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// The data subject.
    pub subject: SubjectId,
    /// Name, contact data and their part in the account.
    pub personal: Personal<ContactDetails>,
    /// The account they belong to.
    pub account: Option<AccountId>,
    /// Who looks after them.
    pub owner: Option<EmployeeId>,
    /// The lead they came from.
    pub origin_lead: Option<LeadId>,
    /// Custom attributes.
    pub attributes: Personal<Attributes>,
    /// When it was created, by business time; none = there is no such contact.
    pub created_at: Option<Timestamp>,
}

impl Contact {
    /// The events it is made of.
    pub const TYPES: &'static [EventType] =
        &[EventType::ContactCreated, EventType::ContactUpdated, EventType::AttributesSet];

    /// Whether it was ever created.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.created_at.is_some()
    }

    /// Folds one of its events, in position order; others leave it as it is.
    pub fn evolve(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::ContactCreated(created) => {
                *self = Self {
                    id: created.contact,
                    subject: created.subject,
                    personal: created.personal.details(),
                    account: created.account,
                    owner: created.owner,
                    origin_lead: created.origin_lead,
                    attributes: created.personal.attributes(),
                    created_at: Some(recorded.occurred_at),
                };
            }
            Event::ContactUpdated(updated) => {
                self.personal.clone_from(&updated.personal);
                self.account = updated.account;
            }
            Event::AttributesSet(set) => set.change(&mut self.attributes),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::sample;
    use crate::testing::{given, id};

    #[test]
    fn a_contact_shows_the_whole_state_of_the_last_update() {
        let mut contact = Contact::default();
        assert!(!contact.exists());
        for event in given([EventType::ContactCreated, EventType::ContactUpdated].map(sample)).events() {
            contact.evolve(event);
        }
        assert!(contact.exists());
        assert_eq!((contact.id, contact.account), (id(11), Some(id(6))));
        let role = contact.personal.known().and_then(|details| details.role.clone());
        assert_eq!(role, Some("director".into()));
        assert_eq!(contact.origin_lead, Some(id(10)), "what an update does not carry stays");
    }
}
