//! The Merkle tree of a log: it goes on after every kind of stop, and opening notices what does not fit it.

use super::damage::{copy_folder, killed, reopen};
use super::*;
use crate::tree::{Frontier, Hash, TreeReader};

/// The root over the stored records, made anew.
fn root_of_records(log: &RocksLog) -> Hash {
    let mut frontier = Frontier::default();
    let mut push = |_: u64, bytes: &[u8]| {
        frontier.push(tlog_tiles::tlog::record_hash(bytes));
        Ok(std::ops::ControlFlow::Continue(()))
    };
    log.shared().records.scan(0, log.head().0, Direction::Forward, &mut push).unwrap();
    frontier.root()
}

fn root(log: &RocksLog) -> Hash {
    let head = log.shared().tree.head();
    assert_eq!(head.size, log.head().0);
    head.root
}

fn fill_many(log: &RocksLog, count: u128) {
    append(log, request((0..count).map(|number| qualified(number, 1)))).unwrap();
}

/// A folder of a log with 600 records after a clean stop, damaged while it was closed and closed again without a marker.
fn damaged(damage: impl FnOnce(&RocksLog)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    fill_many(&log, 600);
    damage(&log);
    drop(log);
    let _ = std::fs::remove_file(folder.path().join("log").join("clean-stop"));
    folder
}

fn error(folder: &tempfile::TempDir) -> TreeError {
    match reopen(folder.path()) {
        Err(OpenError::Tree(error)) => error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it opened"),
    }
}

#[test]
fn the_root_is_that_of_the_stored_records_in_groups_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    assert_eq!(root(&log), root_of_records(&log));
    for size in [1, 2, 253, 1, 300, 5] {
        fill_many(&log, size);
        assert_eq!(root(&log), root_of_records(&log));
        assert_eq!(log.shared().records.tree_head().unwrap().unwrap(), log.shared().tree.head());
        let reader = TreeReader::new(log.shared().nodes(), log.head().0);
        assert_eq!(reader.root().unwrap(), root(&log));
    }
}

#[test]
fn the_tree_goes_on_after_a_clean_stop_and_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..4 {
        let log = open_small(folder.path());
        fill_many(&log, 100 + round);
        let before = root(&log);
        drop(log);
        let log = open_small(folder.path());
        assert_eq!(root(&log), before);
        fill(&log, 60);
        let killed = tempfile::tempdir().unwrap();
        copy_folder(folder.path(), killed.path());
        let again = reopen(killed.path()).unwrap();
        assert_eq!(root(&again), root(&log));
        fill(&again, 3);
        assert_eq!(root(&again), root_of_records(&again));
    }
}

#[test]
fn a_group_that_was_cut_is_cut_from_the_tree_as_well() {
    let (folder, wal) = killed();
    let bytes = std::fs::read(&wal).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    std::fs::write(&wal, &bytes[..end - 10]).unwrap();
    let log = reopen(folder.path()).unwrap();
    assert_eq!(log.head(), Position(5));
    assert_eq!(root(&log), root_of_records(&log));
}

#[test]
fn a_forged_record_that_no_node_covers_is_noticed_at_opening() {
    let error = error(&damaged(|log| log.shared().records.forge(555).unwrap()));
    assert!(matches!(error, TreeError::Root { head: Position(600), first: Position(513), .. }), "{error}");
    assert!(error.to_string().contains("/log/records/"), "{error}");
}

#[test]
fn a_changed_node_is_noticed_at_opening_with_its_positions() {
    let error = error(&damaged(|log| log.shared().records.damage_block(1)));
    assert!(matches!(error, TreeError::Node { first: Position(257), last: Position(512), .. }), "{error}");
    assert!(error.to_string().contains(".sst"), "{error}");
}

#[test]
fn a_missing_node_is_noticed_at_opening_with_its_positions() {
    let error = error(&damaged(|log| log.shared().records.remove_block(0)));
    assert!(matches!(error, TreeError::NodeMissing { first: Position(1), last: Position(256) }), "{error}");
}

#[test]
fn a_node_beyond_the_records_is_noticed_at_opening() {
    let error = error(&damaged(|log| log.shared().records.damage_block(2)));
    assert!(matches!(error, TreeError::NodeBeyond(Position(513))), "{error}");
}

#[test]
fn a_changed_root_is_noticed_at_opening() {
    let error = error(&damaged(|log| log.shared().records.damage_tree_head()));
    assert!(matches!(error, TreeError::Root { stored, .. } if stored == Hash([7; 32])), "{error}");
}

#[test]
fn a_tree_that_was_made_anew_over_a_forged_record_differs_from_the_clean_stop() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    fill_many(&log, 9);
    let honest = root(&log);
    drop(log);
    let marker = folder.path().join("log").join("clean-stop");
    let text = std::fs::read_to_string(&marker).unwrap();
    assert!(text.contains(&honest.to_string()), "{text}");
    std::fs::write(&marker, text.replace(&honest.to_string(), &Hash([7; 32]).to_string())).unwrap();
    let error = error(&folder);
    assert!(matches!(error, TreeError::CleanStop { found, .. } if found == honest), "{error}");
}
