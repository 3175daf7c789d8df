//! What a restore asks for, and what it leaves: everyone who was erased stays erased, and no checkpoint is contradicted.

use std::num::NonZeroUsize;

use letopis_domain::event::{Event, EventType};
use letopis_domain::ids::SubjectId;
use letopis_domain::privacy::DataSubjects;
use tempfile::TempDir;

use super::*;
use crate::contract::{erased, received, subject};
use crate::keys::KeyError;
use crate::proof::{SIGNING_KEYS_FILE, SigningKeys, VERIFYING_KEYS_FILE};

const NAME: &str = "crm.example.com/log";

/// A company with everything in its place, each place in a folder of its own.
pub(super) struct Places {
    pub folder: TempDir,
}

impl Places {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn options(&self, keys: &str) -> Options {
        Options {
            generation_events: 50,
            keys: Some(self.at(keys)),
            master_key: Some(self.at("vault").with_extension("key")),
            ledger: Some(self.at("ledger")),
            ..Options::default()
        }
    }

    pub fn open(&self, data: &str, keys: &str) -> Arc<RocksLog> {
        RocksLog::open(&self.at(data), Arc::new(SystemEnvironment), &self.options(keys)).unwrap()
    }

    /// Brings the newest backup and set of keys back.
    fn restore(&self, contradict_as: Option<&str>) -> Result<Restored, BackupError> {
        let (backups, sets, data) = (self.at("backups"), self.at("sets"), self.at("restored"));
        let source = Source::Backup { folder: &backups, id: None };
        let options = &self.options("restored-keys");
        run(&Restore { source, data: &data, keys_from: Some(&sets), options, contradict_as })
    }

    pub fn restored(&self) -> Arc<RocksLog> {
        self.open("restored", "restored-keys")
    }
}

pub(super) fn receive(log: &RocksLog, people: std::ops::Range<u128>) {
    for number in people {
        append_request(log, request([received(number, number, &format!("+31 20 555 {number:04}"))])).unwrap();
    }
}

/// Five people of whom one is erased before a backup of log and keys, one after it, and one who came later and was
/// erased, too; then everything but backup, keys and ledger is lost.
pub(super) fn lost() -> Places {
    let places = Places::new();
    let log = places.open("data", "keys");
    receive(&log, 1..6);
    append_request(&*log, request([erased(&[1])])).unwrap();
    log.backup(&places.at("backups")).unwrap();
    log.copy_keys(&places.at("sets"), false).unwrap();
    append_request(&*log, request([erased(&[2])])).unwrap();
    receive(&log, 6..7);
    append_request(&*log, request([erased(&[6, 3])])).unwrap();
    drop(log);
    fs::remove_dir_all(places.at("data")).unwrap();
    fs::remove_dir_all(places.at("keys")).unwrap();
    places
}

fn is_erased(log: &RocksLog, position: u64) -> bool {
    log.get(Position(position)).unwrap().unwrap().event.is_erased()
}

pub(super) fn recorded_erasures(log: &RocksLog) -> Vec<Vec<SubjectId>> {
    let query = Query::default().or_types(&[EventType::PersonalDataErased]);
    let erased = |event: &Event| event.erases().map(DataSubjects::as_slice).unwrap().to_vec();
    log.read(&query, Range::ALL).unwrap().iter().map(|event| erased(&event.event)).collect()
}

#[test]
fn whoever_was_erased_after_the_backup_is_erased_again_and_the_log_says_so() {
    let places = lost();
    let restored = places.restore(None).unwrap();
    assert_eq!((restored.erasures, restored.applied, restored.is_renamed), (4, 3, false));
    let log = places.restored();
    assert_eq!(log.head(), restored.head);
    assert_eq!((1..=5).map(|position| is_erased(&log, position)).collect::<Vec<_>>(), [true, true, true, false, false]);
    let (one, two) = (vec![subject(1)], vec![subject(2)]);
    assert_eq!(recorded_erasures(&log), [one, two, vec![subject(3), subject(6)]]);
    let refused = append_request(&*log, request([received(9, 6, "+31 20 555 9999")])).unwrap_err();
    assert!(matches!(refused, crate::error::AppendError::Erased { .. }), "{refused}");
    assert_eq!(log.verify(&mut |_, _| {}).problem, None);
    receive(&log, 10..12);
    assert!(!places.at("restored").join("restore-unfinished").exists());
    assert!(!places.at("restored-keys").join("restore-unfinished").exists());
    assert!(!places.at("restored-keys").join("master.key").exists(), "the master key is no part of a set");
    // The line of an erasure is about the key, which is gone once and for ever: there is none twice.
    assert_eq!(fs::read_to_string(places.at("ledger")).unwrap().lines().count(), 4);
    assert_eq!(fs::read(places.at("ledger")).unwrap(), fs::read(places.at("restored-keys").join("erasures")).unwrap());
}

