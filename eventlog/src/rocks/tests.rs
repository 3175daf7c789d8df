//! Tests of the log on RocksDB beyond the contract: reopening, damage, locks, races.

mod checkpoints;
mod damage;
mod erasure;
mod every_field;
mod failures;
mod keys;
mod model;
mod tree;
mod verify;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use letopis_domain::ids::Position;
use letopis_domain::query::{AppendCondition, Query};
use letopis_domain::values::Timestamp;

use super::*;
use crate::contract::{Fixture, NOW, append, block_on, keyed, lead, log_contract, qualified, request};
use crate::environment::SeededEnvironment;
use crate::error::AppendError;
use crate::log::{AppendRequest, Direction, Log, Range};

fn fixture() -> Fixture {
    Fixture::new(|env| {
        let folder = tempfile::tempdir().unwrap();
        (RocksLog::open(folder.path(), env, &Options::default()).unwrap(), folder)
    })
}

log_contract!(fixture);

/// A log whose generations are tiny, so that a short history spreads over index, waiting and active generations.
fn open_small(folder: &Path) -> Arc<RocksLog> {
    let env = Arc::new(SeededEnvironment::new(1, NOW));
    let options = Options { generation_events: 5, ..Options::default() };
    RocksLog::open(folder, env, &options).unwrap()
}

fn fill(log: &RocksLog, count: u128) {
    for number in 1..=count {
        append(log, request([qualified(number % 7, number % 3)])).unwrap();
    }
}

#[test]
fn a_reopened_log_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    fill(&log, 23);
    let before = log.read(&Query::all(), Range::ALL).unwrap();
    drop(log);
    let log = open_small(folder.path());
    assert_eq!(log.read(&Query::all(), Range::ALL).unwrap(), before);
    assert_eq!(append(&*log, request([qualified(1, 1)])).unwrap().first, Position(24));
    let of_one = log.read(&Query::about(&lead(1), &[]), Range::ALL).unwrap();
    assert_eq!(of_one.iter().map(|event| event.position.0).collect::<Vec<_>>(), [1, 8, 15, 22, 24]);
}

#[test]
fn stamps_go_on_after_a_reopening_with_a_clock_set_back() {
    let folder = tempfile::tempdir().unwrap();
    drop({
        let log = open_small(folder.path());
        fill(&log, 1);
        log
    });
    let env = Arc::new(SeededEnvironment::new(2, Timestamp::from_micros(0)));
    let log = RocksLog::open(folder.path(), env, &Options::default()).unwrap();
    assert_eq!(
        append(&*log, request([qualified(1, 1)])).unwrap().recorded_at,
        Timestamp::from_micros(NOW.micros() + 1)
    );
}

#[test]
fn an_instant_answered_before_a_reopening_keeps_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    fill(&log, 2);
    assert_eq!(block_on(log.position_at(NOW)).unwrap(), Position(2));
    drop(log);
    let log = open_small(folder.path());
    fill(&log, 1);
    assert_eq!(block_on(log.position_at(NOW)).unwrap(), Position(2));
}

#[test]
fn an_instant_keeps_its_answer_when_the_clock_is_set_back_during_a_clean_stop() {
    let folder = tempfile::tempdir().unwrap();
    let open =
        |now| RocksLog::open(folder.path(), Arc::new(SeededEnvironment::new(1, now)), &Options::default()).unwrap();
    for (events, pass_ms) in [(0, 1_000), (2, 2_000)] {
        let later = NOW.plus_ms(pass_ms);
        let log = open(later);
        fill(&log, events);
        let head = log.head();
        assert_eq!(block_on(log.position_at(later.plus_ms(-1))).unwrap(), Position(0));
        assert_eq!(block_on(log.position_at(later)).unwrap(), head);
        drop(log);
        let log = open(NOW);
        assert!(append(&*log, request([qualified(1, 1)])).unwrap().recorded_at > later);
        assert_eq!(block_on(log.position_at(later)).unwrap(), head);
        drop(log);
        std::fs::remove_dir_all(folder.path().join("log")).unwrap();
    }
}

