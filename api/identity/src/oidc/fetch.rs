//! Asking the issuer for its keys: two small documents, within limits of time and size.
//!
//! The client is `ureq`, because it is what the workspace has: it blocks, which two requests an hour may do on a thread
//! for blocking work, and it brings no second HTTP stack. It trusts the roots of the system, since issuers within a
//! company often have certificates of their own.

use std::time::Duration;

use rustls::crypto::ring;
use serde::Deserialize;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::oidc::key_set::KeySet;
use crate::oidc::settings::{OidcSettings, SettingsError, check_keys_address, is_https};

/// Largest document that is taken from the issuer.
const DOCUMENT_SIZE_BYTES_MAX: u64 = 1024 * 1024;

/// Where the keys come from.
pub(super) struct Source {
    agent: Agent,
    issuer: String,
}

/// Why there are no keys; for the log of the server.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("failed to get {url}")]
    Http { url: String, source: Box<ureq::Error> },
    #[error("{url} answers with status {status}")]
    Status { url: String, status: u16 },
    #[error("{url} is not the document that it should be")]
    Form { url: String, source: serde_json::Error },
    #[error("the issuer calls itself '{found}'")]
    OtherIssuer { found: String },
    #[error("the address of the keys, '{url}', {reason}")]
    KeysAddress { url: String, reason: &'static str },
    #[error("{url} has no key that could be used")]
    NoKeys { url: String },
}

/// What is read of the issuer's description.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Source {
    pub(super) fn new(settings: &OidcSettings) -> Result<Self, SettingsError> {
        let timeout = Duration::from_millis(settings.timeout_ms.into());
        // Where the address is checked, what it leads on to is not: redirects are not followed at all.
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false);
        let config =
            if is_https(&settings.issuer) { config.https_only(true).tls_config(tls()?) } else { config.proxy(None) };
        Ok(Self { agent: config.build().into(), issuer: settings.issuer.clone() })
    }

    /// Asks the issuer. Blocks.
    pub(super) fn fetch(&self) -> Result<KeySet, FetchError> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let found: Discovery = parse(&url, &self.get(&url)?)?;
        if found.issuer != self.issuer {
            return Err(FetchError::OtherIssuer { found: found.issuer });
        }
        let url = found.jwks_uri;
        if let Err(reason) = check_keys_address(&self.issuer, &url) {
            return Err(FetchError::KeysAddress { url, reason });
        }
        let keys = KeySet::from_jwks(&parse(&url, &self.get(&url)?)?);
        if keys.is_empty() { Err(FetchError::NoKeys { url }) } else { Ok(keys) }
    }

    fn get(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let failed = |source| FetchError::Http { url: url.to_owned(), source: Box::new(source) };
        let mut answer = self.agent.get(url).header("accept", "application/json").call().map_err(failed)?;
        if answer.status() != 200 {
            return Err(FetchError::Status { url: url.to_owned(), status: answer.status().as_u16() });
        }
        answer.body_mut().with_config().limit(DOCUMENT_SIZE_BYTES_MAX).read_to_vec().map_err(failed)
    }
}

fn parse<'a, T: Deserialize<'a>>(url: &str, bytes: &'a [u8]) -> Result<T, FetchError> {
    serde_json::from_slice(bytes).map_err(|source| FetchError::Form { url: url.to_owned(), source })
}

fn tls() -> Result<TlsConfig, SettingsError> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        return Err(SettingsError::NoRootCertificates);
    }
    let roots: Vec<Certificate<'static>> =
        found.certs.iter().map(|each| Certificate::from_der(each.as_ref()).to_owned()).collect();
    let provider = std::sync::Arc::new(ring::default_provider());
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(provider)
        .build())
}
