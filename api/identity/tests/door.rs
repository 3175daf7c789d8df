//! The `Authorization` header: what is accepted, and that callers learn nothing from a refusal.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use letopis_domain::ids::EmployeeId;
use letopis_domain::values::Timestamp;
use letopis_identity::{Identity, KeyStore, NewKey, Oidc, OidcSettings, Order, Principal, Refusal, Scope};
use proptest::prelude::*;
use tempfile::TempDir;

fn now() -> Timestamp {
    Timestamp::from_rfc3339("2026-03-01T09:30:40Z").unwrap()
}

struct Door {
    identity: Identity,
    runtime: tokio::runtime::Runtime,
    _folder: TempDir,
}

impl Door {
    fn new(oidc: Option<Oidc>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyStore::open(&folder.path().join("api-keys.json")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { identity: Identity::new(keys, oidc), runtime, _folder: folder }
    }

    /// A door where tokens are accepted too, of an issuer that is never up.
    fn with_an_issuer() -> Self {
        let settings = OidcSettings { timeout_ms: 1_000, ..OidcSettings::new("http://127.0.0.1:1", "letopis", "sub") };
        Self::new(Some(Oidc::new(settings).unwrap()))
    }

    fn key(&self, name: &str, expires_at: Option<Timestamp>) -> NewKey {
        let employee: EmployeeId = "0190a0b0-0000-7000-8000-000000000001".parse().unwrap();
        let scopes = [Scope::Read].into_iter().collect();
        self.identity.keys().create(Order { name: name.to_owned(), employee, scopes, expires_at }, now()).unwrap()
    }

    fn open(&self, authorization: &str, now: Timestamp) -> Result<Principal, Refusal> {
        self.runtime.block_on(self.identity.authenticate(authorization, now))
    }
}

#[test]
fn the_scheme_may_be_written_in_any_case() {
    let door = Door::new(None);
    let key = door.key("phone system", None);
    for header in ["Bearer {}", "bearer {}", "BEARER {}", "Bearer   {}", " Bearer {} "] {
        let header = header.replace("{}", key.text());
        assert!(door.open(&header, now()).is_ok());
    }
}

#[test]
fn a_header_without_a_bearer_is_told_what_is_needed() {
    let door = Door::new(None);
    for (header, expected) in [
        ("", Refusal::Missing),
        ("  ", Refusal::Missing),
        ("Bearer", Refusal::Missing),
        ("Bearer  ", Refusal::Missing),
        ("Basic YTpi", Refusal::OtherScheme),
        ("Bearerletopis_", Refusal::OtherScheme),
    ] {
        let refused = door.open(header, now()).unwrap_err();
        assert_eq!(refused, expected, "{header}");
        assert_eq!(refused.status(), 401);
        assert_eq!(refused.www_authenticate(), Some("Bearer realm=\"letopis\""));
    }
}

#[test]
fn nobody_learns_from_a_refusal_whether_a_key_exists() {
    let door = Door::new(None);
    let (revoked, expired) = (door.key("revoked", None), door.key("expired", Some(now().plus_ms(1))));
    door.identity.keys().revoke(revoked.key.id, now()).unwrap();
    let unknown = Door::new(None).key("elsewhere", None);
    let mistyped = format!("{}x", &unknown.text()[..65]);
    let mut refusals = Vec::new();
    for text in [revoked.text(), expired.text(), unknown.text(), &mistyped, "letopis_", "a.b.c", "x"] {
        refusals.push(door.open(&format!("Bearer {text}"), now().plus_ms(1)).unwrap_err());
    }
    assert_eq!(refusals[..3], [Refusal::Revoked, Refusal::Expired, Refusal::UnknownKey], "the log is told");
    for refusal in refusals {
        assert_eq!(refusal.status(), 401);
        assert_eq!(refusal.public_text(), "The credential is not accepted.");
        let expected = "Bearer realm=\"letopis\", error=\"invalid_token\", \
                        error_description=\"The credential is not accepted.\"";
        assert_eq!(refusal.www_authenticate(), Some(expected), "{refusal:?}");
    }
}

#[test]
fn an_issuer_that_is_away_is_not_the_fault_of_the_caller() {
    let door = Door::with_an_issuer();
    let token = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA";
    let refused = door.open(&format!("Bearer {token}"), now()).unwrap_err();
    assert_eq!((refused, refused.status(), refused.www_authenticate()), (Refusal::Unavailable, 503, None));
    let key = door.key("phone system", None);
    assert!(door.open(&format!("Bearer {}", key.text()), now()).is_ok(), "keys go on to work");
    let without = Door::new(None).open(&format!("Bearer {token}"), now());
    assert_eq!(without, Err(Refusal::TokensNotAccepted));
}

#[test]
fn a_long_connection_ends_with_its_credential() {
    let door = Door::with_an_issuer();
    let (lasting, short) = (door.key("lasting", None), door.key("short", Some(now().plus_ms(1_000))));
    let lasting_one = door.open(&format!("Bearer {}", lasting.text()), now()).unwrap();
    let short_one = door.open(&format!("Bearer {}", short.text()), now()).unwrap();
    assert!(door.identity.still_valid(&short_one, now().plus_ms(999)));
    assert!(!door.identity.still_valid(&short_one, now().plus_ms(1_000)));
    assert!(door.identity.still_valid(&lasting_one, now().plus_ms(1_000)));
    door.identity.keys().revoke(lasting.key.id, now()).unwrap();
    assert!(!door.identity.still_valid(&lasting_one, now()));

    let credential = |issuer: &str| letopis_identity::Credential::Token { issuer: issuer.to_owned() };
    let by_token = Principal { credential: credential("http://127.0.0.1:1"), ..short_one };
    assert!(door.identity.still_valid(&by_token, now().plus_ms(999)));
    assert!(!door.identity.still_valid(&by_token, now().plus_ms(1_000)));
    let of_another = Principal { credential: credential("https://other.example"), ..by_token };
    assert!(!door.identity.still_valid(&of_another, now()));
}

/// Texts that come close to being accepted, and others.
fn credentials() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "(?i)bearer +.*",
        "Bearer letopis_[0-9a-z]{8}_[0-9A-Za-z]{49}",
        "Bearer letopis_.{0,60}",
        "Bearer [A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}\\.[A-Za-z0-9_-]{0,40}",
    ]
}

