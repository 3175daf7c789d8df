//! What can go wrong: with the mapping, with an input, with one row.

use std::fmt;

/// A mapping that cannot be used; nothing was imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct MappingError {
    /// Where in the mapping, in words.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

impl MappingError {
    /// An error at a place.
    pub fn at(place: impl fmt::Display, message: impl Into<String>) -> Self {
        Self { place: place.to_string(), message: message.into() }
    }

    /// Puts the enclosing place in front.
    #[must_use]
    pub fn within(mut self, outer: impl fmt::Display) -> Self {
        self.place = if self.place.is_empty() { outer.to_string() } else { format!("{outer}, {}", self.place) };
        self
    }
}

/// Why one row is rejected; the rest goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RowError {
    /// A code as in the answers of the API, or one of the codes below.
    pub code: &'static str,
    /// What a person reads.
    pub message: String,
}

impl RowError {
    /// The row is not what its header promises: quotes, number of fields.
    pub const MALFORMED: &'static str = "MALFORMED";
    /// The row has bytes that are not of the declared encoding.
    pub const ENCODING: &'static str = "ENCODING";
    /// A value does not fit.
    pub const INVALID_VALUE: &'static str = "INVALID_VALUE";
    /// A value is missing.
    pub const REQUIRED: &'static str = "REQUIRED";

    /// A value does not fit.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { code: Self::INVALID_VALUE, message: message.into() }
    }

    /// A value is missing.
    pub fn required(message: impl Into<String>) -> Self {
        Self { code: Self::REQUIRED, message: message.into() }
    }

    /// The row is not well-formed.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self { code: Self::MALFORMED, message: message.into() }
    }

    /// Puts the place in front of the message.
    #[must_use]
    pub fn within(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }
}
