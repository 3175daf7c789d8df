//! What a restore leaves that is killed after any of its steps: nothing that opens and lacks an erasure.

use super::restore::{Places, lost, receive, recorded_erasures};
use super::*;
use crate::backup::restore::Step;
use crate::keys::KeyError;

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn copied(places: &Places) -> Places {
    let copy = Places::new();
    copy_folder(places.folder.path(), copy.folder.path());
    copy
}

/// Restores with a set of keys, or with the keys that are in their place; `pass` hears of every step.
fn restore(places: &Places, with_set: bool, pass: &mut dyn FnMut(Step)) -> Result<Restored, BackupError> {
    let (backups, sets, data) = (places.at("backups"), places.at("sets"), places.at("restored"));
    let source = Source::Backup { folder: &backups, id: None };
    let (keys_from, options) = (with_set.then_some(&*sets), &places.options("restored-keys"));
    let restore = Restore { source, data: &data, keys_from, options, contradict_as: None };
    let env: Arc<dyn Environment> = Arc::new(SystemEnvironment);
    restore.run_passing(&env, &mut |_, _| {}, pass)
}

/// What was lost, with the keys of the set in their place unless they are to be brought back.
fn example(with_set: bool) -> Places {
    let places = lost();
    if !with_set {
        copy_folder(&places.at("sets").join("000001"), &places.at("restored-keys"));
    }
    places
}

fn assert_whole(log: &RocksLog, when: &str) {
    assert_eq!(log.erasures().len(), 4, "{when}");
    assert_eq!(recorded_erasures(log).iter().map(Vec::len).sum::<usize>(), 4, "{when}");
    let erased = all(log, log.head()).iter().filter(|event| event.contains("LeadReceived")).count();
    assert_eq!(erased, 5, "{when}");
    assert_eq!(log.verify(&mut |_, _| {}).problem, None, "{when}");
}

#[test]
fn a_restore_that_is_killed_after_any_step_is_refused_at_opening_or_complete_and_can_be_run_again() {
    for with_set in [true, false] {
        let places = example(with_set);
        let mut killed = Vec::new();
        restore(&places, with_set, &mut |step| killed.push((step, copied(&places)))).unwrap();
        assert_whole(&places.restored(), "not killed");
        let count = killed.iter().filter(|(step, _)| *step != Step::KeysMoved).count();
        assert_eq!((count, killed.len() > count), (8, with_set));
        for (number, (step, places)) in killed.iter().enumerate() {
            let when = format!("killed at step {number}, {step:?}, with a set: {with_set}");
            let opened = copied(places);
            let options = &opened.options("restored-keys");
            let opened = RocksLog::open(&opened.at("restored"), Arc::new(SystemEnvironment), options);
            match opened {
                Ok(log) => assert_whole(&log, &when),
                Err(error) => assert!(error.to_string().contains("was not finished: run it again"), "{when}: {error}"),
            }
            match restore(places, with_set, &mut |_| {}) {
                Ok(restored) => assert_eq!(restored.erasures, 4, "{when}"),
                Err(error) => {
                    assert!(*step == Step::LogMoved && matches!(error, BackupError::NotEmpty(_)), "{when}: {error}");
                }
            }
            assert_whole(&places.restored(), &when);
        }
    }
}

#[test]
fn a_try_that_fails_does_not_forget_that_an_earlier_one_has_moved_keys() {
    let (places, mut killed) = (example(true), Vec::new());
    let mut look = |step| {
        if step == Step::KeysMoved {
            killed.push(copied(&places));
        }
    };
    restore(&places, true, &mut look).unwrap();
    assert!(killed.iter().any(|places| places.at("restored-keys").join("subject-keys").exists()));
    for places in killed {
        let slots = places.at("sets").join("000001").join("subject-keys");
        let good = fs::read(&slots).unwrap();
        fs::write(&slots, &good[1..]).unwrap();
        let refused = restore(&places, true, &mut |_| {}).unwrap_err();
        assert!(matches!(refused, BackupError::Keys(KeyError::DamagedSet { .. })), "{refused}");
        fs::write(&slots, good).unwrap();
        restore(&places, true, &mut |_| {}).unwrap();
        assert_whole(&places.restored(), "the third try");
        assert!(!places.at("restored-keys").join("restore-unfinished").exists());
    }
}

#[test]
fn keys_that_came_into_use_are_not_replaced_because_of_what_a_restore_has_left() {
    let (places, mut killed) = (example(true), Vec::new());
    let mut look = |step| {
        if matches!(step, Step::Closed | Step::LogMoved) {
            killed.push((step, copied(&places)));
        }
    };
    restore(&places, true, &mut look).unwrap();
    assert_eq!(killed.len(), 2);
    for (step, places) in killed {
        assert!(places.at("restored-keys").join("restore-unfinished").is_dir(), "{step:?}");
        fs::remove_dir_all(places.at("restored").join("restore-unfinished")).unwrap();
        // Before the keys were moved an empty log begins there, with keys of its own; afterwards the log goes on.
        let is_new = step == Step::Closed;
        let options = places.options("restored-keys");
        let options = Options { ledger: options.ledger.filter(|_| !is_new), ..options };
        let log = RocksLog::open(&places.at("restored"), Arc::new(SystemEnvironment), &options).unwrap();
        assert_eq!(log.head() == Position::START, is_new);
        receive(&log, 100..101);
        drop(log);
        fs::remove_dir_all(places.at("restored")).unwrap();
        let slots = places.at("restored-keys").join("subject-keys");
        let before = fs::read(&slots).unwrap();
        let refused = restore(&places, true, &mut |_| {}).unwrap_err();
        assert!(matches!(refused, BackupError::KeysThere(_)), "{step:?}: {refused}");
        assert_eq!(fs::read(&slots).unwrap(), before, "{step:?}");
    }
}
