//! API keys: making, using, revoking, and the file that keeps them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use letopis_domain::ids::EmployeeId;
use letopis_domain::values::Timestamp;
use letopis_identity::{Credential, KeyStore, KeyStoreError, NewKey, Order, Refusal, Scope};
use tempfile::TempDir;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn now() -> Timestamp {
    Timestamp::from_rfc3339("2026-03-01T09:30:40Z").unwrap()
}

fn employee() -> EmployeeId {
    "0190a0b0-0000-7000-8000-000000000001".parse().unwrap()
}

fn order(name: &str) -> Order {
    let scopes = [Scope::Read, Scope::Record].into_iter().collect();
    Order { name: name.to_owned(), employee: employee(), scopes, expires_at: None }
}

/// A folder with a file of keys, which may be opened again and again.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, ending: &str) -> PathBuf {
        self.folder.path().join(format!("api-keys.json{ending}"))
    }

    fn open(&self) -> Result<KeyStore, KeyStoreError> {
        KeyStore::open(&self.path(""))
    }

    fn with_a_key() -> (Self, NewKey) {
        let place = Self::new();
        let made = place.open().unwrap().create(order("phone system"), now()).unwrap();
        (place, made)
    }

    fn error(&self) -> String {
        self.open().map(|_| ()).unwrap_err().to_string()
    }
}

#[test]
fn a_key_stands_for_its_employee_after_a_restart_too() {
    let place = Place::new();
    let store = place.open().unwrap();
    assert!(store.is_empty());
    let made = store.create(Order { expires_at: Some(now().plus_ms(DAY_MS)), ..order("phone system") }, now()).unwrap();
    assert!(!store.is_empty());
    let before = store.authenticate(made.text(), now()).unwrap();
    assert_eq!(before.employee, employee());
    assert_eq!(before.scopes, order("").scopes);
    assert_eq!(before.expires_at, Some(now().plus_ms(DAY_MS)));
    assert_eq!(before.credential, Credential::ApiKey(made.key.id));
    assert!(before.roles.is_empty());
    drop(store);
    let store = place.open().unwrap();
    assert_eq!(store.list(), std::slice::from_ref(&made.key));
    assert_eq!(store.authenticate(made.text(), now()), Ok(before));
}

#[test]
fn the_text_of_a_key_is_nowhere_but_where_it_was_made() {
    let (place, made) = Place::with_a_key();
    let secret = &made.text()[17..];
    assert_eq!(secret.len(), 49);
    let kept = fs::read_to_string(place.path("")).unwrap();
    assert!(kept.contains(made.key.id.as_str()) && !kept.contains(secret));
    let shown = format!("{made:?}");
    assert!(shown.contains(made.key.id.as_str()) && !shown.contains(secret), "{shown}");
    let error = place.open().unwrap().revoke("00000000".parse().unwrap(), now()).unwrap_err();
    assert_eq!(error.to_string(), "there is no key 00000000");
}

#[test]
fn a_key_that_is_unknown_expired_or_revoked_is_refused() {
    let (place, expiring) = Place::with_a_key();
    let elsewhere = Place::with_a_key().1;
    let store = place.open().unwrap();
    let ends = Some(now().plus_ms(DAY_MS));
    let short = store.create(Order { expires_at: ends, ..order("short") }, now()).unwrap();
    assert_eq!(store.authenticate(elsewhere.text(), now()), Err(Refusal::UnknownKey));
    assert!(store.authenticate(short.text(), now().plus_ms(DAY_MS - 1)).is_ok());
    assert_eq!(store.authenticate(short.text(), now().plus_ms(DAY_MS)), Err(Refusal::Expired));
    let revoked = store.revoke(expiring.key.id, now()).unwrap();
    assert_eq!(revoked.revoked_at, Some(now()));
    assert_eq!(store.authenticate(expiring.text(), now()), Err(Refusal::Revoked));
    let again = store.revoke(expiring.key.id, now().plus_ms(DAY_MS)).unwrap();
    assert_eq!(again.revoked_at, Some(now()), "it stays revoked since when it was");
    drop(store);
    assert_eq!(place.open().unwrap().authenticate(expiring.text(), now()), Err(Refusal::Revoked));
}

