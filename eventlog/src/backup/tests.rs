//! Backups under load, older ones, damaged ones, and what a restore asks for.

mod killed_restore;
mod portable;
mod restore;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use letopis_domain::ids::Position;
use letopis_domain::query::Query;

use super::{BackupError, Restore, Restored, Source, list};
use crate::contract::{append as append_request, qualified, request};
use crate::environment::{Environment, SystemEnvironment};
use crate::log::{Log, Range};
use crate::rocks::{Options, RocksLog};

fn open(folder: &Path) -> Arc<RocksLog> {
    RocksLog::open(folder, Arc::new(SystemEnvironment), &Options { generation_events: 50, ..Options::default() })
        .unwrap()
}

/// The keys are a set of their own, which goes its own way.
fn carry_keys(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("keys")).unwrap();
    for file in files(&from.join("keys")) {
        fs::copy(&file, to.join("keys").join(file.file_name().unwrap())).unwrap();
    }
}

/// Brings a backup back with the keys of the log as they are.
fn bring_back(backups: &Path, id: Option<u32>, keys_of: &Path, data: &Path) -> Result<Restored, BackupError> {
    carry_keys(keys_of, data);
    let ledger = data.join("ledger");
    fs::copy(keys_of.join("keys").join("erasures"), &ledger).unwrap();
    let options = Options { generation_events: 50, ledger: Some(ledger), ..Options::default() };
    let source = Source::Backup { folder: backups, id };
    run(&Restore { source, data, keys_from: None, options: &options, contradict_as: None })
}

fn run(restore: &Restore<'_>) -> Result<Restored, BackupError> {
    let env: Arc<dyn Environment> = Arc::new(SystemEnvironment);
    restore.run(&env, &mut |_, _| {})
}

fn append(log: &RocksLog, count: u128) {
    for number in 0..count {
        append_request(log, request([qualified(number % 7, 1)])).unwrap();
    }
}

fn all(log: &RocksLog, upto: Position) -> Vec<String> {
    log.read(&Query::all(), Range::upto(upto)).unwrap().iter().map(|event| format!("{event:?}")).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

#[test]
fn a_backup_taken_under_load_comes_back_whole() {
    let (data, backups, restored) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open(data.path());
    append(&log, 300);
    let is_done = AtomicBool::new(false);
    let taken = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                append(&log, 10);
            }
        });
        let taken = (0..3).map(|_| log.backup(backups.path()).unwrap()).collect::<Vec<_>>();
        is_done.store(true, Ordering::Relaxed);
        taken
    });
    assert!(taken.is_sorted_by_key(|backup| (backup.id, backup.head)));
    assert_eq!(list(backups.path()).unwrap(), taken);
    let newest = taken[2];
    let brought = bring_back(backups.path(), None, data.path(), restored.path()).unwrap();
    assert_eq!((brought.backup, brought.erasures, brought.applied), (Some(newest), 0, 0));
    let again = open(restored.path());
    assert!(again.head() >= newest.head, "what was durable before it began is in it");
    let verified = again.verify(&mut |_, _| {});
    assert_eq!(verified.problem, None);
    assert_eq!(all(&again, again.head()), all(&log, again.head()));
    // It goes on where the backup ends.
    append(&again, 5);
    assert_eq!(again.verify(&mut |_, _| {}).problem, None);
}

#[test]
fn an_older_backup_can_be_asked_for_and_files_are_shared() {
    let (data, backups) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open(data.path());
    append(&log, 100);
    let first = log.backup(backups.path()).unwrap();
    let shared = |folder: &Path| files(&folder.join("shared_checksum"));
    let files_of_first = shared(backups.path());
    append(&log, 1);
    let second = log.backup(backups.path()).unwrap();
    assert!(files_of_first.iter().all(|file| shared(backups.path()).contains(file)));
    assert_eq!((first.head, second.head), (Position(100), Position(101)));
    let restored = tempfile::tempdir().unwrap();
    let brought = bring_back(backups.path(), Some(first.id), data.path(), restored.path()).unwrap();
    assert_eq!((brought.backup, brought.head), (Some(first), Position(100)));
    assert_eq!(open(restored.path()).head(), Position(100));
    let nowhere = tempfile::tempdir().unwrap();
    let refused = bring_back(backups.path(), Some(9), data.path(), nowhere.path()).unwrap_err();
    assert!(refused.to_string().ends_with("holds no backup 9"), "{refused}");
}

#[test]
fn every_damaged_file_of_a_backup_is_named() {
    let (data, backups) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open(data.path());
    append(&log, 100);
    let taken = log.backup(backups.path()).unwrap();
    let content = |path: &PathBuf| !path.starts_with(backups.path().join("meta")) && !path.ends_with("lock");
    let parts: Vec<PathBuf> = files(backups.path()).into_iter().filter(content).collect();
    assert!(parts.len() > 3, "{parts:?}");
    for file in parts.iter().filter(|file| fs::metadata(file).unwrap().len() > 0) {
        let good = fs::read(file).unwrap();
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 4;
        fs::write(file, &bad).unwrap();
        let nowhere = tempfile::tempdir().unwrap();
        let refused = bring_back(backups.path(), None, data.path(), nowhere.path()).unwrap_err();
        assert!(matches!(&refused, BackupError::Damaged { id, file: named, .. } if *id == taken.id && named == file));
        fs::write(file, &good).unwrap();
    }
}

#[test]
fn a_folder_with_a_log_is_not_overwritten_and_an_empty_one_is_no_backup() {
    let (data, backups) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open(data.path());
    append(&log, 3);
    log.backup(backups.path()).unwrap();
    let ledger = Some(data.path().join("keys").join("erasures"));
    let options = Options { ledger, ..Options::default() };
    let source = Source::Backup { folder: backups.path(), id: None };
    let restore = Restore { source, data: data.path(), keys_from: None, options: &options, contradict_as: None };
    let refused = run(&restore).unwrap_err();
    assert!(matches!(refused, BackupError::DataInUse(_)), "{refused}");
    drop(log);
    let refused = run(&restore).unwrap_err();
    assert!(matches!(refused, BackupError::NotEmpty(_)), "{refused}");
    let nothing = tempfile::tempdir().unwrap();
    assert!(matches!(list(nothing.path()), Err(BackupError::Missing { .. })));
}

#[test]
fn two_backups_to_one_folder_do_not_mix() {
    let (data, backups) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open(data.path());
    append(&log, 3);
    let lock = fs::File::create(backups.path().join("lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(log.backup(backups.path()), Err(BackupError::InUse(_))));
    drop(lock);
    log.backup(backups.path()).unwrap();
}
