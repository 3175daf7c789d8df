//! A log and its keys: whether they fit, what a failure of the one means for the other, and who waits for whom.

use std::fs;
use std::sync::mpsc;

use super::erasure::{PHONE, assert_sound, filled, is_erased};
use super::*;
use crate::contract::{erased, note, received, subject};
use crate::keys::{KeyError, KeyStore};

/// Tears a slot in both copies.
fn tear(store: &mut [u8], slot: usize) {
    for copy in [0, 64 << 10] {
        store[copy + slot * 128 + 60..copy + (slot + 1) * 128].fill(0);
    }
}

#[test]
fn a_torn_key_that_no_record_uses_is_given_up_and_a_used_one_is_missed() {
    for is_used in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let log = open_small(folder.path());
        append(&*log, request([received(1, 1, PHONE)])).unwrap();
        let copy = tempfile::tempdir().unwrap();
        if is_used {
            append(&*log, request([received(2, 2, PHONE)])).unwrap();
        } else {
            block_on(log.shared().keys.create(vec![subject(2).0], log.head().0)).unwrap();
        }
        damage::copy_folder(folder.path(), copy.path());
        let store = copy.path().join("keys").join("subject-keys");
        let mut bytes = fs::read(&store).unwrap();
        tear(&mut bytes, 2);
        fs::write(&store, bytes).unwrap();
        if is_used {
            let error = damage::reopen(copy.path()).err().unwrap().to_string();
            assert!(error.contains("slot 2") && error.contains("subject-keys"), "{error}");
        } else {
            let log = damage::reopen(copy.path()).unwrap();
            append(&*log, request([received(2, 2, PHONE)])).unwrap();
            assert_sound(&log);
        }
    }
}

#[test]
fn a_key_store_that_is_older_than_the_log_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    append(&*log, request([received(1, 1, PHONE)])).unwrap();
    let store = folder.path().join("keys").join("subject-keys");
    let backup = fs::read(&store).unwrap();
    append(&*log, request([received(2, 2, PHONE)])).unwrap();
    drop(log);
    let newest = fs::read(&store).unwrap();
    fs::write(&store, backup).unwrap();
    let error = damage::reopen(folder.path()).err().unwrap().to_string();
    assert!(
        error.contains("older than the log") && error.contains("has 2 slots") && error.contains("with 3"),
        "{error}"
    );
    fs::write(&store, newest).unwrap();
    assert!(!is_erased(&damage::reopen(folder.path()).unwrap(), 2));
}

#[test]
fn a_key_store_without_a_key_that_is_needed_is_named_and_gives_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    append(&*log, request([received(1, 1, PHONE)])).unwrap();
    let store = folder.path().join("keys").join("subject-keys");
    let backup = fs::read(&store).unwrap();
    let id = log.id();
    append(&*log, request([received(2, 2, PHONE)])).unwrap();
    drop(log);
    fs::write(&store, backup).unwrap();
    // The older copy was used by another log meanwhile, and has as many keys.
    let keys = KeyStore::open(&Options::default().place_of_keys(folder.path()), Some(id), false).unwrap();
    keys.create(&[(subject(9).0, 1)]).unwrap();
    keys.close().unwrap();
    drop(keys);
    // The tail is derived only after an unclean stop, and so nothing is noticed before it is read.
    let log = open_small(folder.path());
    assert!(!is_erased(&log, 1));
    let error = log.get(Position(2)).unwrap_err().to_string();
    assert!(error.contains(&subject(2).to_string()) && error.contains("incomplete"), "{error}");
    let answer = append(&*log, request([note(&[2], "two")]));
    assert!(matches!(&answer, Err(AppendError::Keys(reason)) if reason.contains("incomplete")), "{answer:?}");
    append(&*log, request([note(&[3], "three")])).unwrap();
    assert_eq!(log.verify(&mut |_, _| {}).problem.unwrap().position, Position(2));
}

#[test]
fn who_appends_about_a_new_person_at_the_same_time_as_others_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    runtime.block_on(async {
        for race in 0..300 {
            let barrier = Arc::new(tokio::sync::Barrier::new(8));
            let mut writers = tokio::task::JoinSet::new();
            for writer in 0..8 {
                let (log, barrier) = (log.clone(), barrier.clone());
                writers.spawn(async move {
                    barrier.wait().await;
                    for _ in 0..writer {
                        tokio::task::yield_now().await;
                    }
                    log.append(request([note(&[race], "new")])).await.unwrap();
                });
            }
            while let Some(done) = writers.join_next().await {
                done.unwrap();
            }
        }
    });
}

