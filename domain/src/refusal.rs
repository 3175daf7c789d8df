//! Refusals: a command that the rules forbid, told so that a person can act on it.

use crate::event::EventType;
use crate::ids::Position;

/// What kind of refusal it is; front ends branch on it, so a code keeps its meaning for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RefusalCode {
    /// A subject that the command names does not exist.
    NotFound,
    /// The id of a new entity is taken.
    AlreadyExists,
    /// The state of the subject does not allow it.
    InvalidState,
    /// A value is missing where a rule demands it.
    Required,
    /// A value is outside what is allowed.
    InvalidValue,
    /// The fact lies in the future.
    InFuture,
    /// Someone else holds what was asked for.
    Conflict,
    /// The subject moved on since the caller looked.
    StalePosition,
    /// The request id was used for another request.
    RequestIdReused,
    /// The same external identity came with other content.
    Changed,
    /// The person whom it is about was erased: nothing personal can be recorded any more.
    SubjectErased,
    /// The data are under a legal hold.
    LegalHold,
    /// Whoever acts may not do this.
    Forbidden,
}

impl RefusalCode {
    /// The code as it is written in answers and reject files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::InvalidState => "INVALID_STATE",
            Self::Required => "REQUIRED",
            Self::InvalidValue => "INVALID_VALUE",
            Self::InFuture => "IN_FUTURE",
            Self::Conflict => "CONFLICT",
            Self::StalePosition => "STALE_POSITION",
            Self::RequestIdReused => "REQUEST_ID_REUSED",
            Self::Changed => "CHANGED",
            Self::SubjectErased => "SUBJECT_ERASED",
            Self::LegalHold => "LEGAL_HOLD",
            Self::Forbidden => "FORBIDDEN",
        }
    }
}

/// What stands in the way of a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// The event that stands in the way, where one does.
    pub position: Option<Position>,
    /// Its type.
    pub event_type: Option<EventType>,
    /// The entity that stands in the way, as a tag, e.g. `agreement:…`.
    pub holder: Option<String>,
}

/// The error type of a decision.
pub trait Refusal: std::error::Error + Send + Sync + 'static {
    /// Its code.
    fn code(&self) -> RefusalCode;

    /// The field of the command that is at fault, e.g. `["reason"]`.
    fn field(&self) -> Option<&'static str> {
        None
    }

    /// What stands in the way.
    fn conflict(&self) -> Option<Conflict> {
        None
    }
}

/// A refusal of any command, as it leaves the decision.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// Its code.
    pub code: RefusalCode,
    /// What a person reads.
    pub message: String,
    /// The field of the command at fault.
    pub field: Option<String>,
    /// What stands in the way.
    pub conflict: Option<Conflict>,
}

impl<R: Refusal> From<R> for Refused {
    fn from(refusal: R) -> Self {
        Self {
            code: refusal.code(),
            message: refusal.to_string(),
            field: refusal.field().map(str::to_owned),
            conflict: refusal.conflict(),
        }
    }
}
