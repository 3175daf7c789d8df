//! Why a credential is not accepted: told in full to the server's log, and in one sentence to whoever called.

/// Why nobody could be made out. Its text is for the log of the server, never for the caller.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no credential.
    #[error("there is no credential")]
    Missing,
    /// The header speaks of something else than a bearer.
    #[error("the authorization is of another scheme than Bearer")]
    OtherScheme,
    /// It is neither a key nor a token.
    #[error("the credential is malformed")]
    Malformed,
    /// It is longer than any key or token in use.
    #[error("the credential is too long")]
    TooLong,
    /// It has the form of a key, but its check characters say that it was mistyped or cut.
    #[error("the check characters of the API key are wrong")]
    WrongChecksum,
    /// No key of this text was given out here.
    #[error("the API key is unknown")]
    UnknownKey,
    /// The key was revoked.
    #[error("the API key is revoked")]
    Revoked,
    /// Key or token is no longer valid.
    #[error("the credential has expired")]
    Expired,
    /// It is a token, and no issuer is configured.
    #[error("tokens are not accepted: no issuer is configured")]
    TokensNotAccepted,
    /// The token's algorithm is not allowed.
    #[error("the algorithm of the token is not allowed")]
    WrongAlgorithm,
    /// The token is of another type than an access token, or has extensions that must be understood.
    #[error("the token is of another type, or demands an extension")]
    WrongType,
    /// The token names a key that the issuer does not publish, or one that does not fit its algorithm.
    #[error("the issuer publishes no such key for this algorithm")]
    UnknownSigningKey,
    /// The signature does not fit.
    #[error("the signature of the token does not fit")]
    BadSignature,
    /// A claim that must be there is not, or is not of its type.
    #[error("the token lacks '{0}', or it is malformed")]
    MissingClaim(&'static str),
    /// The token is from somebody else.
    #[error("the token is of another issuer")]
    WrongIssuer,
    /// The token is for somebody else.
    #[error("the token is for another audience")]
    WrongAudience,
    /// The token is valid only later.
    #[error("the token is not yet valid")]
    NotYetValid,
    /// The token lives longer than is allowed.
    #[error("the token lives longer than is allowed")]
    LivesTooLong,
    /// The claim of the employee is missing, or is not the id of one.
    #[error("the token names no employee")]
    NoEmployee,
    /// The issuer's keys cannot be had, so nothing can be said about the token.
    #[error("the keys of the issuer cannot be had")]
    Unavailable,
}

impl Refusal {
    /// A word for metrics: few, and none of them from the caller.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::OtherScheme => "other_scheme",
            Self::Malformed => "malformed",
            Self::TooLong => "too_long",
            Self::WrongChecksum => "wrong_checksum",
            Self::UnknownKey => "unknown_key",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::TokensNotAccepted => "tokens_not_accepted",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::WrongType => "wrong_type",
            Self::UnknownSigningKey => "unknown_signing_key",
            Self::BadSignature => "bad_signature",
            Self::MissingClaim(_) => "missing_claim",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::NotYetValid => "not_yet_valid",
            Self::LivesTooLong => "lives_too_long",
            Self::NoEmployee => "no_employee",
            Self::Unavailable => "unavailable",
        }
    }

    /// The status of the answer: 503 when it is not the caller's fault, else 401.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Unavailable => 503,
            _ => 401,
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750, section 3), where the answer has one. The same for every credential
    /// that is not accepted, so that nobody learns whether a key exists.
    #[must_use]
    pub const fn www_authenticate(self) -> Option<&'static str> {
        match self {
            Self::Unavailable => None,
            Self::Missing | Self::OtherScheme => Some("Bearer realm=\"letopis\""),
            _ => Some(
                "Bearer realm=\"letopis\", error=\"invalid_token\", \
                 error_description=\"The credential is not accepted.\"",
            ),
        }
    }

    /// What a person on the other side may read.
    #[must_use]
    pub const fn public_text(self) -> &'static str {
        match self {
            Self::Unavailable => "Credentials cannot be checked at the moment. Try again later.",
            Self::Missing | Self::OtherScheme => "A credential is needed: Authorization: Bearer <API key or token>.",
            _ => "The credential is not accepted.",
        }
    }
}