#[test]
fn a_log_whose_keys_failed_erases_nobody_goes_on_and_stops_uncleanly() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    log.shared().keys.store().break_down();
    let refused = append(&*log, request([erased(&[1])]));
    assert!(matches!(&refused, Err(AppendError::Keys(reason)) if reason.contains("asked to fail")), "{refused:?}");
    append(&*log, request([note(&[1, 2], "known people can go on")])).unwrap();
    assert!(log.close().is_err());
    drop(log);
    assert!(!folder.path().join("log").join("clean-stop").exists());
    let log = open_small(folder.path());
    append(&*log, request([erased(&[1])])).unwrap();
    assert!(is_erased(&log, 1));
    assert_sound(&log);
}

#[test]
fn a_log_that_must_not_be_opened_changes_nothing_of_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    append(&*log, request([received(1, 1, PHONE)])).unwrap();
    log.shared().index.flush().unwrap();
    let early = tempfile::tempdir().unwrap();
    damage::copy_folder(&folder.path().join("log").join("records"), early.path());
    fill(&log, 20);
    block_on(log.shared().keys.create(vec![subject(2).0], log.head().0)).unwrap();
    drop(log);
    // The records are those of before; the index knows more. A torn key must stay as it is: the records may come back.
    fs::remove_file(folder.path().join("log").join("clean-stop")).unwrap();
    fs::remove_dir_all(folder.path().join("log").join("records")).unwrap();
    damage::copy_folder(early.path(), &folder.path().join("log").join("records"));
    let store = folder.path().join("keys").join("subject-keys");
    let mut bytes = fs::read(&store).unwrap();
    tear(&mut bytes, 2);
    fs::write(&store, &bytes).unwrap();
    let refused = damage::reopen(folder.path()).err().unwrap();
    assert!(matches!(refused, OpenError::HeadLost { .. }), "{refused}");
    assert!(fs::read(&store).unwrap() == bytes);
}

#[test]
fn verify_waits_for_an_erasure_that_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let (at_it, is_at_it) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    // Keys are gone and look-ups are there.
    *log.shared().between.lock() = Some(Box::new(move || {
        at_it.send(()).unwrap();
        may_go.recv().unwrap();
    }));
    std::thread::scope(|scope| {
        let erasing = scope.spawn(|| append(&*log, request([erased(&[1])])).unwrap());
        is_at_it.recv().unwrap();
        let (looked, has_looked) = mpsc::channel();
        let of_scope = &log;
        let verifying = scope.spawn(move || of_scope.verify(&mut |_, _| looked.send(()).unwrap()).problem);
        // It looks again and again: what is half done is neither right nor wrong.
        for _ in 0..10 {
            has_looked.recv().unwrap();
        }
        go.send(()).unwrap();
        erasing.join().unwrap();
        assert_eq!(verifying.join().unwrap(), None);
    });
}

#[test]
fn a_log_whose_master_key_was_replaced_says_what_it_said_and_the_old_one_is_refused() {
    let (folder, apart) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (master, new) = (folder.path().join("keys").join("master.key"), apart.path().join("new.key"));
    let env = || Arc::new(SeededEnvironment::new(1, NOW));
    let old_to = new.with_extension("old");
    let replace = || rewrap(folder.path(), env(), &Options::default(), MasterKeys { new: &new, old_to: &old_to });
    let log = open_small(folder.path());
    append(&*log, request([received(1, 1, "+31 20 555 01 01"), received(2, 2, "+31 20 555 01 02")])).unwrap();
    append(&*log, request([erased(&[2])])).unwrap();
    let said = log.read(&Query::all(), Range::ALL).unwrap();
    assert!(matches!(replace(), Err(RewrapError::Open(OpenError::Folder(FolderError::InUse { .. })))));
    drop(log);
    let old = fs::read(&master).unwrap();
    assert_eq!(replace().unwrap(), Rewrapped { keys: 1, master_key: master.clone() });
    let log = open_small(folder.path());
    assert_eq!(log.read(&Query::all(), Range::ALL).unwrap(), said);
    assert_eq!(log.verify(&mut |_, _| {}).problem, None);
    drop(log);
    assert!(matches!(replace(), Err(RewrapError::Keys(KeyError::SameMasterKey(_)))));
    fs::write(&master, old).unwrap();
    let refused = RocksLog::open(folder.path(), env(), &Options::default()).err().unwrap();
    assert!(matches!(refused, OpenError::Keys(KeyError::WrongMasterKey { .. })), "{refused}");
}
