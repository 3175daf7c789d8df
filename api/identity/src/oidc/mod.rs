//! Bearer tokens of an OpenID Connect issuer. Letopis is a resource server only: it sends nobody to log in, and checks
//! what the issuer has signed.

mod bearer;
mod claims;
mod fetch;
mod key_set;
mod settings;
mod signing_keys;
mod token;

pub use bearer::{Oidc, ReadEmployee};
pub use settings::{OidcSettings, SettingsError};
