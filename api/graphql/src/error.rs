//! Errors of the API: what a client reads at the top level of an answer.
//!
//! Refusals of commands are not here: they are payload data (`userErrors`). What is left is malformed input,
//! limits, and faults; a fault is logged once, at the edge, and shown without its inner words.

use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, Pos, ServerError};
use letopis_eventlog::error::{AppendError, ReadError, TransactError};

/// The kind of a top-level error, under `extensions.code`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    /// The text is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// A value is malformed.
    BadUserInput,
    /// Nobody proved who asks.
    Unauthenticated,
    /// Who asks may not.
    Forbidden,
    /// The request asks for more than one request may.
    LimitExceeded,
    /// The server cannot answer in time, or takes no writes.
    Unavailable,
    /// The server failed.
    Internal,
}

impl Code {
    /// The code as clients read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// The extensions that carry it.
    pub fn extensions(self) -> ErrorExtensionValues {
        let mut values = ErrorExtensionValues::default();
        values.set("code", self.as_str());
        values
    }
}

/// An error of the request as a whole: it has no path, and the answer has no data.
pub fn request_error(code: Code, message: impl Into<String>, at: Option<Pos>) -> ServerError {
    let mut error = ServerError::new(message, at);
    error.extensions = Some(code.extensions());
    error
}

/// Why a field could not be answered. It has no `Display` of its own, so that `?` keeps its code.
#[derive(Debug, Clone)]
pub enum FieldError {
    /// A value of the client is malformed.
    Input(String),
    /// The log or the views could not be read.
    Read(ReadError),
    /// A command failed for a reason that is not a rule.
    Transact(TransactError),
    /// Anything else that ought not to happen.
    Fault(String),
    /// The views did not reach the position in time.
    Unavailable(String),
    /// The viewer may not see it.
    Forbidden(String),
    /// The answer would be larger than one answer may be.
    TooMuch(String),
}

impl From<ReadError> for FieldError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<TransactError> for FieldError {
    fn from(error: TransactError) -> Self {
        Self::Transact(error)
    }
}

impl FieldError {
    /// The kind that the client sees.
    pub const fn code(&self) -> Code {
        match self {
            Self::Input(_) => Code::BadUserInput,
            Self::Forbidden(_) => Code::Forbidden,
            Self::TooMuch(_) | Self::Transact(TransactError::Append(AppendError::Malformed(_))) => Code::LimitExceeded,
            Self::Transact(TransactError::Append(AppendError::ReadOnly(_) | AppendError::Closed))
            | Self::Unavailable(_) => Code::Unavailable,
            Self::Read(_) | Self::Transact(_) | Self::Fault(_) => Code::Internal,
        }
    }
}

impl FieldError {
    /// What went wrong, in words.
    pub fn message(&self) -> String {
        match self {
            Self::Input(message)
            | Self::Fault(message)
            | Self::Unavailable(message)
            | Self::TooMuch(message)
            | Self::Forbidden(message) => message.clone(),
            Self::Read(error) => error.to_string(),
            Self::Transact(error) => error.to_string(),
        }
    }
}

impl From<FieldError> for async_graphql::Error {
    fn from(error: FieldError) -> Self {
        let code = error.code();
        Self { message: error.message(), source: Some(Arc::new(error)), extensions: Some(code.extensions()) }
    }
}

/// The answer of a field that may fail on its own without taking its parent along.
pub type FieldResult<T> = Result<T, async_graphql::Error>;

/// Hides the inner words of faults from the client, and logs them with the id that the client sees.
pub fn disclose(errors: &mut [ServerError], request: uuid::Uuid) {
    for error in errors {
        let Some(code) = code_of(error) else {
            if error.path.is_empty() {
                error.extensions.get_or_insert_default().set("code", Code::ValidationFailed.as_str());
            } else {
                error.extensions.get_or_insert_default().set("code", Code::BadUserInput.as_str());
            }
            continue;
        };
        if code == Code::Internal.as_str() {
            tracing::error!(%request, path = ?error.path, "failed to answer a field: {}", error.message);
            error.message = format!("the server failed to answer; its log says why under request {request}");
            error.extensions.get_or_insert_default().set("request", request.to_string());
        }
    }
}

fn code_of(error: &ServerError) -> Option<String> {
    match error.extensions.as_ref()?.get("code")? {
        async_graphql::Value::String(code) => Some(code.clone()),
        _ => None,
    }
}
