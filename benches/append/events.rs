//! Events of 250 bytes with three tags, and what to hold an append against.

use letopis_domain::activity::{ActivityText, Direction, NoteRecorded, Subjects};
use letopis_domain::event::{Event, NewEvent};
use letopis_domain::ids::{ActivityId, EmployeeId, EventId, LeadId, SubjectId};
use letopis_domain::query::AppendCondition;
use letopis_domain::values::{Personal, PlainText, Timestamp};
use letopis_eventlog::log::{AppendRequest, RequestEvents};
use uuid::Uuid;

/// Bytes of a note's text that make payload and personal part 250 bytes together.
const TEXT_SIZE: usize = 187;

pub fn lead(number: u64) -> LeadId {
    LeadId(Uuid::from_u64_pair(1, number))
}

pub fn employee(number: u64) -> EmployeeId {
    EmployeeId(Uuid::from_u64_pair(2, number))
}

/// A note with the tags of its lead, employee and activity.
pub fn note(lead: LeadId, employee: EmployeeId, activity: ActivityId) -> Event {
    NoteRecorded {
        activity,
        subjects: Subjects { lead: Some(lead), ..Subjects::default() },
        employee: Some(employee),
        kind: None,
        direction: Direction::Internal,
        data_subjects: SubjectId(lead.0).into(),
        personal: Personal::Known(ActivityText {
            body: Some(PlainText("n".repeat(TEXT_SIZE))),
            ..ActivityText::default()
        }),
    }
    .into()
}

pub fn new_event(event: Event) -> NewEvent {
    let occurred_at = Timestamp::from_micros(1_767_607_200_000_000);
    NewEvent { id: EventId(Uuid::now_v7()), occurred_at, actor: None, correlation: None, causation: None, event }
}

pub fn append(events: Vec<Event>, condition: AppendCondition) -> AppendRequest {
    let events = events.into_iter().map(new_event).collect();
    AppendRequest { requests: vec![RequestEvents { key: None, events }], condition }
}
