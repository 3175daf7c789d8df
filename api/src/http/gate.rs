//! Who comes in: the one place where a request or a socket gets its viewer.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use letopis_domain::access::Role;
use letopis_domain::values::Timestamp;
use letopis_identity::{Identity, Principal, Refusal};
use letopis_projections::Viewer;

use crate::context::Admitted;

/// Who may come in.
#[derive(Clone)]
pub enum Gate {
    /// Whoever reaches the port, as whoever runs the server: for a demonstration on this machine.
    Open,
    /// Who proves who they are.
    Identified(Arc<Identity>),
}

/// Somebody who came in.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Whose eyes they have, and what they may at most.
    pub admitted: Admitted,
    /// How they proved it; none where nobody asked.
    principal: Option<Principal>,
}

impl Gate {
    /// Lets somebody in by the value of an `Authorization` header.
    ///
    /// # Errors
    /// Why not.
    pub async fn admit(&self, authorization: Option<&str>, now: Timestamp) -> Result<Guest, Refusal> {
        let Self::Identified(identity) = self else {
            return Ok(Guest { admitted: Admitted::system(), principal: None });
        };
        let principal = identity.authenticate(authorization.unwrap_or_default(), now).await?;
        let roles = principal.roles.iter().filter_map(|role| role.parse::<Role>().ok()).collect();
        let viewer = Viewer::Employee { employee: principal.employee, roles };
        let admitted = Admitted { viewer, scopes: principal.scopes, credential: Some(credential(&principal)) };
        Ok(Guest { admitted, principal: Some(principal) })
    }

    /// Whether somebody who came in may stay.
    pub fn still_admits(&self, guest: &Guest, now: Timestamp) -> bool {
        match (self, &guest.principal) {
            (Self::Identified(identity), Some(principal)) => identity.still_valid(principal, now),
            _ => true,
        }
    }
}

/// What the access log keeps of a credential.
fn credential(principal: &Principal) -> String {
    match &principal.credential {
        letopis_identity::Credential::ApiKey(id) => id.as_str().to_owned(),
        letopis_identity::Credential::Token { issuer } => issuer.clone(),
    }
}

/// Whether a request came to this server by a name of this machine. Without keys nothing else tells a page in a browser,
/// whose host name was made to lead here, from somebody on this machine.
fn is_to_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a request comes from a page of this very server, or from no page at all.
fn is_of_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    origin.as_ref().and_then(Uri::authority).map(Authority::as_str) == host && host.is_some()
}

/// Whether somebody else handed the request on: then this machine is not where it comes from.
fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| *name == header::FORWARDED || name.as_str().starts_with("x-forwarded-"))
}

impl Gate {
    /// Whether a request may come near at all, whoever sends it.
    pub fn is_near(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::Open => is_to_this_machine(headers) && is_of_same_origin(headers) && !is_forwarded(headers),
            Self::Identified(_) => true,
        }
    }
}

/// The value of the header `Authorization`; one that is not ASCII counts as malformed.
pub fn authorization(headers: &HeaderMap) -> Option<&str> {
    Some(headers.get(header::AUTHORIZATION)?.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(fields: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.insert(*name, value.parse().unwrap());
        }
        Gate::Open.is_near(&headers)
    }

    #[test]
    fn without_keys_only_this_machine_and_its_own_pages_come_near() {
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "127.0.0.1"] {
            assert!(is_near(&[("host", host)]), "{host}");
            assert!(is_near(&[("host", host), ("origin", &format!("http://{host}"))]), "{host}");
        }
        for host in ["example.com", "example.com:8080", "192.0.2.1:8080", "localhost.example.com", ""] {
            assert!(!is_near(&[("host", host)]), "{host}");
        }
        assert!(!is_near(&[("host", "localhost"), ("x-forwarded-for", "192.0.2.1")]));
        assert!(!is_near(&[]));
        for origin in ["http://example.com", "http://localhost:9090", "null", "http://localhost:8080.example.com"] {
            assert!(!is_near(&[("host", "localhost:8080"), ("origin", origin)]), "{origin}");
        }
    }
}
