//! What an operator says about the issuer, and what is refused of it before anything is fetched.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};
use ureq::http::Uri;

use crate::scopes::{Scope, Scopes};

/// The algorithms that may be allowed: signatures with a private key. With a symmetric one, whoever can check a token
/// could make one, and `none` is no signature.
pub(super) const ASYMMETRIC: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

const LEEWAY_SECONDS_MAX: u32 = 600;
const TIMEOUT_MS_MAX: u32 = 60_000;

/// An issuer and how its tokens are read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// The issuer's URL, to the letter as in its tokens; https, or http on loopback.
    pub issuer: String,
    /// Tokens must be for one of these; at least one.
    pub audiences: Vec<String>,
    /// The claim with the id of the employee. Dots lead into nested claims unless a claim has the whole name.
    pub employee_claim: String,
    /// The claim with the roles, a text or a list of texts, named as the other; none = tokens give no roles.
    #[serde(default)]
    pub roles_claim: Option<String>,
    /// From what stands in that claim to a role of Letopis. What is not in it gives nothing.
    #[serde(default)]
    pub roles: BTreeMap<String, String>,
    /// What tokens may be used for, at most.
    #[serde(default = "default_scopes")]
    pub scopes: Scopes,
    /// The algorithms that are allowed; the default is all that can be.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<String>,
    /// By how much the clocks may differ; at most 600.
    #[serde(default = "default_leeway")]
    pub leeway_seconds: u32,
    /// Longest life of a token, from `iat`, or from its first use where it does not say; none = as long as it says.
    #[serde(default)]
    pub lifetime_seconds_max: Option<u32>,
    /// The keys are not asked for more often than this because of tokens that name unknown ones.
    #[serde(default = "default_refetch")]
    pub refetch_seconds: u32,
    /// How long one request to the issuer may take in all; at most 60,000.
    #[serde(default = "default_timeout")]
    pub timeout_ms: u32,
}

fn default_scopes() -> Scopes {
    [Scope::Read, Scope::Record].into_iter().collect()
}

fn default_algorithms() -> Vec<String> {
    ASYMMETRIC.iter().map(|(word, _)| (*word).to_owned()).collect()
}

const fn default_leeway() -> u32 {
    60
}

const fn default_refetch() -> u32 {
    60
}

const fn default_timeout() -> u32 {
    5_000
}

impl OidcSettings {
    /// Settings with the defaults: an issuer, one audience, and the claim of the employee.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, employee_claim: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audiences: vec![audience.into()],
            employee_claim: employee_claim.into(),
            roles_claim: None,
            roles: BTreeMap::new(),
            scopes: default_scopes(),
            algorithms: default_algorithms(),
            leeway_seconds: default_leeway(),
            lifetime_seconds_max: None,
            refetch_seconds: default_refetch(),
            timeout_ms: default_timeout(),
        }
    }

    /// The first thing that is wrong, without asking the issuer.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn check(&self) -> Result<(), SettingsError> {
        check_issuer(&self.issuer).map_err(|reason| SettingsError::Issuer { url: self.issuer.clone(), reason })?;
        self.allowed_algorithms()?;
        let wrong = if self.audiences.is_empty() || self.audiences.iter().any(String::is_empty) {
            "audiences must name at least one audience, and none of them may be empty"
        } else if self.employee_claim.is_empty() {
            "employee_claim must name a claim"
        } else if self.roles_claim.as_deref() == Some("") {
            "roles_claim must name a claim, or be left out"
        } else if self.roles_claim.is_none() != self.roles.is_empty() {
            "roles_claim and roles are given together or not at all"
        } else if self.scopes.is_empty() {
            "scopes must name at least one scope"
        } else if self.leeway_seconds > LEEWAY_SECONDS_MAX {
            "leeway_seconds is at most 600"
        } else if self.lifetime_seconds_max == Some(0) {
            "lifetime_seconds_max is at least 1"
        } else if self.refetch_seconds == 0 {
            "refetch_seconds is at least 1"
        } else if self.timeout_ms == 0 || self.timeout_ms > TIMEOUT_MS_MAX {
            "timeout_ms is 1 to 60000"
        } else {
            return Ok(());
        };
        Err(SettingsError::Value(wrong))
    }

    pub(super) fn allowed_algorithms(&self) -> Result<Vec<Algorithm>, SettingsError> {
        if self.algorithms.is_empty() {
            return Err(SettingsError::Value("algorithms must name at least one algorithm"));
        }
        let known = |word: &String| asymmetric(word).ok_or_else(|| SettingsError::Algorithm(word.clone()));
        self.algorithms.iter().map(known).collect()
    }
}

/// The asymmetric algorithm of that name.
pub(super) fn asymmetric(word: &str) -> Option<Algorithm> {
    ASYMMETRIC.iter().find(|(known, _)| *known == word).map(|(_, algorithm)| *algorithm)
}

