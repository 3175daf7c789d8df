//! The Merkle tree of a log: it goes on after every kind of stop, and opening notices what does not fit it.

use super::damage::{copy_folder, killed, reopen};
use super::*;
use crate::proof::SigningKeys;
use crate::rocks::Problem;
use crate::rocks::tree::TreeHead;
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
    let (lines, _) = text.rsplit_once("crc32c ").unwrap();
    let forged = lines.replace(&honest.to_string(), &Hash([7; 32]).to_string());
    let checksum = crc32c::crc32c(forged.as_bytes());
    std::fs::write(&marker, format!("{forged}crc32c {checksum:08x}\n")).unwrap();
    let error = error(&folder);
    assert!(matches!(error, TreeError::CleanStop { found, .. } if found == honest), "{error}");
}

/// What verification says about a log of 600 records that was damaged while it is open.
fn found(damage: impl FnOnce(&RocksLog)) -> Problem {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(&folder.path().join("keys"), "crm.example.com/log").unwrap();
    let log = open_small(folder.path());
    fill_many(&log, 300);
    log.checkpoint().unwrap();
    fill_many(&log, 300);
    log.checkpoint().unwrap();
    damage(&log);
    log.verify(&mut |_, _| {}).problem.unwrap()
}

#[test]
fn verification_holds_the_records_against_nodes_root_and_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(&folder.path().join("keys"), "crm.example.com/log").unwrap();
    let log = open_small(folder.path());
    log.checkpoint().unwrap();
    for _ in 0..3 {
        fill_many(&log, 256);
        log.checkpoint().unwrap();
        fill(&log, 3);
    }
    let verified = log.verify(&mut |_, _| {});
    assert_eq!((verified.problem, verified.records), (None, 777));
}

#[test]
fn a_log_can_be_verified_while_it_grows() {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(&folder.path().join("keys"), "crm.example.com/log").unwrap();
    let log = open_small(folder.path());
    fill_many(&log, 1);
    std::thread::scope(|scope| {
        let appending = scope.spawn(|| {
            for _ in 0..200 {
                fill_many(&log, 37);
                log.checkpoint().unwrap();
            }
        });
        while !appending.is_finished() {
            log.checkpoint().unwrap();
            assert_eq!(log.verify(&mut |_, _| {}).problem, None);
        }
    });
    assert!(log.checkpoints().unwrap().iter().map(crate::proof::Checkpoint::size).is_sorted());
    assert_eq!(log.verify(&mut |_, _| {}).records, 1 + 200 * 37);
}

#[test]
fn verification_notices_keys_that_were_damaged() {
    for name in [crate::proof::SIGNING_KEYS_FILE, crate::proof::VERIFYING_KEYS_FILE] {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        SigningKeys::generate(&keys, "crm.example.com/log").unwrap();
        let log = open_small(folder.path());
        fill_many(&log, 1);
        let text = std::fs::read_to_string(keys.join(name)).unwrap();
        std::fs::write(keys.join(name), text.replace("crm.example", "crn.example")).unwrap();
        let problem = log.verify(&mut |_, _| {}).problem.unwrap();
        assert!(problem.what.contains(name), "{problem}");
    }
}

#[test]
fn verification_notices_a_forged_record_with_its_block() {
    let problem = found(|log| log.shared().records.forge(70).unwrap());
    assert_eq!(problem.position, Position(1));
    assert!(problem.what.starts_with("a record at one of the positions 1 to 256 was changed"), "{problem}");
    assert!(problem.file.unwrap().to_string_lossy().contains("/log/records/"));
}

#[test]
fn verification_notices_a_forged_record_under_no_node() {
    let problem = found(|log| log.shared().records.forge(599).unwrap());
    // The last checkpoint is over these very records.
    assert_eq!(problem.position, Position(301));
    assert!(problem.what.contains("to position 600 the log was changed since the checkpoint of line 2"), "{problem}");
}

