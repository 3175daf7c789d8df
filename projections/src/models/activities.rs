//! Activities: one small row per call, e-mail, meeting, message, letter and note. What was said stays in the log.

use letopis_domain::activity::{CallOutcome, Direction, Subjects};
use letopis_domain::event::{Event, Recorded};
use letopis_domain::ids::EmployeeId;
use letopis_domain::values::DurationMs;
use serde::{Deserialize, Serialize};

use crate::models::directory::{Directory, Who};
use crate::names::{Cell, Kind, Names, Ref};
use crate::projection::{
    Projection, access_events, account_events, agreement_events, company_events, contact_events, lead_events,
    opportunity_events, privacy_events, published_events, task_events,
};
use crate::table::{Row, Table};
use crate::value::Field;

/// What kind of activity it was.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub enum ActivityKind {
    /// A call.
    #[default]
    Call,
    /// An e-mail.
    Email,
    /// A meeting.
    Meeting,
    /// A message.
    Message,
    /// A postal letter.
    Letter,
    /// A note.
    Note,
}

impl ActivityKind {
    /// The word that filters and groupings use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Call => "CALL",
            Self::Email => "EMAIL",
            Self::Meeting => "MEETING",
            Self::Message => "MESSAGE",
            Self::Letter => "LETTER",
            Self::Note => "NOTE",
        }
    }
}

pub(crate) const fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "INBOUND",
        Direction::Outbound => "OUTBOUND",
        Direction::Internal => "INTERNAL",
    }
}

pub(crate) const fn outcome_word(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Answered => "ANSWERED",
        CallOutcome::NoAnswer => "NO_ANSWER",
        CallOutcome::Busy => "BUSY",
        CallOutcome::Voicemail => "VOICEMAIL",
        CallOutcome::WrongNumber => "WRONG_NUMBER",
        CallOutcome::Missed => "MISSED",
    }
}

/// The four things a fact can be about, by number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) lead: Ref,
    pub(crate) account: Ref,
    pub(crate) contact: Ref,
    pub(crate) opportunity: Ref,
}

impl About {
    pub(crate) fn of(subjects: &Subjects, names: &mut Names, at: u64) -> Self {
        Self {
            lead: names.intern_some(subjects.lead, at),
            account: names.intern_some(subjects.account, at),
            contact: names.intern_some(subjects.contact, at),
            opportunity: names.intern_some(subjects.opportunity, at),
        }
    }

    pub(crate) fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Lead => Cell::id(Kind::Lead, self.lead),
            Field::Account => Cell::id(Kind::Account, self.account),
            Field::Contact => Cell::id(Kind::Contact, self.contact),
            Field::Opportunity => Cell::id(Kind::Opportunity, self.opportunity),
            _ => return None,
        })
    }
}

/// One activity.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Activity {
    pub(crate) opened: u64,
    pub(crate) occurred_at: i64,
    pub(crate) kind: ActivityKind,
    pub(crate) direction: Direction,
    pub(crate) outcome: Option<CallOutcome>,
    /// How long it lasted; none = unknown, or it has no length.
    pub(crate) duration_ms: Option<u64>,
    pub(crate) who: Who,
    pub(crate) about: About,
    /// The code of a note, or the channel of a message.
    pub(crate) detail: Ref,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            opened: 0,
            occurred_at: 0,
            kind: ActivityKind::Call,
            direction: Direction::Internal,
            outcome: None,
            duration_ms: None,
            who: Who::default(),
            about: About::default(),
            detail: Ref::NONE,
        }
    }
}

impl Activity {
    /// Whether it reached, or tried to reach, the customer: everything but notes and talk among employees.
    pub(crate) fn is_touch(&self) -> bool {
        self.kind != ActivityKind::Note && self.direction != Direction::Internal
    }

    /// Whether it is a call with the customer.
    pub(crate) fn is_call(&self) -> bool {
        self.kind == ActivityKind::Call && self.direction != Direction::Internal
    }

    pub(crate) fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Kind => Cell::Word(self.kind.word()),
            Field::Direction => Cell::Word(direction_word(self.direction)),
            Field::Outcome => Cell::word(self.outcome.map(outcome_word)),
            Field::Detail => Cell::text(self.detail),
            Field::Employee | Field::Team | Field::Unit => return self.who.cell(field),
            Field::Lead | Field::Account | Field::Contact | Field::Opportunity => return self.about.cell(field),
            Field::CreatedAt => Cell::Time(self.occurred_at),
            _ => return None,
        })
    }
}

