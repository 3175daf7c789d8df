//! Keys come durable, once and for ever, and go without a trace.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use super::*;

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_key_is_the_same_after_reopening() {
    let (folder, log) = filled(&[&[1, 2], &[3]]);
    let key = |store: &KeyStore, number| *store.keyring().part_key(&[subject(number)]).unwrap();
    let store = reopen(folder.path(), log).unwrap();
    let before: Vec<_> = (1..=3).map(|number| key(&store, number)).collect();
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), 3, "every subject has a key of its own");
    store.create(&[(subject(2), 9)]).unwrap();
    drop(store);
    let store = reopen(folder.path(), log).unwrap();
    assert_eq!((1..=3).map(|number| key(&store, number)).collect::<Vec<_>>(), before);
}

#[test]
fn only_the_owner_may_read_the_files() {
    let (folder, _) = filled(&[&[1]]);
    let store = folder.path().join("deep").join("keys");
    drop(new(&store));
    for (path, mode) in [(store.clone(), 0o700), (store.join("master.key"), 0o600), (store.join("subject-keys"), 0o600)]
    {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
    }
}

#[test]
fn a_destroyed_key_is_nowhere_in_the_files() {
    let (folder, log) = filled(&[&[1, 2, 3]]);
    let file = folder.path().join("subject-keys");
    let before = fs::read(&file).unwrap();
    // Nonce and wrapped key of slot 2.
    let wrapped = before[2 * 128 + 24..2 * 128 + 96].to_vec();
    let store = reopen(folder.path(), log).unwrap();
    let both = fs::read(&file).unwrap();
    let times = both.windows(16).filter(|window| *window == &wrapped[..16]).count();
    assert_eq!(times, 2, "the search finds both copies");
    store.destroy(&[erasure(2, 7)]).unwrap();
    for entry in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(wrapped.windows(8).all(|part| !contains(&bytes, part)));
    }
    assert_eq!(fs::metadata(&file).unwrap().len(), before.len() as u64);
    assert_eq!(store.keyring().part_key(&[subject(2)]).err(), Some(NoKey::Destroyed(subject(2))));
    assert!(store.keyring().part_key(&[subject(1)]).is_ok());
}

#[test]
fn a_subject_once_erased_never_gets_a_key() {
    let (folder, log) = filled(&[&[1]]);
    let store = reopen(folder.path(), log).unwrap();
    // With a key and without.
    store.destroy(&[erasure(1, 7), erasure(2, 7), erasure(2, 7)]).unwrap();
    for store in [store, reopen_after(&folder, log)] {
        store.create(&[(subject(1), 9), (subject(2), 9), (subject(3), 9)]).unwrap();
        for number in [1, 2] {
            let key = store.keyring().part_key(&[subject(number), subject(3)]);
            assert_eq!(key.err(), Some(NoKey::Destroyed(subject(number))));
        }
        assert!(store.keyring().part_key(&[subject(3)]).is_ok());
        let erased: Vec<_> = store.erasures().iter().map(|erased| erased.subject.0).collect();
        assert_eq!(erased, [subject(1), subject(2)]);
    }
}

/// The store is dropped by then: the loop above takes them one after the other.
fn reopen_after(folder: &TempDir, log: Uuid) -> KeyStore {
    let copy = tempfile::tempdir().unwrap();
    for name in ["subject-keys", "master.key", "erasures"] {
        fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    reopen(copy.path(), log).unwrap()
}

#[test]
fn a_key_is_synced_before_anybody_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let (asked, sync_asked) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let (store, done) = watched(folder.path(), move || {
        asked.send(()).unwrap();
        may_go.recv().unwrap();
        Ok(())
    });
    let store = Arc::new(store);
    let of_thread = store.clone();
    let has_it = Arc::new(AtomicBool::new(false));
    let told = has_it.clone();
    let creating = std::thread::spawn(move || {
        of_thread.create(&[(subject(1), 0)]).unwrap();
        told.store(true, Ordering::SeqCst);
    });
    // Opening syncs nothing when there is nothing to finish; the first sync is that of the new key.
    let wait = sync_asked.recv();
    assert!(wait.is_ok() && !has_it.load(Ordering::SeqCst));
    go.send(()).unwrap();
    creating.join().unwrap();
    let done = done.lock();
    let written = done.iter().position(|done| matches!(done, Done::Write { offset: 0, bytes } if bytes.len() == 4_096));
    let synced = done.iter().rposition(|done| *done == Done::Sync);
    assert!(written < synced && written.is_some(), "{done:?}");
}