#[test]
fn a_third_active_key_is_refused_and_the_two_are_named() {
    let place = Place::new();
    let store = place.open().unwrap();
    let ends = Some(now().plus_ms(DAY_MS));
    let first = store.create(order("phone system"), now()).unwrap().key.id;
    let second = store.create(Order { expires_at: ends, ..order("phone system") }, now().plus_ms(1)).unwrap().key.id;
    let refused = store.create(order("phone system"), now().plus_ms(2)).unwrap_err().to_string();
    assert!(refused.contains(first.as_str()) && refused.contains(second.as_str()), "{refused}");
    assert_eq!(store.list().len(), 2);

    store.create(order("another name"), now()).unwrap();
    let colleague = "0190a0b0-0000-7000-8000-000000000002".parse().unwrap();
    store.create(Order { employee: colleague, ..order("phone system") }, now()).unwrap();

    store.create(order("phone system"), now().plus_ms(DAY_MS)).expect("the second has expired by then");
    assert!(store.create(order("phone system"), now().plus_ms(DAY_MS)).is_err());
    store.revoke(first, now().plus_ms(DAY_MS)).unwrap();
    store.create(order("phone system"), now().plus_ms(DAY_MS)).expect("the first is revoked");
}

#[test]
fn an_order_that_makes_no_sense_is_refused() {
    let place = Place::new();
    let store = place.open().unwrap();
    for wrong in [
        order(""),
        order(" "),
        order("two\nlines"),
        order(&"x".repeat(101)),
        Order { scopes: std::iter::empty().collect(), ..order("none") },
        Order { expires_at: Some(now()), ..order("over") },
    ] {
        assert!(matches!(store.create(wrong.clone(), now()), Err(KeyStoreError::BadOrder(_))), "{wrong:?}");
    }
    assert!(store.is_empty() && !place.path("").exists());
    store.create(order(&"ж".repeat(100)), now()).unwrap();
}

#[test]
fn the_last_use_is_kept_to_the_minute_and_written_once_a_minute() {
    let (place, made) = Place::with_a_key();
    let store = place.open().unwrap();
    assert!(!store.flush_uses(now()).unwrap(), "nothing was used");
    store.authenticate(made.text(), now()).unwrap();
    let minute = Timestamp::from_rfc3339("2026-03-01T09:30:00Z").unwrap();
    assert_eq!(store.list()[0].last_used_at, Some(minute));
    assert!(store.flush_uses(now()).unwrap());
    assert!(!store.flush_uses(now().plus_ms(DAY_MS)).unwrap(), "nothing was used since");

    let later = now().plus_ms(30_000);
    store.authenticate(made.text(), later).unwrap();
    store.authenticate(made.text(), now()).unwrap();
    assert!(!store.flush_uses(later).unwrap(), "it was written half a minute ago");
    assert!(store.flush_uses(now().plus_ms(60_000)).unwrap());
    drop(store);
    let kept = place.open().unwrap().list()[0].last_used_at;
    assert_eq!(kept, Some(minute.plus_ms(60_000)), "the later of the two uses");
}

#[test]
fn a_refused_key_leaves_no_use() {
    let (place, made) = Place::with_a_key();
    let store = place.open().unwrap();
    store.revoke(made.key.id, now()).unwrap();
    assert!(store.authenticate(made.text(), now()).is_err());
    assert_eq!(store.list()[0].last_used_at, None);
    assert!(!store.flush_uses(now()).unwrap());
}

#[test]
fn a_file_that_others_may_read_or_write_is_refused() {
    let (place, _) = Place::with_a_key();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(place.path("")), 0o600);
    for open in [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o777] {
        fs::set_permissions(place.path(""), fs::Permissions::from_mode(open)).unwrap();
        let error = place.error();
        assert!(error.contains("chmod 600") && error.contains(&format!("{open:04o}")), "{error}");
    }
    fs::set_permissions(place.path(""), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(place.open().is_ok());
}