impl Row for Activity {
    fn as_of(&self, position: u64) -> Option<Self> {
        (self.opened <= position).then(|| self.clone())
    }
}

/// Every activity.
#[derive(Default)]
pub(crate) struct Activities {
    pub(crate) rows: Table<Activity>,
    /// The activity before about the same lead, by row; derived, not stored.
    before: Vec<Ref>,
    /// The newest activity by lead; derived, not stored.
    latest: Vec<Ref>,
}

impl Activities {
    /// Derives what is not stored.
    pub(crate) fn index(&mut self) {
        self.before.clear();
        self.latest.clear();
        for index in 0..self.rows.len() {
            self.chain(self.rows[index].about.lead, Ref::at(index));
        }
    }

    fn chain(&mut self, lead: Ref, row: Ref) {
        let Some(index) = lead.index() else {
            self.before.push(Ref::NONE);
            return;
        };
        if self.latest.len() <= index {
            self.latest.resize(index + 1, Ref::NONE);
        }
        self.before.push(std::mem::replace(&mut self.latest[index], row));
    }

    /// The activities about a lead, the newest position first.
    pub(crate) fn of_lead(&self, lead: Ref) -> impl Iterator<Item = &Activity> {
        let newest = lead.index().and_then(|index| self.latest.get(index)).copied().unwrap_or_default();
        let before = |row: &Ref| self.before.get(row.index()?).copied();
        std::iter::successors(Some(newest), before).map_while(|row| self.rows.row(row))
    }

    fn record(&mut self, taken: &Taken<'_>, event: &Recorded, names: &mut Names, directory: &Directory) {
        let at = event.position.0;
        let about = About::of(taken.subjects, names, at);
        let row = self.rows.push(Activity {
            opened: at,
            occurred_at: event.occurred_at.micros(),
            kind: taken.kind,
            direction: taken.direction,
            outcome: taken.outcome,
            duration_ms: taken.duration.map(|duration| duration.0),
            who: directory.place(names.intern_some(taken.employee, at)),
            about,
            detail: names.intern_some_text(taken.detail, at),
        });
        self.chain(about.lead, row);
    }
}

/// What the six kinds have in common.
struct Taken<'e> {
    kind: ActivityKind,
    subjects: &'e Subjects,
    employee: Option<EmployeeId>,
    direction: Direction,
    duration: Option<DurationMs>,
    outcome: Option<CallOutcome>,
    detail: Option<&'e str>,
}

macro_rules! taken {
    ($kind:ident, $fact:ident $(, $field:ident: $value:expr)*) => {
        Taken {
            $($field: $value,)*
            ..Taken {
                kind: ActivityKind::$kind,
                subjects: &$fact.subjects,
                employee: $fact.employee,
                direction: $fact.direction,
                duration: None,
                outcome: None,
                detail: None,
            }
        }
    };
}

impl Projection for Activities {
    const NAME: &'static str = "activities";
    const REVISION: u32 = 1;
    type Beside<'a> = (&'a mut Names, &'a Directory);

    fn apply(&mut self, event: &Recorded, (names, directory): Self::Beside<'_>) {
        let taken = match &event.event {
            Event::CallRecorded(call) => taken!(Call, call, duration: call.duration, outcome: call.outcome),
            Event::EmailRecorded(email) => taken!(Email, email),
            Event::MeetingRecorded(meeting) => taken!(Meeting, meeting, duration: meeting.duration),
            Event::MessageRecorded(message) => taken!(Message, message, detail: message.channel.as_deref()),
            Event::LetterRecorded(letter) => taken!(Letter, letter),
            Event::NoteRecorded(note) => taken!(Note, note, detail: note.kind.as_deref()),
            Event::AttributesSet(_)
            | company_events!()
            | published_events!()
            | account_events!()
            | contact_events!()
            | lead_events!()
            | opportunity_events!()
            | agreement_events!()
            | access_events!()
            | privacy_events!()
            | task_events!() => return,
        };
        self.record(&taken, event, names, directory);
    }
}
