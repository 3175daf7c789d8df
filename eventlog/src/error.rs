//! What can go wrong with a log, by who can do something about it.

use letopis_domain::event::DecodeError;
use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::refusal::Refused;

use crate::log::{Appended, Clash, Match};

/// A record or an index that cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The storage engine failed.
    #[error("the event log could not be read: {0}")]
    Storage(String),
    /// A record is damaged.
    #[error("the record at position {position} is damaged: {reason}")]
    Damaged {
        /// Where.
        position: Position,
        /// How it was noticed.
        reason: String,
    },
    /// A record is of a type or version unknown here.
    #[error("the record at position {position} cannot be decoded: {source}")]
    Undecodable {
        /// Where.
        position: Position,
        /// Why.
        source: DecodeError,
    },
}

/// An append that was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// An event matched the condition.
    #[error("the event {} at position {} came first", .0.found.event_type, .0.found.position)]
    Conflict(Clash),
    /// The request was carried out before, with the same body.
    #[error("the request was recorded before, at positions {} to {}", .0.first, .0.last)]
    Repeated(Appended),
    /// The request id was used before, with another body.
    #[error("the request id was used before, at position {first}, for another request")]
    RequestIdReused {
        /// Where the earlier request stands.
        first: Position,
    },
    /// It says something personal about someone who was erased.
    #[error("subject {subject} was erased: nothing personal can be recorded about them")]
    Erased {
        /// Whom.
        subject: SubjectId,
    },
    /// A personal part could not be sealed, or somebody could not be erased.
    #[error("personal data cannot be sealed, or erased: {0}")]
    Keys(String),
    /// The append itself is malformed: empty, or a size limit is exceeded.
    #[error("the append is malformed: {0}")]
    Malformed(String),
    /// A durable write failed; the log takes no more writes until it is reopened and verified.
    #[error("the event log is read-only since a write failed: {0}")]
    ReadOnly(String),
    /// The log is closing.
    #[error("the event log is closed")]
    Closed,
    /// What the condition depends on could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// A command that was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransactError {
    /// A rule forbids it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Others were faster, again and again; trying again later may succeed.
    #[error("others changed the same subject at the same time, {attempts} times in a row")]
    Contended {
        /// How often it was tried.
        attempts: u32,
        /// What came first the last time.
        last: Match,
    },
    /// The log failed.
    #[error(transparent)]
    Append(AppendError),
    /// The history could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}