#[test]
fn a_request_is_known_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let once = || AppendRequest {
        requests: vec![keyed("one", 1, [qualified(1, 1), qualified(1, 2)])],
        condition: AppendCondition::default(),
    };
    let log = open_small(folder.path());
    let first = append(&*log, once()).unwrap();
    drop(log);
    let log = open_small(folder.path());
    assert!(matches!(append(&*log, once()), Err(AppendError::Repeated(found)) if found == first));
}

#[test]
fn a_folder_in_use_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let _log = open_small(folder.path());
    let env = Arc::new(SeededEnvironment::new(1, NOW));
    let error = RocksLog::open(folder.path(), env, &Options::default()).err().unwrap();
    assert!(matches!(error, OpenError::Folder(FolderError::InUse { .. })), "{error}");
    assert!(error.to_string().contains(&*folder.path().to_string_lossy()), "{error}");
}

#[test]
fn a_closed_log_takes_no_appends_and_goes_on_reading() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    fill(&log, 8);
    log.close().unwrap();
    assert!(matches!(append(&*log, request([qualified(1, 1)])), Err(AppendError::Closed)));
    assert_eq!(log.read(&Query::about(&lead(1), &[]), Range::ALL).unwrap().len(), 2);
    assert_eq!(block_on(log.position_at(NOW)).unwrap(), Position(8));
}

#[test]
fn a_rare_tag_is_found_among_many_blocks_of_a_hot_one() {
    let folder = tempfile::tempdir().unwrap();
    let env = Arc::new(SeededEnvironment::new(1, NOW));
    let log = RocksLog::open(folder.path(), env, &Options { generation_events: 1_000, ..Options::default() }).unwrap();
    for number in 0..40 {
        append(&*log, request((0..100).map(|event| qualified(100 * number + event, 7)))).unwrap();
    }
    let tags = |number| {
        use letopis_domain::ids::Tagged;
        Query::default().or_item(&[], vec![crate::contract::employee(7).tag(), lead(number).tag()])
    };
    for direction in [Direction::Forward, Direction::Backward] {
        let range = Range { direction, ..Range::ALL };
        for number in [0, 1_234, 3_999] {
            let found = log.find(&tags(number), range).unwrap();
            assert_eq!(found.iter().map(|found| u128::from(found.position.0)).collect::<Vec<_>>(), [number + 1]);
        }
        assert_eq!(log.find(&Query::about(&crate::contract::employee(7), &[]), range).unwrap().len(), 4_000);
    }
}

#[test]
fn of_writers_under_one_condition_exactly_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let env = Arc::new(SeededEnvironment::new(1, NOW));
    let log = RocksLog::open(folder.path(), env, &Options { generation_events: 5_000, ..Options::default() }).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let won = Arc::new(AtomicUsize::new(0));
    runtime.block_on(async {
        let mut races = tokio::task::JoinSet::new();
        for race in 0..10_000 {
            let barrier = Arc::new(tokio::sync::Barrier::new(3));
            for rival in 0..3 {
                let (log, won, barrier) = (log.clone(), won.clone(), barrier.clone());
                races.spawn(async move {
                    let mut request = request([qualified(race, rival)]);
                    request.condition.fail_if_events_match = Query::about(&lead(race), &[]);
                    barrier.wait().await;
                    match log.append(request).await {
                        Ok(_) => won.fetch_add(1, Ordering::Relaxed),
                        Err(AppendError::Conflict(_)) => 0,
                        Err(error) => panic!("{error}"),
                    }
                });
            }
            if races.len() > 300 {
                races.join_next().await.unwrap().unwrap();
            }
        }
        while let Some(race) = races.join_next().await {
            race.unwrap();
        }
    });
    assert_eq!(won.load(Ordering::Relaxed), 10_000);
    for race in 0..10_000 {
        let winners = log.find(&Query::about(&lead(race), &[]), Range::ALL).unwrap();
        assert_eq!(winners.len(), 1, "race {race}: {winners:?}");
    }
}
