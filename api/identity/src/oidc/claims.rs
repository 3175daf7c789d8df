//! What a token claims, once its signature is known to be right: times, employee, roles.

use std::collections::{BTreeMap, BTreeSet};

use letopis_domain::values::Timestamp;
use serde_json::{Number, Value};

use crate::oidc::settings::OidcSettings;
use crate::oidc::token::Claims;
use crate::refusal::Refusal;

const SECOND_MICROS: i64 = 1_000_000;
const SECOND_MS: i64 = 1_000;

/// Until when the token is accepted, if it is accepted at this time.
pub(super) fn valid_until(claims: &Claims, settings: &OidcSettings, now: Timestamp) -> Result<Timestamp, Refusal> {
    let leeway_ms = i64::from(settings.leeway_seconds) * SECOND_MS;
    let ends = time(claims, "exp")?.ok_or(Refusal::MissingClaim("exp"))?;
    if let Some(begins) = time(claims, "nbf")?
        && now.plus_ms(leeway_ms) < begins
    {
        return Err(Refusal::NotYetValid);
    }
    let until = ends.plus_ms(leeway_ms);
    if until <= now {
        return Err(Refusal::Expired);
    }
    if let Some(longest) = settings.lifetime_seconds_max {
        // A token from the future does not get a longer life by it.
        let made = time(claims, "iat")?.map_or(now, |made| made.min(now));
        if made.plus_ms(i64::from(longest) * SECOND_MS) < ends {
            return Err(Refusal::LivesTooLong);
        }
    }
    Ok(until)
}

/// The roles of Letopis that the token gives, sorted, each once.
pub(super) fn roles(claims: &Claims, settings: &OidcSettings) -> Vec<String> {
    let values = match settings.roles_claim.as_deref().and_then(|name| claim(claims, name)) {
        Some(Value::String(value)) => vec![value.as_str()],
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    mapped(&values, &settings.roles)
}

fn mapped(values: &[&str], roles: &BTreeMap<String, String>) -> Vec<String> {
    let found: BTreeSet<&String> = values.iter().filter_map(|value| roles.get(*value)).collect();
    found.into_iter().cloned().collect()
}

/// The claim of that name; else, where the name has dots, the one that they lead to.
pub(super) fn claim<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (outer, inner) = name.split_once('.')?;
    claim(claims.get(outer)?.as_object()?, inner)
}

/// A time in seconds since 1970, whole or not.
fn time(claims: &Claims, name: &'static str) -> Result<Option<Timestamp>, Refusal> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(seconds)) => Ok(Some(timestamp(seconds))),
        Some(_) => Err(Refusal::MissingClaim(name)),
    }
}

/// Fractions are cut off; what is out of range is the end of the range.
fn timestamp(seconds: &Number) -> Timestamp {
    let whole = seconds.as_i64().unwrap_or_else(|| {
        #[expect(clippy::cast_possible_truncation, reason = "it saturates, which is what is wanted")]
        let whole = seconds.as_f64().unwrap_or(0.0) as i64;
        whole
    });
    Timestamp::from_micros(whole.saturating_mul(SECOND_MICROS))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Claims {
        let Value::Object(claims) = value else { panic!("claims are an object") };
        claims
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * SECOND_MICROS)
    }

    fn settings() -> OidcSettings {
        OidcSettings { leeway_seconds: 60, ..OidcSettings::new("https://a.example", "l", "e") }
    }

    #[test]
    fn a_token_is_accepted_from_nbf_to_exp_with_the_leeway_on_both_sides() {
        let token = claims(json!({ "nbf": 1_000, "exp": 2_000 }));
        let until = |now| valid_until(&token, &settings(), at(now));
        assert_eq!(until(939), Err(Refusal::NotYetValid));
        assert_eq!(until(940), Ok(at(2_060)));
        assert_eq!(until(2_059), Ok(at(2_060)));
        assert_eq!(until(2_060), Err(Refusal::Expired));
    }

    #[test]
    fn times_may_have_fractions_and_nothing_else() {
        assert_eq!(valid_until(&claims(json!({ "exp": 2_000.9 })), &settings(), at(0)), Ok(at(2_060)));
        assert_eq!(valid_until(&claims(json!({ "exp": 1e300 })), &settings(), at(0)), Ok(Timestamp::MAX));
        assert_eq!(valid_until(&claims(json!({ "exp": -5 })), &settings(), at(0)), Ok(at(55)));
        for wrong in [json!("2000"), json!(null), json!(true), json!([2_000])] {
            let refused = valid_until(&claims(json!({ "exp": wrong })), &settings(), at(0));
            assert_eq!(refused, Err(Refusal::MissingClaim("exp")));
        }
        let refused = valid_until(&claims(json!({ "exp": 2_000, "nbf": "soon" })), &settings(), at(0));
        assert_eq!(refused, Err(Refusal::MissingClaim("nbf")));
    }

    #[test]
    fn a_token_that_lives_too_long_is_refused_whatever_it_says_of_its_birth() {
        let settings = OidcSettings { lifetime_seconds_max: Some(600), ..settings() };
        let of = |token| valid_until(&claims(token), &settings, at(1_000));
        assert!(of(json!({ "iat": 900, "exp": 1_500 })).is_ok());
        assert_eq!(of(json!({ "iat": 899, "exp": 1_500 })), Err(Refusal::LivesTooLong));
        assert_eq!(of(json!({ "iat": 1_400, "exp": 1_601 })), Err(Refusal::LivesTooLong));
        assert!(of(json!({ "exp": 1_600 })).is_ok());
        assert_eq!(of(json!({ "exp": 1_601 })), Err(Refusal::LivesTooLong));
    }

    #[test]
    fn a_claim_is_found_by_its_whole_name_before_dots_lead_into_it() {
        let token =
            claims(json!({ "https://a.example/roles": 1, "realm_access": { "roles": 2 }, "a.b": 3, "a": { "b": 4 } }));
        assert_eq!(claim(&token, "https://a.example/roles"), Some(&json!(1)));
        assert_eq!(claim(&token, "realm_access.roles"), Some(&json!(2)));
        assert_eq!(claim(&token, "a.b"), Some(&json!(3)));
        assert_eq!(claim(&token, "realm_access.none"), None);
        assert_eq!(claim(&token, "none.roles"), None);
    }
}
