//! Who calls (R64): API keys, and bearer tokens of an OpenID Connect issuer.
//!
//! `keys` has the API keys, which Letopis gives out and keeps as hashes in one file. `oidc` checks tokens that somebody
//! else signs. `Identity` takes the value of an `Authorization` header to whichever is meant and gives a `Principal`, or
//! a `Refusal` that tells the log what was wrong and the caller nothing. What a principal may do is decided elsewhere.
//! `docs/identity.md` is the reference for operators.

mod principal;
mod refusal;
mod scopes;

mod keys;
mod oidc;

mod identity;

pub use identity::Identity;
pub use keys::{ApiKey, KEY_PREFIX, KeyId, KeyStore, KeyStoreError, NewKey, Order, USES_WRITTEN_EVERY_MS};
pub use oidc::{Oidc, OidcSettings, ReadEmployee, SettingsError};
pub use principal::{Credential, Principal};
pub use refusal::Refusal;
pub use scopes::{Scope, Scopes};
