//! Rejections of leads with the circumstances of each decision, frozen, and the evidence that came in later.
//!
//! Frozen means: counted once, when the rejection is folded, from the facts recorded before it that had happened by
//! then. Late evidence gets rows of its own and changes nothing in the rejection's row.

use letopis_domain::catalog::{AuditThresholds, Claim};
use letopis_domain::event::{Event, Recorded};
use letopis_domain::lead::LeadRejected;
use letopis_domain::values::TextDigest;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::models::activities::{Activities, Activity};
use crate::models::directory::{Directory, Who};
use crate::models::leads::Leads;
use crate::models::published::Published;
use crate::models::tasks::{Overdue, Tasks};
use crate::names::{Cell, Kind, Names, Ref};
use crate::projection::{
    Projection, access_events, account_events, agreement_events, company_events, contact_events, opportunity_events,
    privacy_events, published_events, task_events,
};
use crate::table::{Row, Table, closing_as_of};
use crate::value::Field;

/// What had been done for a lead.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Evidence {
    pub(crate) touches: u32,
    pub(crate) calls: u32,
    /// Calls whose duration is unknown.
    pub(crate) calls_of_unknown_duration: u32,
    pub(crate) outbound: u32,
    pub(crate) inbound: u32,
    /// Among the calls of known duration.
    pub(crate) longest_call_ms: Option<u64>,
    /// Of the last call; none when there is none, or its duration is unknown.
    pub(crate) last_call_ms: Option<u64>,
    last_call_at: Option<i64>,
}

impl Evidence {
    /// Adds an activity; activities come with falling positions, so that among calls of one instant the one
    /// recorded last counts as the last.
    fn add(&mut self, activity: &Activity) {
        use letopis_domain::activity::Direction;

        self.inbound += u32::from(activity.direction == Direction::Inbound);
        self.touches += u32::from(activity.is_touch());
        self.outbound += u32::from(activity.is_touch() && activity.direction == Direction::Outbound);
        if !activity.is_call() {
            return;
        }
        self.calls += 1;
        self.calls_of_unknown_duration += u32::from(activity.duration_ms.is_none());
        self.longest_call_ms = self.longest_call_ms.max(activity.duration_ms);
        if self.last_call_at.is_none_or(|last| activity.occurred_at > last) {
            self.last_call_at = Some(activity.occurred_at);
            self.last_call_ms = activity.duration_ms;
        }
    }
}

/// The flags that follow from frozen facts alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent findings, not the states of a machine")]
pub(crate) struct Findings {
    pub(crate) no_contact_attempt: bool,
    pub(crate) short_call_only: bool,
    pub(crate) evidence_mismatch: bool,
    pub(crate) overdue_dodge: bool,
}

impl Findings {
    /// Rule version 1.
    fn judge(evidence: &Evidence, overdue: Overdue, claim: Option<Claim>, thresholds: &AuditThresholds) -> Self {
        let longest = evidence.longest_call_ms;
        let contradicts_no_answer =
            longest.is_some_and(|ms| ms >= thresholds.answered_call_ms) || evidence.inbound > 0 || evidence.calls == 0;
        Self {
            no_contact_attempt: evidence.outbound == 0,
            short_call_only: evidence.calls > 0
                && evidence.calls_of_unknown_duration == 0
                && longest.is_some_and(|ms| ms < thresholds.short_call_ms),
            evidence_mismatch: match claim {
                Some(Claim::NoAnswer) => contradicts_no_answer,
                None => false,
            },
            overdue_dodge: overdue.of_employee_on_lead > 0,
        }
    }
}

/// One rejection.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Rejection {
    pub(crate) lead: Ref,
    pub(crate) opened: u64,
    pub(crate) occurred_at: i64,
    pub(crate) recorded_at: i64,
    /// Who rejected it.
    pub(crate) who: Who,
    /// Whether a person did, whom detectors judge.
    pub(crate) is_judged: bool,
    pub(crate) reason: Ref,
    pub(crate) catalog_version: u32,
    pub(crate) claim: Option<Claim>,
    pub(crate) source: Ref,
    pub(crate) attributes: Ref,
    pub(crate) received_at: i64,
    pub(crate) evidence: Evidence,
    pub(crate) overdue_of_employee: u32,
    pub(crate) overdue_on_lead: u32,
    pub(crate) overdue_of_employee_on_lead: u32,
    pub(crate) findings: Findings,
    /// Tells equal comments.
    pub(crate) comment: TextDigest,
    /// The rejection before, of the same lead.
    pub(crate) previous: Ref,
}

