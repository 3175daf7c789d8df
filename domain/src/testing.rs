//! Given, when, then: decides commands on a small history, filtered through the boundary as the log would.
//!
//! A tag or a type that is missing in a boundary hides the event from the decision, so such a mistake cannot
//! pass. Every successful decision is decided again on the history it led to, and must yield nothing then. What it
//! brings is about its subject, so that a caller's expected position covers it.
//!
//! ```
//! use letopis_domain::employee::{BusinessUnitFormed, FormBusinessUnit};
//! use letopis_domain::testing::{History, id};
//!
//! let formed = BusinessUnitFormed { unit: id(1), name: "North".to_owned() };
//! History::default()
//!     .when(&FormBusinessUnit { unit: id(1), name: "North".to_owned() })
//!     .then([formed.into()]);
//! ```

use std::convert::Infallible;
use std::sync::Arc;

use uuid::Uuid;

use crate::acting::Acting;
use crate::command::{Command, CommandVisitor};
use crate::decision::{Circumstances, Decision, fold};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, EventId, Position};
use crate::query::Query;
use crate::refusal::{RefusalCode, Refused};
use crate::values::Timestamp;

/// The clock of a test: 2026-01-05T10:00:00Z, a Monday.
pub const NOW: Timestamp = Timestamp::from_micros(1_767_607_200_000_000);

/// An id that a test can write down.
#[must_use]
pub fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

/// What was recorded so far, and the circumstances of what comes next.
#[derive(Clone, Debug)]
pub struct History {
    events: Vec<Arc<Recorded>>,
    at: Circumstances,
}

impl Default for History {
    fn default() -> Self {
        Self { events: Vec::new(), at: Circumstances { now: NOW, occurred_at: NOW, is_dated: false, actor: None } }
    }
}

/// A history of these events.
pub fn given(events: impl IntoIterator<Item = Event>) -> History {
    let mut history = History::default();
    history.append(events);
    history
}

impl History {
    /// Adds an event.
    #[must_use]
    pub fn and(mut self, event: impl Into<Event>) -> Self {
        self.append([event.into()]);
        self
    }

    /// Carries out a command that must succeed.
    #[must_use]
    pub fn after<D: Decision>(self, command: &D) -> Self {
        self.when(command).then_accepted()
    }

    /// What follows is done by this employee.
    #[must_use]
    pub const fn by(mut self, actor: EmployeeId) -> Self {
        self.at.actor = Some(actor);
        self
    }

    /// What follows happened then; the clock stands still.
    #[must_use]
    pub const fn occurring_at(mut self, occurred_at: Timestamp) -> Self {
        self.at.occurred_at = occurred_at;
        self.at.is_dated = true;
        self
    }

    /// Decides a command.
    pub fn when<D: Decision>(self, command: &D) -> Decided {
        let decided = self.decide(command);
        if let Ok(events) = &decided {
            assert_about(&command.subject(), events);
            let mut resulting = self.clone();
            resulting.append(events.iter().cloned());
            assert_idempotent::<D>(&resulting.decide(command));
        }
        Decided { history: self, decided }
    }

    /// Decides a command and appends its events; for random sequences of commands.
    ///
    /// # Errors
    /// The refusal.
    pub fn execute<D: Decision>(&mut self, command: &D) -> Result<Vec<Event>, Refused> {
        let events = self.decide(command)?;
        self.append(events.iter().cloned());
        Ok(events)
    }

    /// Decides any command and appends its events, and decides it again, which must yield nothing.
    ///
    /// # Errors
    /// The refusal.
    pub fn carry_out(&mut self, command: &Command) -> Result<Vec<Event>, Refused> {
        let events = command.visit(Decide(self))?;
        self.append(events.iter().cloned());
        command.visit(DecideAgain(self));
        Ok(events)
    }

    /// The events so far, in order.
    #[must_use]
    pub fn events(&self) -> &[Arc<Recorded>] {
        &self.events
    }

    fn decide<D: Decision>(&self, command: &D) -> Result<Vec<Event>, Refused> {
        let command = &Acting { command, actor: self.at.actor };
        let Ok(folded) = fold(command, |query| Ok::<_, Infallible>(self.matching(query)));
        command.decide(&folded.state, &self.at).map_err(Refused::from)
    }

    fn matching(&self, query: &Query) -> Vec<Arc<Recorded>> {
        let matches = |event: &&Arc<Recorded>| query.matches(event.event.event_type(), event.event.tags().as_slice());
        self.events.iter().filter(matches).cloned().collect()
    }

    fn append(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            let position = self.events.last().map_or(Position::START, |last| last.position).next();
            self.events.push(Arc::new(Recorded {
                position,
                id: EventId(Uuid::from_u128(u128::from(position.0))),
                occurred_at: self.at.occurred_at,
                recorded_at: self.at.now,
                actor: self.at.actor,
                request: None,
                correlation: None,
                causation: None,
                event,
            }));
        }
    }
}

fn assert_about(subject: &Query, events: &[Event]) {
    let is_about = |event: &Event| subject.matches(event.event_type(), event.tags().as_slice());
    assert!(events.is_empty() || events.iter().any(is_about), "nothing of {events:?} is about {subject:?}");
}

struct Decide<'a>(&'a History);

impl CommandVisitor for Decide<'_> {
    type Output = Result<Vec<Event>, Refused>;

    fn visit<D: Decision>(self, command: &D) -> Self::Output {
        self.0.decide(command)
    }
}

struct DecideAgain<'a>(&'a History);

impl CommandVisitor for DecideAgain<'_> {
    type Output = ();

    fn visit<D: Decision>(self, command: &D) {
        assert_idempotent::<D>(&self.0.decide(command));
    }
}

fn assert_idempotent<D: Decision>(again: &Result<Vec<Event>, Refused>) {
    let is_idempotent = again.as_ref().map_or(D::IS_REFUSED_AGAIN, Vec::is_empty);
    assert!(is_idempotent, "deciding the same command again must yield no events, not {again:?}");
}

/// A decided command, to be compared with what was expected.
#[derive(Debug)]
#[must_use]
pub struct Decided {
    history: History,
    decided: Result<Vec<Event>, Refused>,
}

impl Decided {
    /// It yields exactly these events; the history goes on with them.
    pub fn then(mut self, events: impl IntoIterator<Item = Event>) -> History {
        let expected: Vec<Event> = events.into_iter().collect();
        assert_eq!(self.decided, Ok(expected.clone()));
        self.history.append(expected);
        self.history
    }

    /// The history says so already.
    pub fn then_nothing(self) -> History {
        self.then([])
    }

    /// It yields whatever it yields; the history goes on with it.
    pub fn then_accepted(mut self) -> History {
        assert!(self.decided.is_ok(), "refused: {:?}", self.decided);
        self.history.append(self.decided.unwrap_or_default());
        self.history
    }

    /// It is refused with this code.
    #[expect(clippy::panic, reason = "a test fails by it")]
    pub fn then_refused(self, code: RefusalCode) -> Refused {
        let Err(refused) = self.decided else { panic!("expected the refusal {code:?}, but got {:?}", self.decided) };
        assert_eq!(refused.code, code, "{refused}");
        refused
    }
}