/// Settings with which no token could be checked safely.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SettingsError {
    /// The issuer's URL cannot be used.
    #[error("issuer '{url}' {reason}")]
    Issuer {
        /// As given.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An algorithm that is unknown or symmetric.
    #[error(
        "algorithm '{0}' is not allowed; those that are: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA"
    )]
    Algorithm(String),
    /// Another value is wrong.
    #[error("{0}")]
    Value(&'static str),
    /// The system has no root certificates, so no https server could be trusted.
    #[error("no root certificates were found; SSL_CERT_FILE may name a file with them")]
    NoRootCertificates,
}

/// Says what is wrong with the URL of an issuer.
fn check_issuer(url: &str) -> Result<(), &'static str> {
    if url.contains(['?', '#']) { Err("has a query or a fragment") } else { check_url(url) }
}

/// Says what is wrong with the address of an issuer's keys. It may have a query, and lie on another host. For an issuer on
/// loopback there is no TLS at all.
pub(super) fn check_keys_address(issuer: &str, url: &str) -> Result<(), &'static str> {
    if is_https(issuer) == is_https(url) { check_url(url) } else { Err("has another scheme than the issuer") }
}

fn check_url(url: &str) -> Result<(), &'static str> {
    let Ok(uri) = url.parse::<Uri>() else { return Err("is not a URL") };
    let host = uri.host().unwrap_or_default();
    if host.is_empty() || uri.scheme().is_none() {
        return Err("is not a URL");
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("names a user");
    }
    match uri.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if is_loopback(host) => Ok(()),
        _ => Err("must begin with https:// (http:// only on loopback)"),
    }
}

pub(super) fn is_https(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some("https"))
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> OidcSettings {
        OidcSettings::new("https://login.example.com/realms/acme", "letopis", "employee")
    }

    #[test]
    fn only_https_is_trusted_except_on_loopback() {
        for good in [
            "https://a.example",
            "https://a.example:8443/x/",
            "http://127.0.0.1:80",
            "http://[::1]:9/",
            "http://localhost",
        ] {
            assert_eq!(check_issuer(good), Ok(()), "{good}");
        }
        for bad in [
            "http://a.example",
            "http://127.0.0.1.example",
            "http://localhost.example",
            "ftp://a.example",
            "a.example",
            "/x",
            "",
            "https://",
            "https://a.example/?x",
            "https://a.example/#x",
            "https://u@a.example/",
            "http://u@127.0.0.1/",
        ] {
            assert!(check_issuer(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_do_not_come_by_a_worse_way_than_the_issuer() {
        let check = |url| check_keys_address("https://a.example", url);
        assert_eq!(check("https://keys.example/v2?policy=x"), Ok(()));
        for bad in
            ["http://127.0.0.1/keys", "http://a.example/keys", "https://u@a.example/keys", "/keys", "file:///keys"]
        {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert_eq!(check_keys_address("http://127.0.0.1:1", "http://127.0.0.1:2/keys"), Ok(()));
        for bad in ["https://a.example/keys", "http://a.example/keys"] {
            assert!(check_keys_address("http://127.0.0.1:1", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_symmetric_algorithm_is_refused_at_the_start() {
        for word in ["HS256", "HS384", "HS512", "none", "None", "rs256", ""] {
            let wrong = OidcSettings { algorithms: vec!["RS256".to_owned(), word.to_owned()], ..settings() };
            assert_eq!(wrong.check(), Err(SettingsError::Algorithm(word.to_owned())));
        }
        assert!(OidcSettings { algorithms: Vec::new(), ..settings() }.check().is_err());
        assert_eq!(settings().check(), Ok(()));
    }

    #[test]
    fn settings_that_would_let_too_much_in_are_refused() {
        let wrong = [
            OidcSettings { audiences: Vec::new(), ..settings() },
            OidcSettings { audiences: vec![String::new()], ..settings() },
            OidcSettings { employee_claim: String::new(), ..settings() },
            OidcSettings { roles_claim: Some("roles".to_owned()), ..settings() },
            OidcSettings { roles: BTreeMap::from([("a".to_owned(), "b".to_owned())]), ..settings() },
            OidcSettings { scopes: Scopes::NONE, ..settings() },
            OidcSettings { leeway_seconds: 601, ..settings() },
            OidcSettings { lifetime_seconds_max: Some(0), ..settings() },
            OidcSettings { refetch_seconds: 0, ..settings() },
            OidcSettings { timeout_ms: 0, ..settings() },
        ];
        for settings in wrong {
            assert!(settings.check().is_err(), "{settings:?}");
        }
    }

    #[test]
    fn a_setting_that_nobody_knows_is_an_error() {
        let least = r#"{"issuer": "https://a.example", "audiences": ["l"], "employee_claim": "e"}"#;
        let read: OidcSettings = serde_json::from_str(least).unwrap();
        assert_eq!(read, OidcSettings::new("https://a.example", "l", "e"));
        assert!(serde_json::from_str::<OidcSettings>(&least.replace('}', r#", "audience": "x"}"#)).is_err());
    }
}
