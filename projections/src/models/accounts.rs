//! Accounts over time. Names and contact data are personal and stay in the log.

use letopis_domain::account::AccountKind;
use letopis_domain::attribute::EntityRef;
use letopis_domain::event::{Event, Recorded};
use serde::{Deserialize, Serialize};

use crate::models::directory::{Directory, Who};
use crate::names::{Cell, Kind, Names, Ref};
use crate::projection::{
    Projection, access_events, activity_events, agreement_events, company_events, contact_events, lead_events,
    opportunity_events, privacy_events, published_events, task_events,
};
use crate::table::Versions;
use crate::value::Field;

/// What is known of an account.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct AccountColumns {
    pub(crate) is_private: bool,
    pub(crate) who: Who,
    pub(crate) parent: Ref,
    pub(crate) origin_lead: Ref,
    pub(crate) attributes: Ref,
    pub(crate) created_at: i64,
    pub(crate) changed_at: i64,
}

impl AccountColumns {
    pub(crate) fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Kind => Cell::Word(if self.is_private { "PRIVATE" } else { "COMPANY" }),
            Field::Employee | Field::Team | Field::Unit => return self.who.cell(field),
            Field::Parent => Cell::id(Kind::Account, self.parent),
            Field::Lead => Cell::id(Kind::Lead, self.origin_lead),
            Field::CreatedAt => Cell::Time(self.created_at),
            Field::ChangedAt => Cell::Time(self.changed_at),
            _ => return None,
        })
    }
}

/// Accounts over time.
#[derive(Default)]
pub(crate) struct Accounts {
    pub(crate) versions: Versions<AccountColumns>,
}

impl Accounts {
    fn revise(
        &mut self,
        account: Ref,
        event: &Recorded,
        directory: &Directory,
        change: impl FnOnce(&mut AccountColumns),
    ) {
        self.versions.revise(account, event.position.0, |columns| {
            columns.changed_at = event.occurred_at.micros();
            change(columns);
            columns.who = directory.place(columns.who.employee);
        });
    }
}

impl Projection for Accounts {
    const NAME: &'static str = "accounts";
    const REVISION: u32 = 2;
    type Beside<'a> = (&'a mut Names, &'a Directory);

    fn apply(&mut self, event: &Recorded, (names, directory): Self::Beside<'_>) {
        let (at, occurred) = (event.position.0, event.occurred_at.micros());
        match &event.event {
            Event::AccountCreated(created) => {
                let columns = AccountColumns {
                    is_private: created.kind == AccountKind::Private,
                    who: directory.place(names.intern_some(created.owner, at)),
                    parent: names.intern_some(created.parent, at),
                    origin_lead: names.intern_some(created.origin_lead, at),
                    attributes: names.particulars.note_attributes(created.attributes_version, event),
                    created_at: occurred,
                    changed_at: occurred,
                };
                self.versions.set(names.intern(created.account, at), at, columns);
            }
            Event::AccountUpdated(updated) => {
                self.revise(names.intern(updated.account, at), event, directory, |_| {});
            }
            Event::AccountOwnerAssigned(assigned) => {
                let (account, owner) = (names.intern(assigned.account, at), names.intern_some(assigned.to, at));
                self.revise(account, event, directory, |columns| columns.who.employee = owner);
            }
            Event::AttributesSet(set) => {
                let EntityRef::Account(id) = set.entity else { return };
                let account = names.intern(id, at);
                let Some(before) = self.versions.current(account).map(|columns| columns.attributes) else { return };
                let attributes = names.particulars.note(event, before);
                self.revise(account, event, directory, |columns| columns.attributes = attributes);
            }
            company_events!()
            | published_events!()
            | contact_events!()
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