#[test]
fn no_text_is_accepted_or_makes_it_panic() {
    let door = Door::with_an_issuer();
    door.key("phone system", None);
    proptest!(|(header in credentials())| {
        prop_assert!(door.open(&header, now()).is_err());
    });
}

#[test]
fn a_key_that_was_changed_in_any_way_is_not_accepted() {
    let door = Door::new(None);
    let key = door.key("phone system", None);
    let text: Vec<char> = key.text().chars().collect();
    proptest!(|(from in 0..=text.len(), taken in 0..4_usize, put in "[0-9A-Za-z_]{0,4}")| {
        let until = (from + taken).min(text.len());
        let changed: String = text[..from].iter().copied().chain(put.chars()).chain(text[until..].iter().copied()).collect();
        if changed != key.text() {
            let opened = door.open(&format!("Bearer {changed}"), now());
            prop_assert!(opened.is_err());
        }
    });
    assert!(door.open(&format!("Bearer {}", key.text()), now()).is_ok());
}

/// The key with other check characters: those that fit what is left of it.
fn checked_anew(changed: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let checked = &changed[..60];
    let mut rest = crc32fast::hash(checked.as_bytes()) as usize;
    let mut check: Vec<char> = Vec::new();
    for _ in 0..6 {
        check.insert(0, char::from(DIGITS[rest % 62]));
        rest /= 62;
    }
    checked.chars().chain(check).collect()
}

#[test]
fn a_guessed_secret_with_the_right_check_characters_is_unknown() {
    let door = Door::new(None);
    let (key, other) = (door.key("phone system", None), door.key("website", None));
    assert_eq!(checked_anew(key.text()), key.text());
    let swapped = format!("{}{}", &key.text()[..17], &other.text()[17..]);
    assert_eq!(door.open(&format!("Bearer {}", checked_anew(&swapped)), now()), Err(Refusal::UnknownKey));
    proptest!(|(place in 17..60_usize, letter in "[0-9A-Za-z]")| {
        let mut changed = key.text().to_owned();
        changed.replace_range(place..=place, &letter);
        if changed != key.text() {
            let opened = door.open(&format!("Bearer {}", checked_anew(&changed)), now());
            prop_assert_eq!(opened, Err(Refusal::UnknownKey));
        }
    });
}
