//! What `docs/identity.md` shows is true.

use letopis_identity::{KeyStore, OidcSettings, Order, Scope, Scopes};

const DOCUMENT: &str = include_str!("../../../docs/identity.md");

#[test]
fn the_settings_in_the_document_are_accepted_as_written() {
    let example = DOCUMENT.split("```toml").nth(1).unwrap().split("```").next().unwrap();
    let settings: OidcSettings = toml::from_str(example).unwrap();
    assert_eq!(settings.check(), Ok(()));
    assert_eq!(settings.roles.len(), 2);
}

#[test]
fn the_defaults_in_the_document_are_those_of_the_code() {
    let settings = OidcSettings::new("https://a.example", "letopis", "employee");
    let words: Vec<&str> = settings.scopes.iter().map(Scope::word).collect();
    for row in [
        format!("| `scopes` | what tokens may be used for, at most | `{words:?}` |"),
        format!("| any of {} | all of them |", settings.algorithms.join(", ")),
        format!("at most 600 | {} |", settings.leeway_seconds),
        format!("because of unknown keys | {} |", settings.refetch_seconds),
        format!("at most 60,000 | {} |", settings.timeout_ms),
    ] {
        assert!(DOCUMENT.contains(&row), "{row}");
    }
}

#[test]
fn scanners_find_keys_by_the_pattern_in_the_document() {
    let pattern = "letopis_[0-9a-hjkmnp-tv-z]{8}_[0-9A-Za-z]{49}";
    assert!(DOCUMENT.contains(&format!("`{pattern}`")));
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::open(&folder.path().join("api-keys.json")).unwrap();
    let order = Order {
        name: "phone system".to_owned(),
        employee: "0190a0b0-0000-7000-8000-000000000001".parse().unwrap(),
        scopes: Scopes::from_iter([Scope::Read]),
        expires_at: None,
    };
    let made = store.create(order, letopis_domain::values::Timestamp::from_micros(0)).unwrap();
    let rest = made.text().strip_prefix("letopis_").unwrap();
    let (id, secret) = rest.split_once('_').unwrap();
    let is_id = |letter: char| matches!(letter, '0'..='9' | 'a'..='h' | 'j' | 'k' | 'm' | 'n' | 'p'..='t' | 'v'..='z');
    assert!(id.len() == 8 && id.chars().all(is_id), "{id}");
    assert!(secret.len() == 49 && secret.chars().all(|letter| letter.is_ascii_alphanumeric()));
}