#[test]
fn no_wrapped_key_of_the_erased_is_left_in_what_was_restored() {
    let places = lost();
    let set = fs::read(places.at("sets").join("000001").join("subject-keys")).unwrap();
    let wrapped = |slot: usize| set[slot * 128 + 24..slot * 128 + 96].to_vec();
    places.restore(None).unwrap();
    drop(places.restored());
    let mut left = files(&places.at("restored"));
    left.extend(files(&places.at("restored-keys")));
    let holds = |key: &[u8]| left.iter().any(|file| fs::read(file).unwrap().windows(key.len()).any(|part| part == key));
    assert!(wrapped(1) == [0; 72], "this one was erased before the backup");
    assert!(!holds(&wrapped(2)) && !holds(&wrapped(3)));
    assert!(holds(&wrapped(4)) && holds(&wrapped(5)), "the search finds what is there");
}

#[test]
fn old_backups_and_old_keys_are_removed_and_the_rest_still_restores() {
    let places = Places::new();
    SigningKeys::generate(&places.at("keys"), NAME).unwrap();
    let log = places.open("data", "keys");
    for round in 0..4 {
        receive(&log, round * 3 + 1..round * 3 + 4);
        log.checkpoint().unwrap();
        log.backup(&places.at("backups")).unwrap();
        log.copy_keys(&places.at("sets"), false).unwrap();
    }
    let (backups, sets) = (places.at("backups"), places.at("sets"));
    let wrapped = fs::read(sets.join("000004").join("subject-keys")).unwrap()[128 + 24..128 + 96].to_vec();
    append_request(&*log, request([erased(&[1])])).unwrap();
    log.copy_keys(&sets, false).unwrap();
    let two = NonZeroUsize::new(2).unwrap();
    assert_eq!(log.prune_backups(&backups, two).unwrap(), [1, 2]);
    assert_eq!(list(&backups).unwrap().iter().map(|info| info.id).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(fs::read_dir(backups.join("checkpoints")).unwrap().count(), 2);
    assert!(log.prune_backups(&backups, two).unwrap().is_empty(), "there is nothing left to remove");
    let holds = |key: &[u8]| {
        let mut left = files(&sets).into_iter();
        left.any(|file| fs::read(file).unwrap().windows(key.len()).any(|part| part == key))
    };
    assert!(holds(&wrapped), "the key of the erased is in older sets");
    assert_eq!(log.prune_keys(&sets, NonZeroUsize::MIN).unwrap(), [1, 2, 3, 4]);
    assert!(!holds(&wrapped));
    drop(log);
    // The newest set is good for the older of the backups that are left.
    let (source, data) = (Source::Backup { folder: &backups, id: Some(3) }, places.at("restored"));
    let options = &places.options("restored-keys");
    let name = Some("crm.example.com/log-after-the-fire");
    run(&Restore { source, data: &data, keys_from: Some(&sets), options, contradict_as: name }).unwrap();
    let log = places.restored();
    assert_eq!((1..=9).filter(|position| is_erased(&log, *position)).collect::<Vec<_>>(), [1]);
    assert_eq!(log.verify(&mut |_, _| {}).problem, None);
}

#[test]
fn nothing_is_removed_where_no_backup_is_or_the_newest_keys_are_damaged() {
    let places = lost();
    places.restore(None).unwrap();
    let log = places.restored();
    assert!(matches!(log.prune_backups(&places.at("sets"), NonZeroUsize::MIN), Err(BackupError::Missing { .. })));
    let sets = places.at("sets");
    fs::create_dir(sets.join("000002")).unwrap();
    fs::copy(sets.join("000001").join("set.json"), sets.join("000002").join("set.json")).unwrap();
    assert!(matches!(log.prune_keys(&sets, NonZeroUsize::MIN), Err(KeyError::Io { .. })));
    assert!(sets.join("000001").join("subject-keys").is_file());
}

#[test]
fn copies_of_another_log_are_neither_removed_nor_added_to() {
    let (places, other) = (lost(), Places::new());
    let log = other.open("data", "keys");
    let (backups, sets, one) = (places.at("backups"), places.at("sets"), NonZeroUsize::MIN);
    let before = [files(&backups), files(&sets)];
    assert!(matches!(log.backup(&backups), Err(BackupError::OtherLog { .. })));
    assert!(matches!(log.prune_backups(&backups, one), Err(BackupError::OtherLog { .. })));
    assert!(matches!(log.copy_keys(&sets, true), Err(KeyError::OtherSets { .. })));
    assert!(matches!(log.prune_keys(&sets, one), Err(KeyError::OtherSets { .. })));
    assert_eq!([files(&backups), files(&sets)], before);
    // Also where only an older one is of another.
    let mixed = other.at("sets");
    log.copy_keys(&mixed, true).unwrap();
    fs::rename(mixed.join("000001"), mixed.join("000002")).unwrap();
    fs::rename(sets.join("000001"), mixed.join("000001")).unwrap();
    let refused = log.prune_keys(&mixed, one).unwrap_err();
    assert!(matches!(refused, KeyError::OtherSets { .. }), "{refused}");
    assert!(mixed.join("000001").join("subject-keys").is_file());
}

#[test]
fn the_last_set_with_the_master_key_is_not_removed() {
    let places = Places::new();
    let log = places.open("data", "keys");
    let sets = places.at("sets");
    for with_secrets in [true, false] {
        log.copy_keys(&sets, with_secrets).unwrap();
    }
    let refused = log.prune_keys(&sets, NonZeroUsize::MIN).unwrap_err();
    assert!(matches!(refused, KeyError::LastMasterKey(_)), "{refused}");
    assert!(sets.join("000001").join("master.key").is_file());
    log.copy_keys(&sets, true).unwrap();
    assert_eq!(log.prune_keys(&sets, NonZeroUsize::MIN).unwrap(), [1, 2]);
}

#[test]
fn erasures_at_one_position_of_two_histories_are_recorded_apart() {
    let places = lost();
    places.restore(None).unwrap();
    let log = places.restored();
    append_request(&*log, request([erased(&[4])])).unwrap();
    let positions = log.erasures().iter().map(|erased| erased.position.0).collect::<Vec<_>>();
    assert_eq!(positions, [6, 7, 9, 9, 9], "the log that was lost had another erasure there");
    drop(log);
    for part in ["restored", "restored-keys"] {
        fs::remove_dir_all(places.at(part)).unwrap();
    }
    places.restore(None).unwrap();
    let [one, two, four] = [1, 2, 4].map(|number| vec![subject(number)]);
    assert_eq!(recorded_erasures(&places.restored()), [one, two, vec![subject(3), subject(6)], four]);
}

#[test]
fn a_restore_without_the_newest_ledger_is_refused_and_can_be_tried_again() {
    let places = lost();
    let (ledger, good) = (places.at("ledger"), fs::read_to_string(places.at("ledger")).unwrap());
    let lines: Vec<&str> = good.lines().collect();
    let without = Options { ledger: None, ..places.options("restored-keys") };
    let backups = places.at("backups");
    let source = Source::Backup { folder: &backups, id: None };
    let data = places.at("restored");
    let refused = run(&Restore { source, data: &data, keys_from: None, options: &without, contradict_as: None });
    assert!(matches!(refused, Err(BackupError::WithoutLedger)), "{refused:?}");
    let changed = good.replacen("\"position\":6", "\"position\":5", 1);
    let cases = [
        (None, "there is no ledger of erasures"),
        (Some(String::new()), "is too old"),
        (Some(good[..good.len() - 9].to_owned()), "line 4 of the ledger of erasures"),
        (Some(good.trim_end().to_owned()), "copy the ledger again"),
        (Some(format!("{}\n{}\n", lines[0], lines[2])), "line 2 of the ledger"),
        (Some(changed), "damaged"),
    ];
    for (text, expected) in cases {
        match &text {
            None => fs::remove_file(&ledger).unwrap(),
            Some(text) => fs::write(&ledger, text).unwrap(),
        }
        let refused = places.restore(None).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}, not {expected}");
        assert!(!places.at("restored").join("log").exists(), "{expected}");
        assert_eq!(fs::read_to_string(&ledger).ok(), text, "the ledger is only read until all fits");
    }
    fs::write(&ledger, good).unwrap();
    assert_eq!(places.restore(None).unwrap().applied, 3);
}

