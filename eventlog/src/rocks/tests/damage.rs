//! What opening does with damage: a group that was never completed is cut, anything else is refused by name.
//!
//! A log is filled, copied while it runs (so that its groups are in the WAL only, as after a kill), and damaged.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::tree::Hash;

/// A folder as a kill would leave it: six groups of one event each, in one WAL file.
pub(super) fn killed() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    fill(&log, 6);
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder.path(), copy.path());
    let records = copy.path().join("log").join("records");
    let is_wal = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "log");
    let wal = fs::read_dir(records).unwrap().map(|entry| entry.unwrap().path()).find(is_wal).unwrap();
    (copy, wal)
}

pub(super) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub(super) fn reopen(folder: &Path) -> Result<Arc<RocksLog>, OpenError> {
    let env = Arc::new(SeededEnvironment::new(1, NOW));
    RocksLog::open(folder, env, &Options { generation_events: 5, ..Options::default() })
}

/// The WAL without preallocated space, and where its groups begin.
fn groups(wal: &Path) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = fs::read(wal).unwrap();
    let mut starts = Vec::new();
    let mut offset = 0;
    while let Some(header) = bytes.get(offset..offset + 7).filter(|header| header[6] != 0) {
        starts.push(offset);
        offset += 7 + usize::from(u16::from_le_bytes([header[4], header[5]]));
    }
    bytes.truncate(offset);
    assert_eq!(starts.len(), 6);
    (bytes, starts)
}

#[test]
fn a_killed_log_opens_with_all_groups() {
    let (folder, _) = killed();
    let log = reopen(folder.path()).unwrap();
    assert_eq!(log.head(), Position(6));
    assert_eq!(log.find(&Query::about(&lead(1), &[]), Range::ALL).unwrap().len(), 1);
}

#[test]
fn a_torn_last_group_is_cut_wherever_it_tears() {
    let (_folder, wal) = killed();
    let (bytes, starts) = groups(&wal);
    for size in [starts[5] + 1, starts[5] + 6, starts[5] + 7, starts[5] + 60, bytes.len() - 1] {
        let (folder, wal) = killed();
        fs::write(wal, &bytes[..size]).unwrap();
        let log = reopen(folder.path()).unwrap();
        assert_eq!(log.head(), Position(5), "cut to {size} bytes");
        assert_eq!(append(&*log, request([qualified(9, 9)])).unwrap().first, Position(6));
        drop(log);
        assert_eq!(reopen(folder.path()).unwrap().head(), Position(6));
    }
}

#[test]
fn a_flipped_byte_in_the_last_group_cuts_that_group_only() {
    let (folder, wal) = killed();
    let (mut bytes, starts) = groups(&wal);
    bytes[starts[5] + 40] ^= 0x10;
    fs::write(wal, bytes).unwrap();
    assert_eq!(reopen(folder.path()).unwrap().head(), Position(5));
}

#[test]
fn a_flipped_byte_in_an_earlier_group_is_refused_by_name_and_changes_nothing() {
    for at in [0, 4, 6, 40] {
        let (folder, wal) = killed();
        let (mut bytes, starts) = groups(&wal);
        bytes[starts[2] + at] ^= 0x10;
        fs::write(&wal, &bytes).unwrap();
        let error = reopen(folder.path()).err().unwrap();
        assert!(
            matches!(&error, OpenError::DamagedWal { file, offset } if *file == wal && *offset == starts[2]),
            "byte {at}: {error}"
        );
        assert_eq!(fs::read(&wal).unwrap(), bytes);
    }
}

/// The marker of a clean stop, with its checksum.
fn marker(text: &str) -> String {
    format!("{text}crc32c {:08x}\n", crc32c::crc32c(text.as_bytes()))
}

#[test]
fn records_missing_after_a_clean_stop_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    fill(&log, 3);
    drop(log);
    let text = format!("head 4\nroot {}\nanswered 0\n", Hash([0; 32]));
    fs::write(folder.path().join("log").join("clean-stop"), marker(&text)).unwrap();
    let error = reopen(folder.path()).err().unwrap();
    assert!(matches!(error, OpenError::HeadLost { expected: Position(4), found: Position(3) }), "{error}");
}

#[test]
fn a_marker_of_a_clean_stop_that_is_not_whole_counts_as_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log").join("clean-stop");
    let log = open_small(folder.path());
    fill(&log, 23);
    let root = log.shared().tree.head().root;
    drop(log);
    let whole = marker(&format!("head 23\nroot {root}\nanswered {}\n", NOW.micros()));
    for size in 0..whole.len() {
        fs::write(&file, &whole[..size]).unwrap();
        assert_eq!(reopen(folder.path()).unwrap().head(), Position(23), "cut to {size} bytes");
        assert_eq!(fs::read_to_string(&file).unwrap(), whole);
    }
}

#[test]
fn records_missing_behind_the_index_are_noticed() {
    let folder = |count| {
        let folder = tempfile::tempdir().unwrap();
        let log = open_small(folder.path());
        fill(&log, count);
        drop(log);
        let _ = fs::remove_file(folder.path().join("log").join("clean-stop"));
        folder
    };
    let (full, short) = (folder(23), folder(3));
    let records = |folder: &TempDir| folder.path().join("log").join("records");
    fs::remove_dir_all(records(&full)).unwrap();
    copy_folder(&records(&short), &records(&full));
    let keys = |folder: &TempDir| folder.path().join("keys");
    fs::remove_dir_all(keys(&full)).unwrap();
    copy_folder(&keys(&short), &keys(&full));
    let error = reopen(full.path()).err().unwrap();
    assert!(matches!(error, OpenError::HeadLost { expected: Position(23), found: Position(3) }), "{error}");
    assert!(error.to_string().contains("restore a backup"), "{error}");
    fs::remove_dir_all(full.path().join("log").join("index")).unwrap();
    assert_eq!(reopen(full.path()).unwrap().head(), Position(3));
}

#[test]
fn an_index_that_is_gone_or_unreadable_is_derived_anew() {
    for damage in ["remove", "garble"] {
        let folder = tempfile::tempdir().unwrap();
        let log = open_small(folder.path());
        fill(&log, 23);
        drop(log);
        let index = folder.path().join("log").join("index");
        if damage == "remove" {
            fs::remove_dir_all(&index).unwrap();
        } else {
            fs::write(index.join("CURRENT"), "nonsense").unwrap();
        }
        let log = reopen(folder.path()).unwrap();
        let found = log.find(&Query::about(&lead(1), &[]), Range::ALL).unwrap();
        assert_eq!(found.iter().map(|found| found.position.0).collect::<Vec<_>>(), [1, 8, 15, 22], "{damage}");
    }
}
