//! A disk that refuses: nothing is acknowledged that is not there, nothing accepted is lost, and the log heals.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Mutex;

use super::place::{Place, all, operations, read};
use crate::medium::{Medium, Opener, on_disk};
use crate::{AccessLog, AccessLogError, Filter, Options, Reader};

/// What goes wrong, and what was done.
#[derive(Default)]
struct Faults {
    /// Half of what is appended is written, as on a full disk.
    is_full: AtomicBool,
    /// Syncs fail.
    is_sync_broken: AtomicBool,
    /// Held by a test, appends wait.
    gate: Mutex<()>,
    syncs: AtomicUsize,
}

struct Faulty {
    inner: Box<dyn Medium>,
    faults: Arc<Faults>,
}

impl Medium for Faulty {
    fn size_bytes(&self) -> io::Result<u64> {
        self.inner.size_bytes()
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let _open = self.faults.gate.blocking_lock();
        if self.faults.is_full.load(Ordering::SeqCst) {
            self.inner.append(&bytes[..bytes.len() / 2])?;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.inner.append(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.faults.syncs.fetch_add(1, Ordering::SeqCst);
        if self.faults.is_sync_broken.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk is gone"));
        }
        self.inner.sync()
    }

    fn cut(&mut self, size_bytes: u64) -> io::Result<()> {
        self.inner.cut(size_bytes)
    }
}

fn faulty(faults: &Arc<Faults>) -> Opener {
    let (disk, faults) = (on_disk(), Arc::clone(faults));
    Arc::new(move |path: &Path| Ok(Box::new(Faulty { inner: disk(path)?, faults: Arc::clone(&faults) })))
}

fn open(place: &Place, faults: &Arc<Faults>) -> AccessLog {
    AccessLog::open_on(&place.path(), Options::default(), place.clock.clock(), faulty(faults)).unwrap()
}

/// Records as soon as the log can write again.
async fn record_when_healed(log: &AccessLog, operation: &str) {
    let healed = async {
        while log.record(vec![read(operation)]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), healed).await.expect("the log heals");
}

fn refusal(outcome: Result<(), AccessLogError>) -> String {
    match outcome {
        Err(error @ AccessLogError::Refusing(_)) => error.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_full_disk_refuses_by_name_until_there_is_room() {
    let (place, faults) = (Place::new(), Arc::new(Faults::default()));
    let log = open(&place, &faults);
    log.record(vec![read("before")]).await.unwrap();
    faults.is_full.store(true, Ordering::SeqCst);
    assert!(refusal(log.record(vec![read("refused")]).await).contains("no storage space"));
    assert!(log.record(vec![read("refused")]).await.is_err());
    // Half a line lies in the file, and nobody who asks the log sees it.
    let page = log.query(Filter::default(), 10, None).await.unwrap();
    assert_eq!((page.entries.len(), page.damaged), (1, 0));
    faults.is_full.store(false, Ordering::SeqCst);
    record_when_healed(&log, "after").await;
    assert!(log.verify(log.head()).await.unwrap().is_whole());
    log.close().await.unwrap();
    assert_eq!(operations(&place.path()), ["before", "after"]);
}

#[tokio::test]
async fn a_sync_that_fails_acknowledges_nothing_and_leaves_nothing() {
    let (place, faults) = (Place::new(), Arc::new(Faults::default()));
    let log = open(&place, &faults);
    log.record(vec![read("before")]).await.unwrap();
    faults.is_sync_broken.store(true, Ordering::SeqCst);
    assert!(refusal(log.record(vec![read("refused")]).await).contains("the disk is gone"));
    assert_eq!(all(&log.reader(), &Filter::default(), 10).len(), 1);
    faults.is_sync_broken.store(false, Ordering::SeqCst);
    record_when_healed(&log, "after").await;
    log.close().await.unwrap();
    assert_eq!(operations(&place.path()), ["before", "after"]);
    assert!(Reader::of(&place.path()).verify(None).unwrap().is_whole());
}

#[tokio::test]
async fn what_was_submitted_to_a_failing_disk_is_written_once_and_first() {
    let (place, faults) = (Place::new(), Arc::new(Faults::default()));
    let log = open(&place, &faults);
    log.record(vec![read("before")]).await.unwrap();
    let gate = faults.gate.lock().await;
    for operation in ["owed 1", "owed 2", "owed 3"] {
        log.submit(vec![read(operation)]).await.unwrap();
    }
    faults.is_full.store(true, Ordering::SeqCst);
    drop(gate);
    let _ = refusal(log.record(vec![read("refused")]).await);
    let _ = refusal(log.submit(vec![read("refused")]).await);
    // The day passes while it cannot be written.
    place.clock.set("2026-11-23T12:00:00Z");
    faults.is_full.store(false, Ordering::SeqCst);
    record_when_healed(&log, "after").await;
    log.close().await.unwrap();
    assert_eq!(operations(&place.path()), ["before", "owed 1", "owed 2", "owed 3", "after"]);
    assert_eq!(fs::read_to_string(place.file("2026-11-22")).unwrap().lines().count(), 4);
    assert!(Reader::of(&place.path()).verify(None).unwrap().is_whole());
}

#[tokio::test]
async fn closing_says_what_could_not_be_written() {
    let (place, faults) = (Place::new(), Arc::new(Faults::default()));
    let log = open(&place, &faults);
    faults.is_full.store(true, Ordering::SeqCst);
    log.submit(vec![read("a"), read("b")]).await.unwrap();
    let closed = log.close().await;
    assert!(matches!(closed, Err(AccessLogError::Unwritten { count: 2, .. })), "{closed:?}");
    drop(log);
    // The half of a line that it left is cut by the next opening.
    let log = place.open();
    assert!(log.opened().cut_bytes > 0 && log.head().is_none());
}

#[tokio::test]
async fn who_brings_more_than_the_queue_holds_waits_and_nothing_is_dropped() {
    const LINES: usize = 20_000;
    let (place, faults) = (Place::new(), Arc::new(Faults::default()));
    let log = Arc::new(open(&place, &faults));
    let gate = faults.gate.lock().await;
    let mut accepted = 0;
    for number in 0..LINES {
        tokio::select! {
            biased;
            submitted = log.submit(vec![read(&number.to_string())]) => submitted.unwrap(),
            () = std::future::ready(()) => break,
        }
        accepted += 1;
    }
    assert_eq!(accepted, 8_192);
    drop(gate);
    for number in accepted..LINES {
        log.submit(vec![read(&number.to_string())]).await.unwrap();
    }
    log.close().await.unwrap();
    assert!(operations(&place.path()).into_iter().eq((0..LINES).map(|number| number.to_string())));
}

#[tokio::test]
async fn who_waits_for_room_is_told_when_the_disk_fails() {
    let (place, faults) = (Place::new(), Arc::new(Faults::default()));
    let log = open(&place, &faults);
    let gate = faults.gate.lock().await;
    for number in 0..8_192 {
        log.submit(vec![read(&number.to_string())]).await.unwrap();
    }
    let mut waiting = Box::pin(log.record(vec![read("waiting")]));
    tokio::select! { biased; _ = &mut waiting => panic!("there was no room"), () = std::future::ready(()) => () }
    faults.is_full.store(true, Ordering::SeqCst);
    drop(gate);
    let told = tokio::time::timeout(std::time::Duration::from_mins(1), waiting).await;
    let _ = refusal(told.expect("who waits is told"));
    // Those that had been accepted are not lost with it.
    faults.is_full.store(false, Ordering::SeqCst);
    log.close().await.unwrap();
    assert!(operations(&place.path()).into_iter().eq((0..8_192).map(|number| number.to_string())));
}

#[tokio::test]
async fn calls_that_wait_together_share_a_sync() {
    let (place, faults) = (Place::new(), Arc::new(Faults::default()));
    let log = Arc::new(open(&place, &faults));
    log.record(vec![read("first")]).await.unwrap();
    let before = faults.syncs.load(Ordering::SeqCst);
    let gate = faults.gate.lock().await;
    let mut calls: Vec<_> = (0..100).map(|_| Box::pin(log.record(vec![read("shared")]))).collect();
    for call in &mut calls {
        tokio::select! { biased; _ = call => panic!("acknowledged before it was written"), () = std::future::ready(()) => () }
    }
    drop(gate);
    for call in calls {
        call.await.unwrap();
    }
    // The first of them may be on its way before the others come.
    let syncs = faults.syncs.load(Ordering::SeqCst) - before;
    assert!((1..=2).contains(&syncs), "{syncs} syncs");
}

#[tokio::test]
async fn a_file_that_is_removed_under_the_log_is_noticed() {
    let place = Place::new();
    let log = place.open();
    log.record(vec![read("a")]).await.unwrap();
    let known = log.head();
    fs::remove_file(place.file("2026-11-22")).unwrap();
    assert!(refusal(log.record(vec![read("b")]).await).contains("removed"));
    record_when_healed(&log, "c").await;
    log.close().await.unwrap();
    assert_eq!(operations(&place.path()), ["c"]);
    // The log says itself that its beginning is another, to who knows one.
    let verified = Reader::of(&place.path()).verify(known).unwrap();
    assert_eq!((verified.first_seq, verified.has_known), (Some(2), false));
}