#[test]
fn a_damaged_file_is_never_taken_for_an_empty_one() {
    let (place, _) = Place::with_a_key();
    let whole = fs::read(place.path("")).unwrap();
    let end = whole.iter().rposition(|byte| *byte == b'}').unwrap();
    for length in 0..=end {
        fs::write(place.path(""), &whole[..length]).unwrap();
        let error = place.error();
        assert!(error.contains("is damaged"), "{length}: {error}");
    }
    let text = String::from_utf8(whole.clone()).unwrap();
    for (from, to) in [
        ("\"keys\"", "\"kees\""),
        ("\"version\": 1,", "\"version\": 1, \"more\": 2,"),
        ("\"name\"", "\"comment\": \"\", \"name\""),
        ("\"READ\"", "\"WRITE\""),
        ("\"sha256\": \"", "\"sha256\": \"00"),
    ] {
        assert!(text.contains(from), "{text}");
        fs::write(place.path(""), text.replace(from, to)).unwrap();
        assert!(place.error().contains("is damaged"), "{to}");
    }
    fs::write(place.path(""), text.replace("\"version\": 1", "\"version\": 2")).unwrap();
    assert!(place.error().contains("is of version 2"));

    let mut twice: serde_json::Value = serde_json::from_slice(&whole).unwrap();
    let copy = twice["keys"][0].clone();
    twice["keys"].as_array_mut().unwrap().push(copy);
    fs::write(place.path(""), twice.to_string()).unwrap();
    assert!(place.error().contains("is there twice"));
}

#[test]
fn something_else_than_a_file_is_refused() {
    let (place, _) = Place::with_a_key();
    fs::rename(place.path(""), place.path(".elsewhere")).unwrap();
    symlink(place.path(".elsewhere"), place.path("")).unwrap();
    assert!(place.error().contains("not a file of its own"));
    fs::remove_file(place.path("")).unwrap();
    fs::create_dir(place.path("")).unwrap();
    assert!(place.error().contains("not a file of its own"));
}

#[test]
fn a_crash_before_the_new_file_has_its_name_leaves_the_old_one() {
    let (place, made) = Place::with_a_key();
    let whole = fs::read(place.path("")).unwrap();
    for length in [0, 1, whole.len() / 2, whole.len()] {
        fs::write(place.path(".unfinished"), &whole[..length]).unwrap();
        let store = place.open().unwrap();
        assert!(!place.path(".unfinished").exists());
        assert!(store.authenticate(made.text(), now()).is_ok());
    }
    // The very first file did not get its name: there are no keys yet.
    let fresh = Place::new();
    fs::write(fresh.path(".unfinished"), &whole).unwrap();
    assert!(fresh.open().unwrap().is_empty());
}

#[test]
fn what_could_not_be_written_did_not_happen_except_that_a_revoked_key_stays_refused() {
    let (place, made) = Place::with_a_key();
    let store = place.open().unwrap();
    let kept = fs::read(place.path("")).unwrap();
    // A folder in the place of the new file: it can be neither removed as a file nor written.
    fs::create_dir(place.path(".unfinished")).unwrap();
    assert!(matches!(store.create(order("new"), now()), Err(KeyStoreError::Io { .. })));
    assert_eq!(store.list().len(), 1);
    store.authenticate(made.text(), now()).unwrap();
    assert!(store.flush_uses(now()).is_err());
    assert!(store.revoke(made.key.id, now()).is_err());
    assert_eq!(store.authenticate(made.text(), now()), Err(Refusal::Revoked));
    assert_eq!(fs::read(place.path("")).unwrap(), kept);

    fs::remove_dir(place.path(".unfinished")).unwrap();
    assert!(store.flush_uses(now()).unwrap(), "the use was not forgotten");
    store.revoke(made.key.id, now()).unwrap();
    drop(store);
    assert_eq!(place.open().unwrap().authenticate(made.text(), now()), Err(Refusal::Revoked));
}

#[test]
fn only_one_at_a_time_has_the_keys_open() {
    let (place, _) = Place::with_a_key();
    let store = place.open().unwrap();
    assert!(place.error().contains("in use by another process"));
    drop(store);
    assert!(place.open().is_ok());
}

#[test]
fn keys_are_made_and_used_by_many_threads_at_once() {
    let place = Place::new();
    let store = place.open().unwrap();
    let texts: Vec<String> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..4)
            .map(|maker| {
                let store = &store;
                scope.spawn(move || {
                    let make = |turn| {
                        let made = store.create(order(&format!("{maker}/{turn}")), now()).unwrap();
                        store.authenticate(made.text(), now()).unwrap();
                        store.flush_uses(now()).unwrap();
                        made.text().to_owned()
                    };
                    (0..4).map(make).collect::<Vec<_>>()
                })
            })
            .collect();
        makers.into_iter().flat_map(|maker| maker.join().unwrap()).collect()
    });
    drop(store);
    let store = place.open().unwrap();
    assert_eq!(store.list().len(), 16);
    assert!(texts.iter().all(|text| store.authenticate(text, now()).is_ok()));
}
