//! A company's log and the views over it, as every request sees them.

use std::sync::Arc;

use letopis_access_log::{Access, AccessLog};
use letopis_domain::ids::Position;
use letopis_eventlog::environment::Environment;
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::RocksLog;
use letopis_projections::{ViewError, Views};

use crate::error::FieldError;
use crate::limits::AFTER_TIMEOUT;

/// How far the views may lie behind the log before the server calls itself not ready.
const LAG_READY_MAX_EVENTS: u64 = 10_000;

/// A company that is open.
pub struct App {
    /// What happened.
    pub log: Arc<dyn Log>,
    /// The same, with what only the stored log can do: proofs and checkpoints.
    pub rocks: Arc<RocksLog>,
    /// What follows from it.
    pub views: Views,
    /// Clock and randomness.
    pub env: Arc<dyn Environment>,
    /// Who saw what of people; none = nobody writes it down.
    pub access_log: Option<Arc<AccessLog>>,
}

/// Whether the server can answer.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// The last durable position.
    pub head: Position,
    /// The position that the views have reached.
    pub applied: Position,
    /// Why it cannot.
    pub problem: Option<String>,
}

impl Readiness {
    /// Whether it can.
    pub const fn is_ready(&self) -> bool {
        self.problem.is_none()
    }
}

impl App {
    /// The position at which a request is read: where the views are, once they include `after`.
    ///
    /// # Errors
    /// When the log does not reach that far, or the views do not get there in time.
    pub async fn read_position(&self, after: Option<Position>) -> Result<Position, FieldError> {
        if let Some(after) = after {
            self.applied(after).await?;
        }
        Ok(self.views.applied())
    }

    /// Waits, for a bounded time, until the views have reached a position.
    ///
    /// # Errors
    /// When the log does not reach that far, or the views do not get there in time.
    pub async fn applied(&self, at: Position) -> Result<(), FieldError> {
        Ok(self.views.wait_for(at, AFTER_TIMEOUT).await?)
    }

    /// Writes an attempt down that shows nothing to anybody, so that it may go on where that fails.
    pub async fn note(&self, access: Access) {
        let Some(log) = &self.access_log else { return };
        if let Err(error) = log.submit(vec![access]).await {
            tracing::error!(%error, "a refused attempt could not be written down");
        }
    }

    /// Whether the server can answer.
    pub fn readiness(&self) -> Readiness {
        let lag = self.views.lag();
        let too_far = || {
            let events = lag.events();
            (events > LAG_READY_MAX_EVENTS).then(|| format!("the views are {events} events behind the log"))
        };
        Readiness { head: lag.head, applied: lag.applied, problem: self.views.fault().or_else(too_far) }
    }
}

impl From<ViewError> for FieldError {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::BeyondHead { .. } => Self::Input(error.to_string()),
            ViewError::TooSlow { .. } | ViewError::StandingStill { .. } => Self::Unavailable(error.to_string()),
            ViewError::Log(error) => Self::Read(error),
        }
    }
}
