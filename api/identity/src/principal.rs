//! Who calls, as the rest of Letopis sees them: nothing here is secret, and nothing but the employee's id is personal.

use letopis_domain::ids::EmployeeId;
use letopis_domain::values::Timestamp;

use crate::keys::KeyId;
use crate::scopes::Scopes;

/// Whoever a credential stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Principal {
    /// The employee, or the machine that works as one; the actor of what is recorded.
    pub employee: EmployeeId,
    /// The roles that the token gives, sorted, each once; empty for API keys.
    pub roles: Vec<String>,
    /// What the credential may be used for, at most.
    pub scopes: Scopes,
    /// When the credential ends to be accepted; for a token that is its `exp` and the leeway. None = never.
    pub expires_at: Option<Timestamp>,
    /// What was shown.
    pub credential: Credential,
}

/// What was shown: enough to look it up, not enough to use it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Credential {
    /// An API key of Letopis.
    ApiKey(KeyId),
    /// A bearer token.
    Token {
        /// Who signed it.
        issuer: String,
    },
}
