//! Leads over time: one row per version of a lead, with the owner, team and unit of that moment.

use letopis_domain::attribute::EntityRef;
use letopis_domain::event::{Event, Recorded};
use letopis_domain::lead::{LeadReceived, LeadStatus};
use letopis_domain::values::{Date, Money};
use serde::{Deserialize, Serialize};

use crate::models::directory::{Directory, Who};
use crate::names::{Cell, Kind, Names, Ref};
use crate::projection::{
    Projection, access_events, account_events, activity_events, agreement_events, company_events, contact_events,
    opportunity_events, privacy_events, published_events, task_events,
};
use crate::table::Versions;
use crate::value::Field;

const fn status_word(status: LeadStatus) -> &'static str {
    match status {
        LeadStatus::New => "NEW",
        LeadStatus::Qualified => "QUALIFIED",
        LeadStatus::Rejected => "REJECTED",
        LeadStatus::Recycled => "RECYCLED",
        LeadStatus::Converted => "CONVERTED",
    }
}

/// What is known of a lead.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct LeadColumns {
    pub(crate) status: LeadStatus,
    pub(crate) who: Who,
    pub(crate) source: Ref,
    pub(crate) channel: Ref,
    pub(crate) campaign: Ref,
    pub(crate) amount: Option<Money>,
    pub(crate) attributes: Ref,
    pub(crate) received_at: i64,
    pub(crate) changed_at: i64,
    /// When it was rejected or converted, while it is so.
    pub(crate) closed_at: Option<i64>,
    pub(crate) reason: Ref,
    pub(crate) revisit_on: Option<Date>,
    /// Whether it was ever found worth pursuing.
    pub(crate) was_qualified: bool,
    pub(crate) account: Ref,
    pub(crate) contact: Ref,
    pub(crate) opportunity: Ref,
}

impl LeadColumns {
    fn received(received: &LeadReceived, event: &Recorded, names: &mut Names, directory: &Directory) -> Self {
        let (at, occurred) = (event.position.0, event.occurred_at.micros());
        Self {
            who: directory.place(names.intern_some(received.owner, at)),
            source: names.intern_some_text(received.source.as_deref(), at),
            channel: names.intern_some_text(received.channel.as_deref(), at),
            campaign: names.intern_some_text(received.campaign.as_deref(), at),
            amount: received.amount,
            attributes: names.particulars.note_attributes(received.attributes_version, event),
            received_at: occurred,
            changed_at: occurred,
            ..Self::default()
        }
    }

    /// What was said of the status before holds no longer.
    fn enter(&mut self, status: LeadStatus) {
        (self.status, self.reason, self.closed_at, self.revisit_on) = (status, Ref::NONE, None, None);
    }

    pub(crate) fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Status => Cell::Word(status_word(self.status)),
            Field::Employee | Field::Team | Field::Unit => return self.who.cell(field),
            Field::Source => Cell::text(self.source),
            Field::Channel => Cell::text(self.channel),
            Field::Campaign => Cell::text(self.campaign),
            Field::Reason => Cell::text(self.reason),
            Field::Account => Cell::id(Kind::Account, self.account),
            Field::Contact => Cell::id(Kind::Contact, self.contact),
            Field::Opportunity => Cell::id(Kind::Opportunity, self.opportunity),
            Field::Amount => Cell::money(self.amount),
            Field::CreatedAt => Cell::Time(self.received_at),
            Field::ChangedAt => Cell::Time(self.changed_at),
            Field::ClosedAt => Cell::time(self.closed_at),
            Field::ExpectedOn => Cell::date(self.revisit_on),
            _ => return None,
        })
    }
}

/// Leads over time.
#[derive(Default)]
pub(crate) struct Leads {
    pub(crate) versions: Versions<LeadColumns>,
}

impl Leads {
    fn revise(&mut self, lead: Ref, event: &Recorded, directory: &Directory, change: impl FnOnce(&mut LeadColumns)) {
        self.versions.revise(lead, event.position.0, |columns| {
            columns.changed_at = event.occurred_at.micros();
            change(columns);
            columns.who = directory.place(columns.who.employee);
        });
    }
}

impl Projection for Leads {
    const NAME: &'static str = "leads";
    const REVISION: u32 = 2;
    type Beside<'a> = (&'a mut Names, &'a Directory);

    fn apply(&mut self, event: &Recorded, (names, directory): Self::Beside<'_>) {
        let (at, occurred) = (event.position.0, event.occurred_at.micros());
        match &event.event {
            Event::LeadReceived(received) => {
                let columns = LeadColumns::received(received, event, names, directory);
                self.versions.set(names.intern(received.lead, at), at, columns);
            }
            Event::LeadQualified(qualified) => {
                let lead = names.intern(qualified.lead, at);
                self.revise(lead, event, directory, |columns| {
                    columns.enter(LeadStatus::Qualified);
                    columns.was_qualified = true;
                });
            }
            Event::LeadAssigned(assigned) => {
                let (lead, owner) = (names.intern(assigned.lead, at), names.intern_some(assigned.to, at));
                self.revise(lead, event, directory, |columns| columns.who.employee = owner);
            }
            Event::LeadRejected(rejected) => {
                let (lead, reason) = (names.intern(rejected.lead, at), names.intern_text(&rejected.reason, at));
                self.revise(lead, event, directory, |columns| {
                    columns.enter(LeadStatus::Rejected);
                    columns.reason = reason;
                    columns.closed_at = Some(occurred);
                });
            }
            Event::LeadRecycled(recycled) => {
                let (lead, reason) = (names.intern(recycled.lead, at), names.intern_text(&recycled.reason, at));
                self.revise(lead, event, directory, |columns| {
                    columns.enter(LeadStatus::Recycled);
                    columns.reason = reason;
                    columns.revisit_on = recycled.revisit_on;
                });
            }
            Event::LeadReopened(reopened) => {
                self.revise(names.intern(reopened.lead, at), event, directory, |columns| {
                    columns.enter(if columns.was_qualified { LeadStatus::Qualified } else { LeadStatus::New });
                });
            }
            Event::LeadConverted(converted) => {
                let lead = names.intern(converted.lead, at);
                let account = names.intern(converted.account, at);
                let contact = names.intern_some(converted.contact, at);
                let opportunity = names.intern_some(converted.opportunity, at);
                self.revise(lead, event, directory, |columns| {
                    columns.enter(LeadStatus::Converted);
                    columns.closed_at = Some(occurred);
                    (columns.account, columns.contact, columns.opportunity) = (account, contact, opportunity);
                });
            }
            Event::AttributesSet(set) => {
                let EntityRef::Lead(id) = set.entity else { return };
                let lead = names.intern(id, at);
                let Some(before) = self.versions.current(lead).map(|columns| columns.attributes) else { return };
                let attributes = names.particulars.note(event, before);
                self.revise(lead, event, directory, |columns| columns.attributes = attributes);
            }
            company_events!()
            | published_events!()
            | account_events!()
            | contact_events!()
            | opportunity_events!()
            | activity_events!()
            | agreement_events!()
            | access_events!()
            | privacy_events!()
            | task_events!() => {}
        }
    }
}
