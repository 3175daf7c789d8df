//! An account as its events tell it: what entity look-ups, `replay` and lists show.

use serde::Serialize;

use crate::account::{AccountDetails, AccountKind};
use crate::event::{Event, EventType, Recorded};
use crate::ids::{AccountId, EmployeeId, LeadId, SubjectId};
use crate::values::{Attributes, Personal, Timestamp};

/// An account as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The data subject.
    pub subject: SubjectId,
    /// Company or private customer.
    pub kind: AccountKind,
    /// Name and contact data.
    pub personal: Personal<AccountDetails>,
    /// The account manager.
    pub owner: Option<EmployeeId>,
    /// The account above it.
    pub parent: Option<AccountId>,
    /// The lead it came from.
    pub origin_lead: Option<LeadId>,
    /// Custom attributes.
    pub attributes: Personal<Attributes>,
    /// When it was created, by business time; none = there is no such account.
    pub created_at: Option<Timestamp>,
}

impl Account {
    /// The events it is made of.
    pub const TYPES: &'static [EventType] = &[
        EventType::AccountCreated,
        EventType::AccountUpdated,
        EventType::AccountOwnerAssigned,
        EventType::AttributesSet,
    ];

    /// Whether it was ever created.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.created_at.is_some()
    }

    /// Folds one of its events, in position order; others leave it as it is.
    pub fn evolve(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::AccountCreated(created) => {
                *self = Self {
                    id: created.account,
                    subject: created.subject,
                    kind: created.kind,
                    personal: created.personal.details(),
                    owner: created.owner,
                    parent: created.parent,
                    origin_lead: created.origin_lead,
                    attributes: created.personal.attributes(),
                    created_at: Some(recorded.occurred_at),
                };
            }
            Event::AccountUpdated(updated) => self.personal.clone_from(&updated.personal),
            Event::AccountOwnerAssigned(assigned) => self.owner = assigned.to,
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
    fn an_account_shows_what_its_last_events_say() {
        let events = given(Account::TYPES.iter().map(|event_type| sample(*event_type)));
        let mut account = Account::default();
        assert!(!account.exists());
        for event in events.events() {
            account.evolve(event);
        }
        assert!(account.exists());
        assert_eq!((account.id, account.owner), (id(6), Some(id(9))));
        let Event::AttributesSet(set) = sample(EventType::AttributesSet) else { panic!("not attributes") };
        let last = &set.personal.known().unwrap().changes[0];
        assert_eq!(account.attributes.known().unwrap().get(&last.key), last.to.as_ref());
    }

    #[test]
    fn an_erased_update_leaves_nothing_of_the_name() {
        let Event::AccountUpdated(mut updated) = sample(EventType::AccountUpdated) else { panic!("not an update") };
        updated.personal = Personal::Erased;
        let mut account = Account::default();
        for event in given([sample(EventType::AccountCreated), updated.into()]).events() {
            account.evolve(event);
        }
        assert_eq!(serde_json::to_value(account).unwrap()["personal"], "erased");
    }
}