#[test]
fn those_who_need_keys_at_the_same_time_share_a_sync() {
    let folder = tempfile::tempdir().unwrap();
    let (go, may_go) = mpsc::channel::<()>();
    let (asked, sync_asked) = mpsc::channel();
    let mut is_first = true;
    let (store, done) = watched(folder.path(), move || {
        if std::mem::take(&mut is_first) {
            asked.send(()).unwrap();
            may_go.recv().unwrap();
        }
        Ok(())
    });
    let maker = Arc::new(KeyMaker::start(Arc::new(store)).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let ask = |number: u128| {
        let maker = maker.clone();
        runtime.spawn(async move {
            maker.create(vec![subject(number)], 0).await.unwrap();
            assert!(maker.store().keyring().part_key(&[subject(number)]).is_ok());
        })
    };
    let mut waiting = vec![ask(0)];
    sync_asked.recv().unwrap();
    // The first sync hangs; 64 more come, two for each subject.
    waiting.extend((0..64).map(|number| ask(1 + number / 2)));
    while maker.queued() < 64 {
        std::thread::yield_now();
    }
    go.send(()).unwrap();
    runtime.block_on(async {
        for each in waiting {
            each.await.unwrap();
        }
    });
    assert_eq!(done.lock().iter().filter(|done| **done == Done::Sync).count(), 2);
    let log = maker.store().log();
    drop((runtime, maker));
    let store = reopen(folder.path(), log).unwrap();
    assert!(store.keyring().missing((0..=32).map(subject).collect::<Vec<_>>().iter()).is_empty());
}

#[test]
fn after_a_failed_sync_nothing_more_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (store, done) = watched(folder.path(), || Err(io::Error::other("the disk is gone")));
    assert!(matches!(store.create(&[(subject(1), 0)]), Err(KeyError::Io { .. })));
    assert!(store.keyring().part_key(&[subject(1)]).is_err(), "nobody gets a key that may not be durable");
    let writes = done.lock().len();
    for failed in [store.create(&[(subject(2), 0)]), store.destroy(&[erasure(3, 1)])] {
        assert!(matches!(&failed, Err(KeyError::Failed(reason)) if reason.contains("the disk is gone")), "{failed:?}");
    }
    assert_eq!(done.lock().len(), writes);
    assert!(store.close().is_err(), "nobody may believe that it was closed");
}

#[test]
fn the_ledger_is_synced_before_the_key_goes() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("erasures");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (of_medium, path) = (seen.clone(), ledger.clone());
    let (store, _) = watched(folder.path(), move || {
        of_medium.lock().push(fs::read_to_string(&path).unwrap().lines().count());
        Ok(())
    });
    store.create(&[(subject(1), 0), (subject(2), 0)]).unwrap();
    store.destroy(&[erasure(1, 5), erasure(2, 5)]).unwrap();
    assert_eq!(*seen.lock(), [0, 2, 2], "the destruction is a sync for each copy, after both lines");
}

#[test]
fn many_keys_outgrow_the_file_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = new(folder.path());
    let all: Vec<_> = (0..2_000).map(|number| (subject(number), 0)).collect();
    for some in all.chunks(333) {
        store.create(some).unwrap();
    }
    let log = store.log();
    drop(store);
    let store = reopen(folder.path(), log).unwrap();
    assert!(store.keyring().missing(all.iter().map(|(subject, _)| subject)).is_empty());
}

#[test]
fn each_secret_is_good_for_one_purpose_in_one_log() {
    let open = || {
        let folder = tempfile::tempdir().unwrap();
        let store = new(folder.path());
        (store, folder)
    };
    let ((one, _one), (other, _other)) = (open(), open());
    let digest = |store: &KeyStore| store.keyring().secrets.request_hasher().update(b"bo").update(b"dy").finish();
    let tag = letopis_domain::query::Tag::from_text("body");
    let all = [digest(&one), digest(&other), one.keyring().secrets.lookup(&tag), other.keyring().secrets.lookup(&tag)];
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 4);
    assert_eq!(digest(&one), one.keyring().secrets.request_hasher().update(b"body").finish());
}

#[test]
fn a_store_whose_making_was_interrupted_is_made_by_the_next_opening() {
    // What a crash leaves: nothing but the folder, the master key, or a file that was not renamed yet.
    for left in [&[][..], &["master.key"], &["master.key", "subject-keys.new"]] {
        let (other, _) = filled(&[]);
        fs::rename(other.path().join("subject-keys"), other.path().join("subject-keys.new")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for name in left {
            fs::copy(other.path().join(name), folder.path().join(name)).unwrap();
        }
        let store = new(folder.path());
        store.create(&[(subject(1), 0)]).unwrap();
        let log = store.log();
        drop(store);
        assert!(reopen(folder.path(), log).unwrap().keyring().part_key(&[subject(1)]).is_ok(), "{left:?}");
    }
}

#[test]
fn a_new_log_takes_a_store_that_nobody_used() {
    let (folder, log) = filled(&[]);
    assert_eq!(new(folder.path()).log(), log);
}
