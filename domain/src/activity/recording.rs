//! The rules that all activities share: at least one subject, nobody unknown, nothing endless.
//!
//! The commands differ in what they record, not in when they may; so the rules stand here once.

use crate::activity::{ActivityText, Subjects};
use crate::common::Common;
use crate::decision::Circumstances;
use crate::event::{Event, EventType, Recorded};
use crate::ids::{ActivityId, EmployeeId, Position};
use crate::known::{Known, References};
use crate::limits;
use crate::query::Query;
use crate::values::{DurationMs, Phone, PlainText};

/// Longest call or meeting, in milliseconds: 31 days. Work items that are kept open over days or a long weekend
/// are real (the longest of the BPI 2012 log lasts 67 hours); more is a unit mixed up.
pub const DURATION_MAX_MS: u64 = 31 * 24 * 60 * 60 * 1_000;

/// All events that record an activity; they share one space of ids.
const TYPES: &[EventType] = &[
    EventType::CallRecorded,
    EventType::EmailRecorded,
    EventType::MeetingRecorded,
    EventType::MessageRecorded,
    EventType::LetterRecorded,
    EventType::NoteRecorded,
];

/// What every activity has.
pub(super) struct Activity<'a> {
    pub(super) id: ActivityId,
    pub(super) subjects: &'a Subjects,
    pub(super) employee: Option<EmployeeId>,
    pub(super) text: &'a ActivityText,
}

impl Activity<'_> {
    fn references(&self) -> References {
        References::default().to_subjects(self.subjects).to_any("employee", self.employee)
    }

    /// The boundary: the id, and whoever is named.
    pub(super) fn boundary(&self) -> Query {
        self.references().within(Query::about(&self.id, TYPES))
    }
}

/// What recording an activity depends on.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    existing: Option<(Position, Event)>,
    known: Known,
}

impl Recording {
    /// Folds one event.
    pub(super) fn evolve(&mut self, event: &Recorded) {
        if TYPES.contains(&event.event.event_type()) {
            self.existing = Some((event.position, event.event.clone()));
        }
        self.known.evolve(event);
    }

    /// The event, or none when it stands there already.
    ///
    /// # Errors
    /// When it lies in the future, has no subject, names someone unknown, says too much, or its id is taken.
    pub(super) fn record(
        &self,
        activity: &Activity<'_>,
        at: &Circumstances,
        event: impl Into<Event>,
    ) -> Result<Vec<Event>, Common> {
        at.check()?;
        if activity.subjects.is_empty() {
            return Err(Common::Required { field: "subjects" });
        }
        check_text(activity.text)?;
        self.known.check(&activity.references())?;
        let event = event.into();
        match &self.existing {
            None => Ok(vec![event]),
            Some((_, existing)) if *existing == event => Ok(Vec::new()),
            Some((position, existing)) => {
                Err(Common::AlreadyExists { field: "activity", position: *position, event_type: existing.event_type() })
            }
        }
    }
}

/// A duration that is known must be believable.
///
/// # Errors
/// When it is longer than [`DURATION_MAX_MS`].
pub(super) fn check_duration(duration: Option<DurationMs>) -> Result<(), Common> {
    if duration.is_some_and(|duration| duration.0 > DURATION_MAX_MS) {
        return Err(Common::invalid("duration", "it lasts longer than 31 days; durations are in milliseconds"));
    }
    Ok(())
}

/// A code of the company: a channel, a kind of note.
///
/// # Errors
/// When it is too long.
pub(super) fn check_code(field: &'static str, code: Option<&str>) -> Result<(), Common> {
    code.map_or(Ok(()), |code| limits::size(field, code, limits::KEY_SIZE_MAX_BYTES))
}

fn check_text(text: &ActivityText) -> Result<(), Common> {
    limits::short("text.subject", text.subject.as_ref().map(PlainText::reveal))?;
    limits::text("text.body", text.body.as_ref())?;
    limits::short("text.phone", text.phone.as_ref().map(Phone::reveal))?;
    limits::short("text.address", text.address.as_ref().map(PlainText::reveal))
}
