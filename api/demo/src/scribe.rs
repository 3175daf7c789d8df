//! Writes commands into the log at simulated times.
//!
//! Facts of one simulated hour are appended as one group, stamped with the time of the last of them.

use std::sync::Arc;

use letopis_domain::command::Command;
use letopis_domain::ids::EmployeeId;
use letopis_domain::values::Timestamp;
use letopis_eventlog::chunk::{Chunk, ChunkOutcome};
use letopis_eventlog::environment::SeededEnvironment;
use letopis_eventlog::error::TransactError;
use letopis_eventlog::log::Log;
use letopis_eventlog::transact::Envelope;

use super::calendar::{HOUR, START};

/// Most events in a group.
const GROUP_EVENTS_MAX: usize = 2_000;

/// Why the demo could not be written.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// There is something already.
    #[error("the log holds {0} events already; the demo needs a data folder of its own")]
    NotEmpty(u64),
    /// The log failed, or a rule forbids what the demo tells.
    #[error("the demo could not record {what}: {source}")]
    Refused {
        /// Name of the command.
        what: &'static str,
        /// Why.
        source: TransactError,
    },
    /// A rule of the domain is gone.
    #[error("the front page of the newspaper was sold twice")]
    SoldTwice,
    /// A group could not be appended.
    #[error("the event log failed: {0}")]
    Log(#[from] TransactError),
}

/// The writer.
pub struct Scribe {
    env: Arc<SeededEnvironment>,
    chunk: Chunk,
    now: Timestamp,
    /// Events recorded so far.
    pub events: u64,
}

impl Scribe {
    /// Writes to a log that takes its time from `env`.
    pub fn new(log: Arc<dyn Log>, env: Arc<SeededEnvironment>) -> Self {
        env.set(START);
        Self { chunk: Chunk::new(log, Arc::<SeededEnvironment>::clone(&env)), env, now: START, events: 0 }
    }

    /// The simulated time.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether the group has to be appended before something is recorded at `at`.
    pub fn is_group_full(&self, at: Timestamp) -> bool {
        let pending = self.chunk.pending_events();
        let hour = |at: Timestamp| at.ms_since(START) / HOUR;
        pending >= GROUP_EVENTS_MAX || (pending > 0 && hour(at) != hour(self.now))
    }

    /// Lets time pass.
    pub fn pass(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
        self.env.set(self.now);
    }

    /// Records something that happens now.
    ///
    /// # Errors
    /// When a rule forbids it.
    pub fn tell(&mut self, actor: Option<EmployeeId>, command: impl Into<Command>) -> Result<(), DemoError> {
        self.tell_of(self.now, actor, command)
    }

    /// Records something that happened earlier.
    ///
    /// # Errors
    /// When a rule forbids it.
    pub fn tell_of(
        &mut self,
        occurred_at: Timestamp,
        actor: Option<EmployeeId>,
        command: impl Into<Command>,
    ) -> Result<(), DemoError> {
        let command = command.into();
        match self.try_of(occurred_at, actor, &command) {
            Ok(_) => Ok(()),
            Err(source) => Err(DemoError::Refused { what: command.name(), source }),
        }
    }

    /// Tries something that may be refused.
    ///
    /// # Errors
    /// The refusal.
    pub fn try_of(
        &mut self,
        occurred_at: Timestamp,
        actor: Option<EmployeeId>,
        command: &Command,
    ) -> Result<ChunkOutcome, TransactError> {
        let envelope = Envelope { occurred_at: Some(occurred_at), actor, ..Envelope::default() };
        let outcome = self.chunk.execute(command, &envelope)?;
        if let ChunkOutcome::Recorded(events) = &outcome {
            self.events += events.len() as u64;
        }
        Ok(outcome)
    }

    /// Appends what was recorded.
    ///
    /// # Errors
    /// When the log fails.
    pub async fn append(&mut self) -> Result<(), DemoError> {
        self.chunk.commit().await?;
        Ok(())
    }
}
