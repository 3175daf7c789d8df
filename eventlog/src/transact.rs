//! From a command to appended events: read the boundary, fold, decide, append, and again when others were faster.

use letopis_domain::event::NewEvent;
use letopis_domain::ids::{EmployeeId, EventId, Position};
use letopis_domain::values::Timestamp;
use uuid::Uuid;

use crate::log::{Appended, RequestKey};

/// What comes with a command besides its content.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// Names the request, so that it can be repeated safely.
    pub key: Option<RequestKey>,
    /// When it happened; none = now.
    pub occurred_at: Option<Timestamp>,
    /// Who acts; none = the system itself.
    pub actor: Option<EmployeeId>,
    /// Everything that belongs to one business process shares it.
    pub correlation: Option<Uuid>,
    /// The event that led to this one.
    pub causation: Option<EventId>,
    /// Refuse when the decision's subjects moved on after this position.
    pub expected_position: Option<Position>,
}

/// What became of a command.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Where its events stand; none = the history already said so, and nothing was appended.
    pub appended: Option<Appended>,
    /// The events, also those of an earlier request with the same key.
    pub events: Vec<NewEvent>,
    /// Whether an earlier request with the same key had been carried out already.
    pub repeated: bool,
}