#[test]
fn verification_notices_a_changed_node() {
    let problem = found(|log| log.shared().records.damage_block(1));
    assert_eq!(problem.position, Position(257));
}

#[test]
fn verification_notices_a_missing_node() {
    let problem = found(|log| log.shared().records.remove_block(1));
    assert_eq!(problem.position, Position(257));
    assert!(problem.what.contains("lacks its node over positions 257 to 512"), "{problem}");
}

#[test]
fn verification_notices_a_changed_root() {
    let problem = found(|log| log.shared().records.damage_tree_head());
    assert_eq!(problem.position, Position(513));
    assert!(problem.what.contains("the stored root BwcHBwcH"), "{problem}");
}

#[test]
fn verification_notices_a_tree_that_was_made_anew_by_the_checkpoints_that_left_the_log() {
    let problem = found(|log| {
        log.shared().records.forge(70).unwrap();
        let mut frontier = Frontier::default();
        let records = &log.shared().records;
        let mut rows = Vec::new();
        let mut push = |position: u64, bytes: &[u8]| {
            rows.extend(
                frontier.push(tlog_tiles::tlog::record_hash(bytes)).block.map(|node| (position / 256 - 1, node)),
            );
            Ok(std::ops::ControlFlow::Continue(()))
        };
        records.scan(0, 600, Direction::Forward, &mut push).unwrap();
        records.rewrite_tree(&rows, TreeHead { size: 600, root: frontier.root() });
    });
    assert_eq!(problem.position, Position(1));
    assert!(problem.what.contains("to position 300 the log was changed since the checkpoint of line 1"), "{problem}");
    assert!(problem.file.unwrap().ends_with("log/checkpoints"));
}

#[test]
fn verification_notices_a_changed_checkpoint() {
    let problem = found(|log| {
        let file = log.shared().checkpoints.file();
        let text = std::fs::read_to_string(file).unwrap();
        std::fs::write(file, text.replacen("\\n300\\n", "\\n301\\n", 1)).unwrap();
    });
    assert!(problem.what.starts_with("the checkpoint of line 1: it is forged"), "{problem}");
}

#[test]
fn opening_notices_records_that_were_lost_behind_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(&folder.path().join("keys"), "crm.example.com/log").unwrap();
    let log = open_small(folder.path());
    fill_many(&log, 3);
    let older = tempfile::tempdir().unwrap();
    copy_folder(folder.path(), older.path());
    fill_many(&log, 3);
    log.checkpoint().unwrap();
    let kept = Path::new("log").join("checkpoints");
    std::fs::copy(folder.path().join(&kept), older.path().join(&kept)).unwrap();
    let error = error(&older);
    assert!(matches!(error, TreeError::CheckpointAhead { size: 6, head: Position(3) }), "{error}");
}

#[test]
fn a_checkpoint_that_a_crash_left_unfinished_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(&folder.path().join("keys"), "crm.example.com/log").unwrap();
    let log = open_small(folder.path());
    fill_many(&log, 3);
    let first = log.checkpoint().unwrap();
    fill_many(&log, 3);
    log.checkpoint().unwrap();
    let file = log.shared().checkpoints.file().to_owned();
    drop(log);
    std::fs::remove_file(folder.path().join("log").join("clean-stop")).unwrap();
    let text = std::fs::read(&file).unwrap();
    let start = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let mut with_a_hole = text.clone();
    with_a_hole[start + 5..start + 90].fill(0);
    for torn in [&text[..text.len() - 9], &text[..=start], &with_a_hole] {
        std::fs::write(&file, torn).unwrap();
        let copy = tempfile::tempdir().unwrap();
        copy_folder(folder.path(), copy.path());
        let log = reopen(copy.path()).unwrap();
        assert_eq!(log.last_checkpoint().as_ref(), Some(&first));
        assert_eq!(log.checkpoint().unwrap().size(), 6);
        let kept = std::fs::read(log.shared().checkpoints.file()).unwrap();
        assert_eq!(kept.split(|byte| *byte == b'\n').count(), 3);
        assert_eq!(log.verify(&mut |_, _| {}).problem, None);
    }
}