#[test]
fn a_ledger_older_than_the_keys_or_the_log_is_refused() {
    let places = lost();
    let good = fs::read_to_string(places.at("ledger")).unwrap();
    places.restore(None).unwrap();
    let log = places.restored();
    // The keys and the log know of one more than a ledger that was copied before.
    append_request(&*log, request([erased(&[4])])).unwrap();
    log.copy_keys(&places.at("sets"), false).unwrap();
    drop(log);
    for part in ["restored", "restored-keys"] {
        fs::remove_dir_all(places.at(part)).unwrap();
    }
    fs::write(places.at("ledger"), good).unwrap();
    let refused = places.restore(None).unwrap_err().to_string();
    assert!(refused.contains("it has 4 lines") && refused.contains("knows of 5"), "{refused}");
}

#[test]
fn a_set_of_keys_is_refused_when_it_is_damaged_older_or_of_another_log() {
    let places = lost();
    let slots = places.at("sets").join("000001").join("subject-keys");
    let good = fs::read(&slots).unwrap();
    let mut bad = good.clone();
    bad[300] ^= 1;
    fs::write(&slots, bad).unwrap();
    let refused = places.restore(None).unwrap_err().to_string();
    assert!(refused.contains("subject-keys: it is not what was copied"), "{refused}");
    fs::write(&slots, &good[..good.len() - 128]).unwrap();
    assert!(places.restore(None).is_err());
    fs::write(&slots, good).unwrap();
    let other = lost();
    fs::rename(places.at("sets"), places.at("own-sets")).unwrap();
    fs::rename(other.at("sets"), places.at("sets")).unwrap();
    let refused = places.restore(None).unwrap_err();
    assert!(matches!(refused, BackupError::OtherKeys { .. }), "{refused}");
    fs::remove_dir_all(places.at("sets")).unwrap();
    fs::create_dir(places.at("sets")).unwrap();
    let refused = places.restore(None).unwrap_err().to_string();
    assert!(refused.ends_with("holds no set of keys"), "{refused}");

    let older = Places::new();
    let log = older.open("data", "keys");
    receive(&log, 1..3);
    log.copy_keys(&older.at("sets"), false).unwrap();
    receive(&log, 3..4);
    log.backup(&older.at("backups")).unwrap();
    let refused = older.restore(None).unwrap_err();
    assert!(matches!(refused, BackupError::OlderKeys { .. }), "{refused}");
}

