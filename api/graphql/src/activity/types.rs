//! Activities as clients see them.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use letopis_domain::activity as domain;
use letopis_domain::event::{Event, EventType, Recorded};
use letopis_domain::ids::{ActivityId, Position as LogPosition};
use letopis_domain::values::{Phone, PlainText};
use letopis_eventlog::log::Range;
use letopis_projections::View;

use super::glance::{self, ActivityParts};
use crate::account::Account;
use crate::company::Employee;
use crate::contact::Contact;
use crate::enums::{ActivityKind, CallOutcome, Direction};
use crate::error::{FieldError, FieldResult};
use crate::event::RecordedEvent;
use crate::ids::{EntityId, global};
use crate::lead::Lead;
use crate::mutation::Subject;
use crate::object::{link, text};
use crate::opportunity::Opportunity;
use crate::scalars::DateTime;
use crate::values::seconds;

const TYPES: &[EventType] = &[
    EventType::CallRecorded,
    EventType::EmailRecorded,
    EventType::MeetingRecorded,
    EventType::MessageRecorded,
    EventType::LetterRecorded,
    EventType::NoteRecorded,
];

/// A call, e-mail, meeting, message, letter or note.
#[derive(Clone)]
pub struct Activity {
    recorded: Arc<Recorded>,
    at: LogPosition,
}

impl Activity {
    /// The activity that an event records; none for other events.
    pub fn of(recorded: &Arc<Recorded>, at: LogPosition) -> Option<Self> {
        glance::activity(&recorded.event).map(|_| Self { recorded: Arc::clone(recorded), at })
    }

    fn parts(&self) -> Option<ActivityParts<'_>> {
        glance::activity(&self.recorded.event)
    }

    fn words(&self, part: impl FnOnce(&domain::ActivityText) -> Option<&str>) -> Option<String> {
        text(self.parts()?.text, part)
    }
}

impl Subject for Activity {
    type Key = ActivityId;

    fn load(seen: &View, key: ActivityId) -> Result<Option<Self>, FieldError> {
        let recorded = seen.read(&key.about(TYPES), Range::upto(seen.position()))?;
        Ok(recorded.first().and_then(|recorded| Self::of(recorded, seen.position())))
    }
}

/// A call, e-mail, meeting, message, letter or note.
#[Object]
impl Activity {
    /// Its global id.
    pub async fn id(&self) -> ID {
        self.parts().map(|parts| global(parts.activity)).unwrap_or_default()
    }

    /// What kind of contact it was.
    async fn kind(&self) -> ActivityKind {
        match &self.recorded.event {
            Event::CallRecorded(_) => ActivityKind::Call,
            Event::EmailRecorded(_) => ActivityKind::Email,
            Event::MeetingRecorded(_) => ActivityKind::Meeting,
            Event::MessageRecorded(_) => ActivityKind::Message,
            Event::LetterRecorded(_) => ActivityKind::Letter,
            _ => ActivityKind::Note,
        }
    }

    /// Who turned to whom.
    async fn direction(&self) -> Option<Direction> {
        Some(self.parts()?.direction.into())
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.recorded.occurred_at)
    }

    /// Who of the company took part.
    async fn employee(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.parts()?.employee, self.at)
    }

    /// What it is about.
    async fn subjects(&self) -> Option<Subjects> {
        Some(Subjects::new(*self.parts()?.subjects, self.at))
    }

    /// How long it lasted; null = unknown, which is neither short nor long.
    async fn duration_seconds(&self) -> Option<f64> {
        self.parts()?.duration_ms.map(seconds)
    }

    /// How a call ended; null = unknown.
    async fn outcome(&self) -> Option<CallOutcome> {
        self.parts()?.outcome.map(Into::into)
    }

    /// The service of a message, or the company's code for a kind of note.
    async fn detail(&self) -> Option<&str> {
        self.parts()?.detail
    }

    /// The subject line; `erased` once the personal data is.
    async fn subject(&self) -> Option<String> {
        self.words(|text| text.subject.as_ref().map(PlainText::reveal))
    }

    /// The content, or a summary.
    async fn body(&self) -> Option<String> {
        self.words(|text| text.body.as_ref().map(PlainText::reveal))
    }

    /// The customer's phone number, for calls.
    async fn phone(&self) -> Option<String> {
        self.words(|text| text.phone.as_ref().map(Phone::reveal))
    }

    /// The customer's address or handle, for the rest.
    async fn address(&self) -> Option<String> {
        self.words(|text| text.address.as_ref().map(PlainText::reveal))
    }

    /// The event that recorded it.
    async fn event(&self) -> RecordedEvent {
        RecordedEvent::new(Arc::clone(&self.recorded), self.at)
    }
}

/// What an activity, agreement or task is about.
pub struct Subjects {
    state: domain::Subjects,
    at: LogPosition,
}

impl Subjects {
    /// The subjects, read as of a position.
    pub const fn new(state: domain::Subjects, at: LogPosition) -> Self {
        Self { state, at }
    }
}

/// What an activity, agreement or task is about: any of the four, at least one.
#[Object]
impl Subjects {
    /// A lead.
    async fn lead(&self, context: &Context<'_>) -> Option<FieldResult<Lead>> {
        link(context, self.state.lead, self.at)
    }

    /// An account.
    async fn account(&self, context: &Context<'_>) -> Option<FieldResult<Account>> {
        link(context, self.state.account, self.at)
    }

    /// A contact.
    async fn contact(&self, context: &Context<'_>) -> Option<FieldResult<Contact>> {
        link(context, self.state.contact, self.at)
    }

    /// An opportunity.
    async fn opportunity(&self, context: &Context<'_>) -> Option<FieldResult<Opportunity>> {
        link(context, self.state.opportunity, self.at)
    }
}
