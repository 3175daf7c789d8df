//! The one door: from the value of an `Authorization` header to whoever calls.

use letopis_domain::values::Timestamp;

use crate::keys::{KEY_PREFIX, KeyStore};
use crate::oidc::Oidc;
use crate::principal::{Credential, Principal};
use crate::refusal::Refusal;

/// Everything by which callers are made out.
pub struct Identity {
    keys: KeyStore,
    oidc: Option<Oidc>,
}

impl Identity {
    /// Keys are always accepted, tokens where an issuer is given.
    #[must_use]
    pub fn new(keys: KeyStore, oidc: Option<Oidc>) -> Self {
        Self { keys, oidc }
    }

    /// The API keys.
    #[must_use]
    pub fn keys(&self) -> &KeyStore {
        &self.keys
    }

    /// Who calls, by the value of an `Authorization` header: `Bearer` and a key or a token. An empty value stands for a
    /// request without the header. Must be called within a Tokio runtime where an issuer is given.
    ///
    /// # Errors
    /// When nobody can be made out; what the caller may be told is for [`Refusal`] to say.
    pub async fn authenticate(&self, authorization: &str, now: Timestamp) -> Result<Principal, Refusal> {
        let credential = credential_of(authorization)?;
        if credential.starts_with(KEY_PREFIX) {
            return self.keys.authenticate(credential, now);
        }
        let oidc = self.oidc.as_ref().ok_or(Refusal::TokensNotAccepted)?;
        oidc.authenticate(credential, now).await
    }

    /// Whether somebody who was made out earlier may stay, on a connection that lives long: the key is not revoked, key
    /// or token have not expired.
    #[must_use]
    pub fn still_valid(&self, principal: &Principal, now: Timestamp) -> bool {
        let is_in_time = principal.expires_at.is_none_or(|end| now < end);
        is_in_time
            && match &principal.credential {
                Credential::ApiKey(id) => self.keys.is_active(*id, now),
                Credential::Token { issuer } => self.oidc.as_ref().is_some_and(|oidc| oidc.issuer() == issuer),
            }
    }
}

fn credential_of(authorization: &str) -> Result<&str, Refusal> {
    let authorization = authorization.trim_matches([' ', '\t']);
    if authorization.is_empty() {
        return Err(Refusal::Missing);
    }
    let (scheme, credential) = authorization.split_once(' ').unwrap_or((authorization, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::OtherScheme);
    }
    let credential = credential.trim_start_matches(' ');
    if credential.is_empty() { Err(Refusal::Missing) } else { Ok(credential) }
}
