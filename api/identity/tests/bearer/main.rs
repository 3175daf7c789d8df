//! Bearer tokens against an issuer on loopback.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod issuer;
mod signer;

mod fetching;
mod tokens;

use letopis_domain::ids::EmployeeId;
use letopis_domain::values::Timestamp;
use letopis_identity::{Oidc, OidcSettings};
use serde_json::{Value, json};

use crate::issuer::Issuer;

const EMPLOYEE: &str = "0190a0b0-0000-7000-8000-000000000001";
/// The clock of the tests, in seconds since 1970.
const NOW: i64 = 1_800_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn employee() -> EmployeeId {
    EMPLOYEE.parse().unwrap()
}

fn settings(issuer: &Issuer) -> OidcSettings {
    OidcSettings {
        roles_claim: Some("realm_access.roles".to_owned()),
        roles: [("crm-sales", "representative"), ("crm-lead", "team-lead")]
            .map(|(theirs, ours)| (theirs.to_owned(), ours.to_owned()))
            .into(),
        ..OidcSettings::new(&issuer.url, "letopis", "employee")
    }
}

fn oidc(issuer: &Issuer) -> Oidc {
    Oidc::new(settings(issuer)).unwrap()
}

/// Claims that are accepted at `NOW`.
fn claims(issuer: &Issuer) -> Value {
    json!({ "iss": issuer.url, "aud": "letopis", "iat": NOW - 10, "exp": NOW + 600, "employee": EMPLOYEE })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}