impl Rejection {
    pub(crate) fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Employee | Field::Team | Field::Unit => return self.who.cell(field),
            Field::Lead => Cell::id(Kind::Lead, self.lead),
            Field::Reason => Cell::text(self.reason),
            Field::Source => Cell::text(self.source),
            Field::CreatedAt => Cell::Time(self.occurred_at),
            _ => return None,
        })
    }
}

impl Row for Rejection {
    fn as_of(&self, position: u64) -> Option<Self> {
        (self.opened <= position).then(|| self.clone())
    }
}

/// An activity recorded after a rejection that had happened before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct LateActivity {
    pub(crate) opened: u64,
    pub(crate) rejection: Ref,
    /// The row among the activities.
    pub(crate) activity: Ref,
}

impl Row for LateActivity {
    fn as_of(&self, position: u64) -> Option<Self> {
        (self.opened <= position).then_some(*self)
    }
}

/// A rejected lead came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Return {
    pub(crate) opened: u64,
    pub(crate) lead: Ref,
    /// Where it was converted; 0 = not yet.
    pub(crate) converted: u64,
}

impl Row for Return {
    fn as_of(&self, position: u64) -> Option<Self> {
        (self.opened <= position).then(|| Self { converted: closing_as_of(self.converted, position), ..*self })
    }
}

/// A judged rejection as the search for bursts and copies needs it, without a look at its row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Judged {
    pub(crate) occurred_at: i64,
    pub(crate) opened: u64,
    pub(crate) lead: Ref,
    pub(crate) row: Ref,
}

fn insert_by_time(judged: &mut Vec<Judged>, new: Judged) {
    let place = judged.partition_point(|known| known.occurred_at <= new.occurred_at);
    judged.insert(place, new);
}

/// Every rejection, and what came in late.
#[derive(Default)]
pub(crate) struct Rejections {
    pub(crate) rows: Table<Rejection>,
    pub(crate) late: Table<LateActivity>,
    pub(crate) returns: Table<Return>,
    /// The newest rejection by lead; derived, not stored, like all that follow.
    latest: Vec<Ref>,
    /// The newest return by lead.
    latest_return: FxHashMap<Ref, Ref>,
    /// The judged rejections by employee, by `occurred_at`.
    pub(crate) by_employee: Vec<Vec<Judged>>,
    /// The judged rejections by comment, by `occurred_at`.
    pub(crate) by_comment: FxHashMap<TextDigest, Vec<Judged>>,
}

/// What rejections need of the other read models.
pub(crate) struct Beside<'a> {
    pub(crate) names: &'a mut Names,
    pub(crate) directory: &'a Directory,
    pub(crate) published: &'a Published,
    pub(crate) leads: &'a Leads,
    pub(crate) activities: &'a Activities,
    pub(crate) tasks: &'a Tasks,
}

impl Rejections {
    /// Derives what is not stored.
    pub(crate) fn index(&mut self) {
        (self.latest, self.by_employee) = (Vec::new(), Vec::new());
        self.by_comment.clear();
        for index in 0..self.rows.len() {
            self.note(Ref::at(index));
        }
        self.latest_return =
            self.returns.iter().enumerate().map(|(index, returned)| (returned.lead, Ref::at(index))).collect();
    }

    fn note(&mut self, row: Ref) {
        let Some(rejection) = self.rows.row(row) else { return };
        if let Some(lead) = rejection.lead.index() {
            if self.latest.len() <= lead {
                self.latest.resize(lead + 1, Ref::NONE);
            }
            self.latest[lead] = row;
        }
        let Some(employee) = rejection.who.employee.index().filter(|_| rejection.is_judged) else { return };
        let (occurred_at, opened, lead) = (rejection.occurred_at, rejection.opened, rejection.lead);
        let judged = Judged { occurred_at, opened, lead, row };
        if self.by_employee.len() <= employee {
            self.by_employee.resize(employee + 1, Vec::new());
        }
        insert_by_time(&mut self.by_employee[employee], judged);
        if !rejection.comment.is_none() {
            insert_by_time(self.by_comment.entry(rejection.comment).or_default(), judged);
        }
    }

