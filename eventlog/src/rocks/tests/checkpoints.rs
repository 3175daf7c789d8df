//! Checkpoints of an open log: which are signed, which are answered again, and which are refused.

use super::*;
use crate::proof::SigningKeys;
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
