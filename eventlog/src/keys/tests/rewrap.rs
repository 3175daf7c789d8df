//! Another master key: whatever it stops at, one master key fits the slots, and of the other wrapping nothing is left.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::keys::rewrap::{Rewrap, RewrapStep};

const STEPS: [RewrapStep; 4] =
    [RewrapStep::MasterKeyBeside, RewrapStep::SlotsBeside, RewrapStep::SlotsInPlace, RewrapStep::MasterKeyInPlace];

/// A store of five hundred and ninety-nine people and one who was erased, closed.
fn example() -> (TempDir, Uuid, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let store = new(folder.path());
    store.create(&(1..=600).map(|number| (subject(number), 0)).collect::<Vec<_>>()).unwrap();
    store.destroy(&[erasure(40, 7)]).unwrap();
    store.close().unwrap();
    let log = store.log();
    let apart = folder.path().join("new-master.key");
    (folder, log, apart)
}

fn keys(store: &KeyStore) -> Vec<[u8; 32]> {
    let living = (1..=600).filter(|number| *number != 40);
    living.map(|number| *store.keyring().part_key(&[subject(number)]).unwrap()).collect()
}

/// Replaces the master key, and dies right after a step.
fn rewrap(folder: &Path, apart: &Path, dies_after: Option<RewrapStep>) -> Result<u64, KeyError> {
    let place = place(folder);
    Rewrap { place: &place, new_master_key: apart }.run(&mut |step| {
        if Some(step) == dies_after { Err(KeyError::Closed) } else { Ok(()) }
    })
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

const ALL_FILES: [&str; 4] = ["erasures", "master.key", "new-master.key", "subject-keys"];

/// The wrapped key of the second slot, as it stands in the file.
fn wrapped(folder: &Path) -> Vec<u8> {
    fs::read(folder.join("subject-keys")).unwrap()[slot_at(Twin::First, 2)][24..96].to_vec()
}

#[test]
fn every_key_is_wrapped_by_the_new_master_key_alone_and_opens_what_it_opened() {
    let (folder, log, apart) = example();
    let (before, old_master) = (keys(&reopen(folder.path(), log).unwrap()), folder.path().join("master.key"));
    let (old_wrapped, old_text) = (wrapped(folder.path()), fs::read(&old_master).unwrap());
    assert_eq!(rewrap(folder.path(), &apart, None).unwrap(), 599);
    assert_eq!(names(folder.path()), ALL_FILES);
    assert_eq!(fs::read(&old_master).unwrap(), fs::read(&apart).unwrap(), "it was drawn, and is in its place");
    for file in names(folder.path()) {
        let bytes = fs::read(folder.path().join(file)).unwrap();
        assert!(!bytes.windows(24).any(|window| window == &old_wrapped[..24]));
    }
    let store = reopen(folder.path(), log).unwrap();
    assert_eq!(keys(&store), before);
    assert!(store.keyring().is_destroyed(&subject(40)));
    store.create(&[(subject(700), 9)]).unwrap();
    drop(store);
    fs::write(&old_master, old_text).unwrap();
    assert!(matches!(refusal(folder.path(), log), KeyError::WrongMasterKey { .. }));
}

#[test]
fn a_replacement_that_dies_after_any_step_is_finished_or_dropped_by_the_next_opening() {
    for step in STEPS {
        let (folder, log, apart) = example();
        let before = keys(&reopen(folder.path(), log).unwrap());
        let old_text = fs::read(folder.path().join("master.key")).unwrap();
        rewrap(folder.path(), &apart, Some(step)).unwrap_err();
        let store = reopen(folder.path(), log).unwrap();
        assert_eq!(keys(&store), before, "{step:?}");
        store.destroy(&[erasure(41, 8)]).unwrap();
        drop(store);
        assert_eq!(names(folder.path()), ALL_FILES, "{step:?}");
        let is_decided = matches!(step, RewrapStep::SlotsInPlace | RewrapStep::MasterKeyInPlace);
        let master = fs::read(folder.path().join("master.key")).unwrap();
        assert_eq!(master == old_text, !is_decided, "{step:?}");
        assert_eq!(master == fs::read(&apart).unwrap(), is_decided, "{step:?}");
        // And it can be done again, with the same key if that one did not come into use.
        let again = if is_decided { folder.path().join("third.key") } else { apart };
        assert_eq!(rewrap(folder.path(), &again, None).unwrap(), 598, "{step:?}");
        let store = reopen(folder.path(), log).unwrap();
        assert!([40, 41].iter().all(|number| store.keyring().is_destroyed(&subject(*number))));
        assert_eq!(*store.keyring().part_key(&[subject(1)]).unwrap(), before[0], "{step:?}");
    }
}

#[test]
fn files_that_a_power_cut_left_half_written_are_dropped() {
    for (step, name) in
        [(RewrapStep::MasterKeyBeside, "master.key.rewrapping"), (RewrapStep::SlotsBeside, "subject-keys.rewrapping")]
    {
        let (folder, log, apart) = example();
        let before = keys(&reopen(folder.path(), log).unwrap());
        rewrap(folder.path(), &apart, Some(step)).unwrap_err();
        let file = folder.path().join(name);
        let whole = fs::read(&file).unwrap();
        for size in [0, 1, whole.len() / 2, whole.len() - 1] {
            fs::write(&file, &whole[..size]).unwrap();
            assert_eq!(keys(&reopen(folder.path(), log).unwrap()), before, "{name} of {size} bytes");
            assert_eq!(names(folder.path()), ALL_FILES, "{name} of {size} bytes");
        }
    }
}

#[test]
fn opening_changes_nothing_of_a_replacement_before_log_and_store_are_known_to_fit() {
    let (folder, log, apart) = example();
    rewrap(folder.path(), &apart, Some(RewrapStep::SlotsInPlace)).unwrap_err();
    let before = names(folder.path());
    drop(KeyStore::open(&place(folder.path()), Some(log), true).unwrap());
    assert_eq!(names(folder.path()), before);
}

#[test]
fn the_same_master_key_and_a_store_in_use_are_refused() {
    let (folder, log, apart) = example();
    fs::copy(folder.path().join("master.key"), &apart).unwrap();
    let refused = rewrap(folder.path(), &apart, None).unwrap_err();
    assert!(matches!(refused, KeyError::SameMasterKey(_)), "{refused}");
    fs::remove_file(&apart).unwrap();
    let store = reopen(folder.path(), log).unwrap();
    assert!(matches!(rewrap(folder.path(), &apart, None), Err(KeyError::InUse(_))));
    drop(store);
    assert_eq!(names(folder.path()), ["erasures", "master.key", "subject-keys"]);
}
