//! The timeline: which events concern which customer or employee. Rows hold positions; their content is in the log.
//!
//! Rows live on disk, keyed by `entity | occurred_at | position`. Folding only collects them; whoever folds writes
//! them out, through the memtable when live, through sorted files when everything is built anew.

use letopis_domain::activity::Subjects;
use letopis_domain::attribute::EntityRef;
use letopis_domain::event::{Event, Recorded};
use letopis_domain::ids::EmployeeId;
use serde::{Deserialize, Serialize};

use crate::models::activities::About;
use crate::names::{Kind, Names, Ref};
use crate::projection::{Projection, access_events, privacy_events, published_events};
use crate::store::TIMELINE;
use crate::table::{Row, Table};

/// Size of a row's key, in bytes.
pub(crate) const KEY_SIZE: usize = 22;
/// Size of a row's value, in bytes.
pub(crate) const VALUE_SIZE: usize = 3;

/// One event in the timeline of one entity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) entity: Ref,
    pub(crate) occurred_at: i64,
    pub(crate) position: u64,
    pub(crate) event_type: u16,
    /// An entry recorded earlier is dated later.
    pub(crate) is_out_of_order: bool,
}

/// Instants as bytes that sort as the instants do.
pub(crate) fn sortable(micros: i64) -> [u8; 8] {
    (micros.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// First bytes of the keys of one entity.
pub(crate) fn prefix(kind: Kind, entity: Ref) -> [u8; 6] {
    let [a, b, c, d] = entity.number().to_be_bytes();
    [TIMELINE, kind as u8, a, b, c, d]
}

impl Entry {
    pub(crate) fn key(&self) -> [u8; KEY_SIZE] {
        let mut key = [0; KEY_SIZE];
        key[..6].copy_from_slice(&prefix(self.kind, self.entity));
        key[6..14].copy_from_slice(&sortable(self.occurred_at));
        key[14..].copy_from_slice(&self.position.to_be_bytes());
        key
    }

    pub(crate) fn value(&self) -> [u8; VALUE_SIZE] {
        let [a, b] = self.event_type.to_be_bytes();
        [a, b, u8::from(self.is_out_of_order)]
    }
}

/// The latest instant among the entries of one entity.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Latest(i64);

impl Row for Latest {
    /// It serves the fold only and is no part of what the rows say, so it has no past and no digest.
    fn as_of(&self, _position: u64) -> Option<Self> {
        None
    }
}

/// Entries that were folded and not written yet.
#[derive(Default)]
pub(crate) struct Timeline {
    pub(crate) pending: Vec<Entry>,
    /// By kind and entity.
    pub(crate) latest: [Table<Latest>; TIMELINE_KINDS.len()],
}

/// Whose timelines are kept.
pub(crate) const TIMELINE_KINDS: [Kind; 5] =
    [Kind::Lead, Kind::Account, Kind::Contact, Kind::Opportunity, Kind::Employee];

impl Timeline {
    fn add(&mut self, kind: Kind, entity: Ref, event: &Recorded) {
        let Some(index) = entity.index() else { return };
        let occurred_at = event.occurred_at.micros();
        let latest = &mut self.latest[kind as usize];
        while latest.len() <= index {
            latest.push(Latest(i64::MIN));
        }
        let before = latest[index].0;
        if occurred_at > before {
            latest.change(entity, |latest| latest.0 = occurred_at);
        }
        self.pending.push(Entry {
            kind,
            entity,
            occurred_at,
            position: event.position.0,
            event_type: event.event.event_type() as u16,
            is_out_of_order: occurred_at < before,
        });
    }

    fn add_about(&mut self, about: About, event: &Recorded) {
        self.add(Kind::Lead, about.lead, event);
        self.add(Kind::Account, about.account, event);
        self.add(Kind::Contact, about.contact, event);
        self.add(Kind::Opportunity, about.opportunity, event);
    }

    fn add_employees(&mut self, employees: &[Option<EmployeeId>], event: &Recorded, names: &mut Names) {
        for (index, employee) in employees.iter().enumerate() {
            if !employees[..index].contains(employee) {
                let employee = names.intern_some(*employee, event.position.0);
                self.add(Kind::Employee, employee, event);
            }
        }
    }
}

/// Whom an event concerns.
#[derive(Default)]
struct Concerned {
    subjects: Subjects,
    employees: [Option<EmployeeId>; 2],
}

#[expect(clippy::too_many_lines, reason = "one line per event")]
fn concerned(event: &Recorded) -> Concerned {
    macro_rules! concern {
        ([$($who:expr),*] $(, $field:ident: $id:expr)* $(,)?) => {{
            let mut employees = [None; 2];
            for (slot, employee) in employees.iter_mut().zip([$($who),*]) {
                *slot = employee;
            }
            let mut subjects = Subjects::default();
            $(subjects.$field = $id.into();)*
            Concerned { subjects, employees }
        }};
    }
    macro_rules! employees_only {
        ($employees:expr) => {
            Concerned { subjects: Subjects::default(), employees: $employees }
        };
    }
    macro_rules! subjects {
        ($fact:ident) => {
            Concerned { subjects: $fact.subjects, employees: [$fact.employee, None] }
        };
    }
    match &event.event {
        Event::EmployeeHired(of) => employees_only!([Some(of.employee), None]),
        Event::EmployeeTransferred(of) => employees_only!([Some(of.employee), None]),
        Event::EmployeeLeft(of) => employees_only!([Some(of.employee), None]),
        Event::AttributesSet(of) => match of.entity {
            EntityRef::Lead(id) => concern!([event.actor], lead: id),
            EntityRef::Account(id) => concern!([event.actor], account: id),
            EntityRef::Contact(id) => concern!([event.actor], contact: id),
            EntityRef::Opportunity(id) => concern!([event.actor], opportunity: id),
        },
        Event::AccountCreated(of) => concern!([of.owner], account: of.account, lead: of.origin_lead),
        Event::AccountUpdated(of) => concern!([event.actor], account: of.account),
        Event::AccountOwnerAssigned(of) => concern!([of.from, of.to], account: of.account),
        Event::ContactCreated(of) => {
            concern!([of.owner], contact: of.contact, account: of.account, lead: of.origin_lead)
        }
        Event::ContactUpdated(of) => concern!([event.actor], contact: of.contact, account: of.account),
        Event::LeadReceived(of) => concern!([of.owner], lead: of.lead),
        Event::LeadQualified(of) => concern!([of.employee], lead: of.lead),
        Event::LeadAssigned(of) => concern!([of.from, of.to], lead: of.lead),
        Event::LeadRejected(of) => concern!([of.employee], lead: of.lead),
        Event::LeadRecycled(of) => concern!([of.employee], lead: of.lead),
        Event::LeadReopened(of) => concern!([of.employee], lead: of.lead),
        Event::LeadConverted(of) => concern!(
            [of.employee], lead: of.lead, account: of.account, contact: of.contact, opportunity: of.opportunity,
        ),
        Event::OpportunityOpened(of) => concern!(
            [of.owner], lead: of.origin_lead, account: of.account, contact: of.contact, opportunity: of.opportunity,
        ),
        Event::OpportunityStageChanged(of) => concern!([of.employee], opportunity: of.opportunity),
        Event::OpportunityAmountRevised(of) => concern!([of.employee], opportunity: of.opportunity),
        Event::OpportunityExpectedCloseRevised(of) => concern!([of.employee], opportunity: of.opportunity),
        Event::OpportunityProbabilityDeclared(of) => concern!([of.employee], opportunity: of.opportunity),
        Event::OpportunityOwnerAssigned(of) => concern!([of.from, of.to], opportunity: of.opportunity),
        Event::OpportunityWon(of) => concern!([of.employee], opportunity: of.opportunity),
        Event::OpportunityLost(of) => concern!([of.employee], opportunity: of.opportunity),
        Event::OpportunityReopened(of) => concern!([of.employee], opportunity: of.opportunity),
        Event::CallRecorded(of) => subjects!(of),
        Event::EmailRecorded(of) => subjects!(of),
        Event::MeetingRecorded(of) => subjects!(of),
        Event::MessageRecorded(of) => subjects!(of),
        Event::LetterRecorded(of) => subjects!(of),
        Event::NoteRecorded(of) => subjects!(of),
        Event::AgreementReached(of) => subjects!(of),
        Event::ResourceReserved(of) => subjects!(of),
        Event::ReservationReleased(of) => subjects!(of),
        Event::TaskScheduled(of) => subjects!(of),
        Event::TaskCompleted(of) => subjects!(of),
        Event::TaskCancelled(of) => subjects!(of),
        Event::CompanyProfilePublished(_)
        | Event::BusinessUnitFormed(_)
        | Event::TeamFormed(_)
        | published_events!()
        | access_events!()
        | privacy_events!() => Concerned::default(),
    }
}

impl Projection for Timeline {
    const NAME: &'static str = "timeline";
    const REVISION: u32 = 1;
    type Beside<'a> = &'a mut Names;

    fn apply(&mut self, event: &Recorded, names: &mut Names) {
        let concerned = concerned(event);
        let about = About::of(&concerned.subjects, names, event.position.0);
        self.add_about(about, event);
        self.add_employees(&concerned.employees, event, names);
    }
}
