//! What a log does when the disk fails it while it runs.

use std::time::{Duration, Instant};

use super::*;

fn indexed_upto(log: &RocksLog) -> u64 {
    log.shared().tail.view().indexed_upto
}

#[test]
fn an_index_that_could_not_be_written_for_a_while_catches_up() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    log.shared().index.failures.store(2, Ordering::SeqCst);
    fill(&log, 40);
    let deadline = Instant::now() + Duration::from_secs(30);
    while indexed_upto(&log) < 40 && Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert_eq!(indexed_upto(&log), 40);
    assert!(log.verify(&mut |_, _| {}).problem.is_none());
}

#[test]
fn a_log_whose_index_cannot_be_written_closes_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    log.shared().index.failures.store(u32::MAX, Ordering::SeqCst);
    fill(&log, 17);
    assert!(matches!(log.close(), Err(CloseError::Storage(_))));
    drop(log);
    let log = open_small(folder.path());
    assert_eq!(log.find(&Query::about(&lead(1), &[]), Range::ALL).unwrap().len(), 3);
}

#[test]
fn an_instant_of_a_write_that_failed_has_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let env = Arc::new(SeededEnvironment::new(1, NOW));
    let log = RocksLog::open(folder.path(), env.clone(), &Options::default()).unwrap();
    fill(&log, 2);
    env.set(NOW.plus_ms(10));
    log.shared().records.is_failing.store(true, Ordering::SeqCst);
    let refused = append(&*log, request([qualified(1, 1)]));
    assert!(matches!(refused, Err(AppendError::ReadOnly(_))), "{refused:?}");
    for before in [NOW, NOW.plus_ms(9)] {
        assert_eq!(block_on(log.position_at(before)).unwrap(), Position(2));
    }
    for uncertain in [NOW.plus_ms(10), Timestamp::MAX] {
        let error = block_on(log.position_at(uncertain)).unwrap_err().to_string();
        assert!(error.contains("a write failed"), "{error}");
    }
}
