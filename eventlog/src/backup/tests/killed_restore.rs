//! What a restore leaves that is killed after any of its steps: nothing that opens and lacks an erasure.

use super::restore::{Places, lost, recorded_erasures};
use super::*;
use crate::backup::restore::Step;

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