#[test]
fn keys_that_are_there_are_not_overwritten() {
    let places = lost();
    let there = places.at("restored-keys").join("subject-keys");
    fs::create_dir_all(there.parent().unwrap()).unwrap();
    fs::write(&there, "precious").unwrap();
    let refused = places.restore(None).unwrap_err();
    assert!(matches!(refused, BackupError::KeysThere(_)), "{refused}");
    assert_eq!(fs::read_to_string(there).unwrap(), "precious");
}

#[test]
fn a_restore_that_was_killed_at_any_move_is_done_again() {
    let places = lost();
    places.restore(None).unwrap();
    let (data, keys) = (places.at("restored"), places.at("restored-keys"));
    // As if it had died before the log had its name: some keys are in their place, others are not.
    fs::create_dir_all(data.join("restore-unfinished")).unwrap();
    fs::rename(data.join("log"), data.join("restore-unfinished").join("log")).unwrap();
    fs::create_dir_all(keys.join("restore-unfinished")).unwrap();
    fs::rename(keys.join("erasures"), keys.join("restore-unfinished").join("erasures")).unwrap();
    let moved = blake3::hash(&fs::read(keys.join("subject-keys")).unwrap());
    fs::write(keys.join("restore-unfinished").join("moving"), format!("{}\n", moved.to_hex())).unwrap();
    let restored = places.restore(None).unwrap();
    assert_eq!((restored.erasures, restored.applied), (4, 3));
    assert_eq!(places.restored().verify(&mut |_, _| {}).problem, None);
}

/// A log with a signing key whose backup ends before its last checkpoint.
fn signed() -> Places {
    let places = Places::new();
    SigningKeys::generate(&places.at("keys"), NAME).unwrap();
    let log = places.open("data", "keys");
    receive(&log, 1..4);
    log.checkpoint().unwrap();
    log.backup(&places.at("backups")).unwrap();
    log.copy_keys(&places.at("sets"), true).unwrap();
    receive(&log, 4..6);
    log.checkpoint().unwrap();
    drop(log);
    places
}