#[test]
fn a_checkpoint_with_a_hole_after_a_clean_stop_is_damage_and_named() {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(&folder.path().join("keys"), "crm.example.com/log").unwrap();
    let log = open_small(folder.path());
    fill_many(&log, 3);
    let file = log.shared().checkpoints.file().to_owned();
    drop(log);
    let mut text = std::fs::read(&file).unwrap();
    text[5..90].fill(0);
    std::fs::write(&file, text).unwrap();
    let problem = reopen(folder.path()).unwrap().verify(&mut |_, _| {}).problem.unwrap();
    assert!(problem.to_string().contains("checkpoint of line 1"), "{problem}");
}

#[test]
fn a_checkpoint_that_found_no_space_is_made_when_there_is_some() {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(&folder.path().join("keys"), "crm.example.com/log").unwrap();
    let log = open_small(folder.path());
    fill_many(&log, 3);
    let file = log.shared().checkpoints.file();
    // What stands in its place takes no line.
    std::fs::create_dir(file).unwrap();
    assert!(log.checkpoint().is_err());
    std::fs::remove_dir(file).unwrap();
    assert_eq!(log.checkpoint().unwrap().size(), 3);
    log.close().unwrap();
}

#[test]
fn a_checkpoint_that_could_not_be_kept_is_the_last_and_the_stop_is_unclean() {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(&folder.path().join("keys"), "crm.example.com/log").unwrap();
    let log = open_small(folder.path());
    fill_many(&log, 3);
    let first = log.checkpoint().unwrap();
    fill_many(&log, 3);
    let file = log.shared().checkpoints.file().to_owned();
    let before = std::fs::read(&file).unwrap();
    log.shared().checkpoints.is_failing.store(true, Ordering::SeqCst);
    assert!(log.checkpoint().is_err());
    log.shared().checkpoints.is_failing.store(false, Ordering::SeqCst);
    assert_eq!(std::fs::read(&file).unwrap(), before, "what was not kept does not look as if it were");
    assert!(log.checkpoint().is_err(), "nobody knows what is on disk");
    assert!(log.close().is_err());
    drop(log);
    assert!(!folder.path().join("log").join("clean-stop").exists());
    let log = reopen(folder.path()).unwrap();
    assert_eq!(log.last_checkpoint(), Some(first));
    assert_eq!(log.checkpoint().unwrap().size(), 6);
}

#[test]
fn a_checkpoint_is_kept_once_and_one_is_made_at_a_clean_stop() {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(&folder.path().join("keys"), "crm.example.com/log").unwrap();
    let log = open_small(folder.path());
    fill_many(&log, 3);
    assert_eq!(log.checkpoint().unwrap(), log.checkpoint().unwrap());
    assert_eq!(log.checkpoints().unwrap().len(), 1);
    fill_many(&log, 1);
    drop(log);
    let log = open_small(folder.path());
    assert_eq!(log.checkpoints().unwrap().iter().map(crate::proof::Checkpoint::size).collect::<Vec<_>>(), [3, 4]);
    drop(log);
    assert_eq!(open_small(folder.path()).checkpoints().unwrap().len(), 2);
}

#[test]
fn a_checkpoint_is_made_from_time_to_time() {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(&folder.path().join("keys"), "crm.example.com/log").unwrap();
    let env = Arc::new(SeededEnvironment::new(1, NOW));
    let checkpoint_interval = std::time::Duration::from_millis(1);
    let log = RocksLog::open(folder.path(), env, &Options { checkpoint_interval, ..Options::default() }).unwrap();
    fill_many(&log, 3);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while log.last_checkpoint().is_none() && std::time::Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert_eq!(log.last_checkpoint().unwrap().size(), 3);
}
