//! Contacts over time. Names and contact data are personal and stay in the log; the role is one of the particulars.

use letopis_domain::attribute::EntityRef;
use letopis_domain::event::{Event, Recorded};
use serde::{Deserialize, Serialize};

use crate::models::directory::{Directory, Who};
use crate::names::{Cell, Kind, Names, Ref};
use crate::projection::{
    Projection, access_events, account_events, activity_events, agreement_events, company_events, lead_events,
    opportunity_events, privacy_events, published_events, task_events,
};
use crate::table::Versions;
use crate::value::Field;

/// What is known of a contact.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ContactColumns {
    pub(crate) who: Who,
    pub(crate) account: Ref,
    /// The particulars that tell it.
    pub(crate) role: Ref,
    pub(crate) origin_lead: Ref,
    pub(crate) attributes: Ref,
    pub(crate) created_at: i64,
    pub(crate) changed_at: i64,
}

impl ContactColumns {
    pub(crate) fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Employee | Field::Team | Field::Unit => return self.who.cell(field),
            Field::Account => Cell::id(Kind::Account, self.account),
            Field::Lead => Cell::id(Kind::Lead, self.origin_lead),
            Field::CreatedAt => Cell::Time(self.created_at),
            Field::ChangedAt => Cell::Time(self.changed_at),
            _ => return None,
        })
    }
}

/// Contacts over time.
#[derive(Default)]
pub(crate) struct Contacts {
    pub(crate) versions: Versions<ContactColumns>,
}

impl Contacts {
    fn revise(
        &mut self,
        contact: Ref,
        event: &Recorded,
        directory: &Directory,
        change: impl FnOnce(&mut ContactColumns),
    ) {
        self.versions.revise(contact, event.position.0, |columns| {
            columns.changed_at = event.occurred_at.micros();
            change(columns);
            columns.who = directory.place(columns.who.employee);
        });
    }
}

impl Projection for Contacts {
    const NAME: &'static str = "contacts";
    const REVISION: u32 = 2;
    type Beside<'a> = (&'a mut Names, &'a Directory);

    fn apply(&mut self, event: &Recorded, (names, directory): Self::Beside<'_>) {
        let (at, occurred) = (event.position.0, event.occurred_at.micros());
        match &event.event {
            Event::ContactCreated(created) => {
                let particulars = names.particulars.note(event, Ref::NONE);
                let columns = ContactColumns {
                    who: directory.place(names.intern_some(created.owner, at)),
                    account: names.intern_some(created.account, at),
                    role: particulars,
                    origin_lead: names.intern_some(created.origin_lead, at),
                    attributes: particulars,
                    created_at: occurred,
                    changed_at: occurred,
                };
                self.versions.set(names.intern(created.contact, at), at, columns);
            }
            Event::ContactUpdated(updated) => {
                let account = names.intern_some(updated.account, at);
                let role = names.particulars.note(event, Ref::NONE);
                self.revise(names.intern(updated.contact, at), event, directory, |columns| {
                    (columns.account, columns.role) = (account, role);
                });
            }
            Event::AttributesSet(set) => {
                let EntityRef::Contact(id) = set.entity else { return };
                let contact = names.intern(id, at);
                let Some(before) = self.versions.current(contact).map(|columns| columns.attributes) else { return };
                let attributes = names.particulars.note(event, before);
                self.revise(contact, event, directory, |columns| columns.attributes = attributes);
            }
            company_events!()
            | published_events!()
            | account_events!()
            | lead_events!()
            | opportunity_events!()
            | activity_events!()
            | agreement_events!()
            | access_events!()
            | privacy_events!()
            | task_events!() => {}
        }
    }
}