#[test]
fn a_log_that_would_contradict_a_checkpoint_is_refused_or_signs_under_another_name() {
    let places = signed();
    for _ in 0..2 {
        let refused = places.restore(None).unwrap_err();
        assert!(matches!(refused, BackupError::Contradicted { .. }), "{refused}");
        assert!(refused.to_string().contains("covers 5 records"), "{refused}");
        assert!(!places.at("restored").join("log").exists());
    }
    let refused = places.restore(Some(NAME)).unwrap_err();
    assert!(matches!(refused, BackupError::SameName(_)), "{refused}");
    let restored = places.restore(Some("crm.example.com/log-2")).unwrap();
    assert!(restored.is_renamed);
    let log = places.restored();
    receive(&log, 20..30);
    let checkpoint = log.checkpoint().unwrap();
    assert_eq!((checkpoint.origin(), checkpoint.size()), ("crm.example.com/log-2", 13));
    assert_eq!(log.verify(&mut |_, _| {}).problem, None);
    let aside = fs::read_to_string(places.at("ledger.checkpoints.contradicted-1")).unwrap();
    assert_eq!(aside.lines().count(), 2, "what was signed before is kept as evidence");
    let mode = |file: &str| {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(places.at("restored-keys").join(file)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode(SIGNING_KEYS_FILE), mode(VERIFYING_KEYS_FILE)), (0o600, 0o644));
}

#[test]
fn a_log_whose_backup_covers_every_checkpoint_keeps_its_name_and_its_checkpoints() {
    let places = signed();
    let log = places.open("data", "keys");
    log.backup(&places.at("backups")).unwrap();
    log.copy_keys(&places.at("sets"), true).unwrap();
    let kept = log.checkpoints().unwrap();
    drop(log);
    let refused = places.restore(Some("crm.example.com/log-2")).unwrap_err();
    assert!(matches!(refused, BackupError::NothingContradicted), "{refused}");
    // Also when the copy beside the ledger is lost.
    fs::remove_file(places.at("ledger.checkpoints")).unwrap();
    assert!(!places.restore(None).unwrap().is_renamed);
    let log = places.restored();
    assert_eq!(log.checkpoints().unwrap(), kept);
    assert_eq!(log.checkpoint().unwrap().origin(), NAME);
}

#[test]
fn checkpoints_that_nobody_can_check_are_not_restored_unless_the_log_gets_another_name() {
    let places = Places::new();
    SigningKeys::generate(&places.at("keys"), NAME).unwrap();
    let log = places.open("data", "keys");
    receive(&log, 1..4);
    fs::remove_file(places.at("keys").join(VERIFYING_KEYS_FILE)).unwrap();
    log.copy_keys(&places.at("sets"), false).unwrap();
    log.checkpoint().unwrap();
    log.backup(&places.at("backups")).unwrap();
    let refused = log.copy_keys(&places.at("sets"), false).unwrap_err();
    assert!(matches!(refused, KeyError::UncheckedCheckpoints(_)), "{refused}");
    assert!(!places.at("sets").join("000002").exists());
    drop(log);
    let refused = places.restore(None).unwrap_err().to_string();
    assert!(refused.contains("checkpoint.pub: put the file there"), "{refused}");
    assert!(refused.contains(NAME) && !places.at("restored").join("log").exists(), "{refused}");
    let refused = places.restore(Some(NAME)).unwrap_err();
    assert!(matches!(refused, BackupError::SameName(_)), "{refused}");
    assert!(places.restore(Some("crm.example.com/log-2")).unwrap().is_renamed);
    let log = places.restored();
    receive(&log, 4..5);
    assert_eq!(log.checkpoint().unwrap().origin(), "crm.example.com/log-2");
    assert_eq!(log.verify(&mut |_, _| {}).problem, None);
}

#[test]
fn a_folder_that_was_brought_back_by_hand_is_noticed_by_what_is_kept_apart() {
    let places = signed();
    let log = places.open("data", "keys");
    drop(log);
    let copied = places.at("copied");
    let copy = |from: &Path, to: &Path| {
        for file in files(from) {
            let to = to.join(file.strip_prefix(from).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(file, to).unwrap();
        }
    };
    copy(&places.at("data"), &copied);
    let log = places.open("data", "keys");
    receive(&log, 6..7);
    append_request(&*log, request([erased(&[2])])).unwrap();
    log.checkpoint().unwrap();
    drop(log);
    let again = |data: &str| RocksLog::open(&places.at(data), Arc::new(SystemEnvironment), &places.options("keys"));
    let refused = again("copied").err().unwrap().to_string();
    assert!(refused.contains("checkpoint over 7 records"), "{refused}");
    again("data").unwrap();
}
