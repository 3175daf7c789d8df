//! Identifiers: one type per entity, all UUIDs, so that a lead id can never be passed for an account id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::query::Tag;

/// An id that names the subject of events, and so yields a tag.
pub trait Tagged {
    /// The tag that every event about this entity carries, e.g. `lead:0190…`.
    fn tag(&self) -> Tag;
}

macro_rules! entity_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The word before the colon in tags of this entity.
            pub const PREFIX: &'static str = $prefix;
        }

        impl Tagged for $name {
            fn tag(&self) -> Tag {
                Tag::of_uuid($prefix, self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, ":{}"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

entity_ids! {
    /// A part of the company with methods of its own.
    BusinessUnitId = "unit",
    /// A team; teams form a tree inside a business unit.
    TeamId = "team",
    /// Someone, or some machine, that works for the company.
    EmployeeId = "employee",
    /// A company or private customer.
    AccountId = "account",
    /// A person.
    ContactId = "contact",
    /// An unqualified inquiry.
    LeadId = "lead",
    /// A deal.
    OpportunityId = "opportunity",
    /// One call, e-mail, meeting, message, letter or note.
    ActivityId = "activity",
    /// An oral or written agreement.
    AgreementId = "agreement",
    /// Something that can be promised to one customer at a time, such as an advertising slot.
    ResourceId = "resource",
    /// One reservation of a resource for a period.
    ReservationId = "reservation",
    /// A piece of work with a due time.
    TaskId = "task",
    /// A pipeline; its versions share the id.
    PipelineId = "pipeline",
    /// A data subject: the person whose data an event holds; passed from lead to contact at conversion.
    SubjectId = "subject",
    /// A time in which an employee is away and somebody stands in.
    AbsenceId = "absence",
    /// A legal hold on the data of a person.
    LegalHoldId = "hold",
    /// One event.
    EventId = "event",
}

/// Place of an event in the log: dense from 1 in commit order. 0 is "before everything".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);
    /// After every event.
    pub const END: Self = Self(u64::MAX);

    /// The position that follows.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Position {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Longest request id, in bytes.
pub const REQUEST_ID_SIZE_MAX: usize = 200;

/// The caller's name for one request: the same id again means the same request.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(Box<str>);

/// A request id that is empty or too long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a request id has 1 to {REQUEST_ID_SIZE_MAX} bytes, this one has {0}")]
pub struct RequestIdSize(pub usize);

impl RequestId {
    /// Checks the size.
    ///
    /// # Errors
    /// When the text is empty or longer than [`REQUEST_ID_SIZE_MAX`] bytes.
    pub fn new(text: impl Into<Box<str>>) -> Result<Self, RequestIdSize> {
        let text = text.into();
        if text.is_empty() || text.len() > REQUEST_ID_SIZE_MAX {
            return Err(RequestIdSize(text.len()));
        }
        Ok(Self(text))
    }

    /// The text as the caller gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