    fn latest(&self, lead: Ref) -> Ref {
        lead.index().and_then(|index| self.latest.get(index)).copied().unwrap_or_default()
    }

    fn reject(&mut self, rejected: &LeadRejected, event: &Recorded, beside: &mut Beside<'_>) {
        let (at, occurred) = (event.position.0, event.occurred_at.micros());
        let lead = beside.names.intern(rejected.lead, at);
        let who = beside.directory.place(beside.names.intern_some(rejected.employee, at));
        let mut evidence = Evidence::default();
        for activity in beside.activities.of_lead(lead).filter(|activity| activity.occurred_at <= occurred) {
            evidence.add(activity);
        }
        let overdue = beside.tasks.overdue(who.employee, lead, occurred);
        let thresholds = beside.published.rules(at).thresholds;
        let columns = beside.leads.versions.current(lead);
        let row = self.rows.push(Rejection {
            lead,
            opened: at,
            occurred_at: occurred,
            recorded_at: event.recorded_at.micros(),
            who,
            is_judged: beside.directory.is_human(who.employee),
            reason: beside.names.intern_text(&rejected.reason, at),
            catalog_version: rejected.catalog_version,
            claim: rejected.claim,
            source: columns.map(|of| of.source).unwrap_or_default(),
            attributes: columns.map(|of| of.attributes).unwrap_or_default(),
            received_at: columns.map_or(occurred, |of| of.received_at),
            evidence,
            overdue_of_employee: overdue.of_employee,
            overdue_on_lead: overdue.on_lead,
            overdue_of_employee_on_lead: overdue.of_employee_on_lead,
            findings: Findings::judge(&evidence, overdue, rejected.claim, &thresholds),
            comment: rejected.comment_digest,
            previous: self.latest(lead),
        });
        self.note(row);
    }

    fn come_back(&mut self, lead: Ref, at: u64) {
        if !self.latest(lead).is_none() {
            let row = self.returns.push(Return { opened: at, lead, converted: 0 });
            self.latest_return.insert(lead, row);
        }
    }

    fn convert(&mut self, lead: Ref, at: u64) {
        let row = self.latest_return.get(&lead).copied().unwrap_or_default();
        self.returns.change(row, |returned| returned.converted = at);
    }

    /// An activity that happened before a rejection of its lead that was recorded earlier.
    fn note_late(&mut self, event: &Recorded, activities: &Activities) {
        let Some(activity) = activities.rows.last() else { return };
        let newest = Ref::at(activities.rows.len() - 1);
        let mut row = self.latest(activity.about.lead);
        while let Some(rejection) = self.rows.row(row) {
            let previous = rejection.previous;
            if activity.occurred_at <= rejection.occurred_at {
                self.late.push(LateActivity { opened: event.position.0, rejection: row, activity: newest });
            }
            row = previous;
        }
    }
}

impl Projection for Rejections {
    const NAME: &'static str = "rejections";
    const REVISION: u32 = 2;
    type Beside<'a> = Beside<'a>;

    fn apply(&mut self, event: &Recorded, mut beside: Beside<'_>) {
        match &event.event {
            Event::LeadRejected(rejected) => self.reject(rejected, event, &mut beside),
            Event::CallRecorded(_)
            | Event::EmailRecorded(_)
            | Event::MeetingRecorded(_)
            | Event::MessageRecorded(_)
            | Event::LetterRecorded(_)
            | Event::NoteRecorded(_) => self.note_late(event, beside.activities),
            Event::LeadReopened(reopened) => {
                let at = event.position.0;
                self.come_back(beside.names.intern(reopened.lead, at), at);
            }
            Event::LeadConverted(converted) => {
                let at = event.position.0;
                self.convert(beside.names.intern(converted.lead, at), at);
            }
            Event::LeadReceived(_)
            | Event::LeadQualified(_)
            | Event::LeadAssigned(_)
            | Event::LeadRecycled(_)
            | Event::AttributesSet(_)
            | company_events!()
            | published_events!()
            | account_events!()
            | contact_events!()
            | opportunity_events!()
            | agreement_events!()
            | access_events!()
            | privacy_events!()
            | task_events!() => {}
        }
    }
}
