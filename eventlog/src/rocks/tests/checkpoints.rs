//! Checkpoints of an open log: which are signed, which are answered again, and which are refused.

use super::*;
use crate::proof::{SigningKeys, VERIFYING_KEYS_FILE};
use crate::rocks::IssueError;

const NAME: &str = "crm.example.com/log";

/// A log with keys to sign, and some records.
fn signed() -> (tempfile::TempDir, Arc<RocksLog>) {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(&folder.path().join("keys"), NAME).unwrap();
    let log = open_small(folder.path());
    fill(&log, 3);
    (folder, log)
}

#[test]
fn a_closed_log_says_that_it_is_closed_when_it_is_asked_for_a_checkpoint() {
    let (_folder, log) = signed();
    log.close().unwrap();
    let refused = log.checkpoint().unwrap_err();
    assert_eq!(refused.to_string(), "the event log is closed: it signs no more checkpoints");
    assert!(matches!(refused, IssueError::Closed));
}

/// How many checkpoints the open log has signed.
fn signatures(log: &RocksLog) -> u64 {
    log.shared().checkpoints.signed.load(Ordering::SeqCst)
}

fn kept(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log").join("checkpoints")).unwrap()
}

#[test]
fn a_checkpoint_of_a_log_that_has_not_grown_is_answered_again_without_a_signature() {
    let (folder, log) = signed();
    let first = log.checkpoint().unwrap();
    for _ in 0..5 {
        assert_eq!(log.checkpoint().unwrap(), first);
    }
    assert_eq!((signatures(&log), kept(folder.path()).lines().count()), (1, 1));
    fill(&log, 1);
    assert_eq!(log.checkpoint().unwrap().size(), 4);
    assert_eq!((signatures(&log), kept(folder.path()).lines().count()), (2, 2));
}

#[test]
fn those_who_ask_at_the_same_time_share_a_checkpoint_of_what_they_knew() {
    let (_folder, log) = signed();
    let shared = log.shared();
    // One asked while the log had three records, and had to wait; meanwhile another got one over four.
    fill(&log, 1);
    let of_another = log.checkpoint().unwrap();
    fill(&log, 1);
    let shared_one = shared.checkpoints.issue_over(3, &shared.tree, NOW).unwrap();
    assert_eq!((shared_one, signatures(&log)), (of_another, 1));
    assert_eq!(shared.checkpoints.issue_over(5, &shared.tree, NOW).unwrap().size(), 5);
}

#[test]
fn a_kept_checkpoint_comes_back_byte_for_byte_after_reopening_unless_the_keys_are_others() {
    let (folder, log) = signed();
    let note = log.checkpoint().unwrap().note().to_owned();
    drop(log);
    let before = kept(folder.path());
    let log = open_small(folder.path());
    for _ in 0..2 {
        assert_eq!(log.checkpoint().unwrap().note(), note);
    }
    assert_eq!((signatures(&log), kept(folder.path())), (1, before.clone()));
    SigningKeys::add(&folder.path().join("keys")).unwrap();
    let by_both = log.checkpoint().unwrap();
    assert!(by_both.note().starts_with(&note) && by_both.note().lines().count() == note.lines().count() + 1);
    assert_eq!(kept(folder.path()).lines().count(), before.lines().count() + 1);
}

#[test]
fn a_kept_checkpoint_whose_signature_was_damaged_is_not_answered_again() {
    let (folder, log) = signed();
    let good = log.checkpoint().unwrap();
    drop(log);
    let signature = good.note().lines().last().unwrap().rsplit_once(' ').unwrap().1;
    let other = if &signature[30..31] == "B" { "C" } else { "B" };
    let damaged = format!("{}{other}{}", &signature[..30], &signature[31..]);
    let file = folder.path().join("log").join("checkpoints");
    std::fs::write(file, kept(folder.path()).replace(signature, &damaged)).unwrap();
    assert_eq!(open_small(folder.path()).checkpoint().unwrap(), good);
}

#[test]
fn kept_checkpoints_without_public_keys_are_a_problem_and_not_in_the_way_of_work() {
    let (folder, log) = signed();
    let public = folder.path().join("keys").join(VERIFYING_KEYS_FILE);
    let aside = std::fs::read(&public).unwrap();
    std::fs::remove_file(&public).unwrap();
    let found = |log: &RocksLog| log.verify(&mut |_, _| {}).problem.map(|problem| problem.what);
    assert_eq!(found(&log), None, "nothing left the log yet");
    log.checkpoint().unwrap();
    drop(log);
    let log = open_small(folder.path());
    fill(&log, 1);
    let what = found(&log).unwrap();
    assert_eq!(what, format!("the kept checkpoints cannot be checked without the public keys {}", public.display()));
    std::fs::write(&public, aside).unwrap();
    assert_eq!(found(&log), None);
}
