//! Reasons to refuse that many commands share, and the short way to write a command's own.

use crate::decision::Circumstances;
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::Position;
use crate::query::Tag;
use crate::refusal::{Conflict, Refusal, RefusalCode};
use crate::values::Timestamp;

/// A rule that many commands share. A command with rules of its own wraps it, see `rejection!`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Common {
    /// A subject that the command names does not exist.
    #[error("{field}: there is no {tag}")]
    NotFound {
        /// The field that names it.
        field: &'static str,
        /// Its tag.
        tag: Tag,
    },
    /// The id of a new entity is taken.
    #[error("{field}: the id is taken, with other content or another time, at position {position}")]
    AlreadyExists {
        /// The field that holds the id.
        field: &'static str,
        /// The event that took it.
        position: Position,
        /// Its type.
        event_type: EventType,
    },
    /// An earlier event closed the subject.
    #[error("{field}: {reason}, at position {position}")]
    Closed {
        /// The field that names the subject.
        field: &'static str,
        /// What happened to it.
        reason: String,
        /// The event that closed it.
        position: Position,
        /// Its type.
        event_type: EventType,
    },
    /// An employee who left is given new work.
    #[error("{field}: {tag} has left the company")]
    Left {
        /// The field that names them.
        field: &'static str,
        /// The employee's tag.
        tag: Tag,
    },
    /// The fact lies ahead of the server's clock.
    #[error("it is said to have happened at {occurred_at}, but the clock says {now}")]
    InFuture {
        /// When the caller says it happened.
        occurred_at: Timestamp,
        /// The server's clock.
        now: Timestamp,
    },
    /// A value is missing.
    #[error("{field} is missing")]
    Required {
        /// The field.
        field: &'static str,
    },
    /// A text is too long.
    #[error("{field} has {size_bytes} bytes, more than the {max_bytes} allowed")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its size.
        size_bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// A list is too long.
    #[error("{field} has {count} entries, more than the {max} allowed")]
    TooMany {
        /// The field.
        field: &'static str,
        /// Its length.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// A value is outside what is allowed.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it; never holds the value of personal data.
        reason: String,
    },
    /// The personal data that the command needs were erased.
    #[error("{field}: the personal data of {tag} were erased")]
    Erased {
        /// The field that names it.
        field: &'static str,
        /// Its tag.
        tag: Tag,
    },
}

impl Common {
    /// A value outside what is allowed.
    pub fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { field, reason: reason.into() }
    }
}

impl Refusal for Common {
    fn code(&self) -> RefusalCode {
        match self {
            Self::NotFound { .. } => RefusalCode::NotFound,
            Self::AlreadyExists { .. } => RefusalCode::AlreadyExists,
            Self::Closed { .. } | Self::Left { .. } => RefusalCode::InvalidState,
            Self::Erased { .. } => RefusalCode::SubjectErased,
            Self::InFuture { .. } => RefusalCode::InFuture,
            Self::Required { .. } => RefusalCode::Required,
            Self::TooLong { .. } | Self::TooMany { .. } | Self::Invalid { .. } => RefusalCode::InvalidValue,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound { field, .. }
            | Self::AlreadyExists { field, .. }
            | Self::Closed { field, .. }
            | Self::Left { field, .. }
            | Self::Required { field }
            | Self::TooLong { field, .. }
            | Self::TooMany { field, .. }
            | Self::Invalid { field, .. }
            | Self::Erased { field, .. } => Some(field),
            Self::InFuture { .. } => Some("occurredAt"),
        }
    }

    fn conflict(&self) -> Option<Conflict> {
        let (Self::AlreadyExists { position, event_type, .. } | Self::Closed { position, event_type, .. }) = self
        else {
            return None;
        };
        Some(Conflict { position: Some(*position), event_type: Some(*event_type), holder: None })
    }
}

/// The event that created an entity and when that happened, if the entity's id is taken.
#[derive(Clone, Debug)]
pub struct Existing<F>(Option<(Position, Timestamp, F)>);

impl<F> Default for Existing<F> {
    fn default() -> Self {
        Self(None)
    }
}

impl<F: Fact + PartialEq> Existing<F> {
    /// Keeps the event.
    pub fn found(&mut self, event: &Recorded, fact: &F) {
        self.0 = Some((event.position, event.occurred_at, fact.clone()));
    }

    /// The event, if the id is taken.
    pub fn fact(&self) -> Option<&F> {
        self.0.as_ref().map(|(_, _, fact)| fact)
    }

    /// The events that create the entity: this one, or none when it stands there already.
    ///
    /// # Errors
    /// When the id is taken by something else, or by the same at a time other than the caller says; `field` holds
    /// the id.
    pub fn create(&self, field: &'static str, fact: F, at: &Circumstances) -> Result<Vec<Event>, Common> {
        match &self.0 {
            None => Ok(vec![fact.into()]),
            Some((_, when, existing)) if *existing == fact && at.may_be(*when) => Ok(Vec::new()),
            Some((position, ..)) => Err(Common::AlreadyExists { field, position: *position, event_type: F::TYPE }),
        }
    }
}

/// Declares a command's `Rejection`: the shared rules and, one line each, its own.
///
/// ```text
/// rejection! {
///     /// It was never rejected.
///     NotRejected { status: Status } => InvalidState, "lead", "the lead is {status}, not rejected";
/// }
/// ```
macro_rules! rejection {
    ($(
        $(#[$doc:meta])*
        $name:ident $({ $($field:ident: $field_type:ty),* $(,)? })? => $code:ident, $at:literal, $message:literal;
    )+) => {
        /// Why the command is refused.
        #[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
        pub enum Rejection {
            /// A rule that many commands share.
            #[error(transparent)]
            Common(#[from] crate::common::Common),
            $(
                $(#[$doc])*
                #[error($message)]
                $name $({ $(#[doc = concat!("The ", stringify!($field), ".")] $field: $field_type),* })?,
            )+
        }

        impl crate::refusal::Refusal for Rejection {
            fn code(&self) -> crate::refusal::RefusalCode {
                match self {
                    Self::Common(common) => common.code(),
                    $(Self::$name { .. } => crate::refusal::RefusalCode::$code,)+
                }
            }

            fn field(&self) -> Option<&'static str> {
                match self {
                    Self::Common(common) => common.field(),
                    $(Self::$name { .. } => Some($at),)+
                }
            }

            fn conflict(&self) -> Option<crate::refusal::Conflict> {
                if let Self::Common(common) = self { common.conflict() } else { None }
            }
        }
    };
}

pub(crate) use rejection;
