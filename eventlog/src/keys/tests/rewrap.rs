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

/// Where the old master key is copied to.
fn old_of(apart: &Path) -> PathBuf {
    apart.with_extension("old")
}

/// Replaces the master key, and dies right after a step.
fn rewrap(folder: &Path, apart: &Path, dies_after: Option<RewrapStep>) -> Result<u64, KeyError> {
    let place = place(folder);
    Rewrap { place: &place, new_master_key: apart, old_master_key_to: &old_of(apart) }.run(&mut |step| {
        if Some(step) == dies_after { Err(KeyError::Closed) } else { Ok(()) }
    })
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

const ALL_FILES: [&str; 5] = ["erasures", "master.key", "new-master.key", "new-master.old", "subject-keys"];

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
    assert_eq!(fs::read(old_of(&apart)).unwrap(), old_text, "sets of keys from before need it");
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

#[test]
fn the_old_master_key_is_copied_to_a_place_of_its_own_before_anything_is_decided() {
    let (folder, log, apart) = example();
    let (in_place, copy) = (folder.path().join("master.key"), old_of(&apart));
    fs::write(&copy, "a diary").unwrap();
    let refused = rewrap(folder.path(), &apart, None).unwrap_err();
    assert!(matches!(refused, KeyError::NoPlaceForOldMasterKey(_)), "{refused}");
    assert_eq!(fs::read_to_string(&copy).unwrap(), "a diary");
    fs::remove_file(&copy).unwrap();
    std::os::unix::fs::symlink(&in_place, &copy).unwrap();
    let refused = rewrap(folder.path(), &apart, None).unwrap_err();
    assert!(matches!(refused, KeyError::NoPlaceForOldMasterKey(_)), "it would be no copy: {refused}");
    fs::remove_file(&copy).unwrap();
    rewrap(folder.path(), &apart, Some(RewrapStep::MasterKeyBeside)).unwrap_err();
    assert_eq!(fs::read(&copy).unwrap(), fs::read(&in_place).unwrap());
    drop(reopen(folder.path(), log).unwrap());
    assert_eq!(rewrap(folder.path(), &apart, None).unwrap(), 599, "the copy is there already");
}

#[test]
fn a_new_master_key_that_cannot_be_put_in_place_opens_the_store_from_where_it_lies() {
    let (folder, log, apart) = example();
    let before = keys(&reopen(folder.path(), log).unwrap());
    let (in_place, place) = (folder.path().join("master.key"), place(folder.path()));
    let rewrap = Rewrap { place: &place, new_master_key: &apart, old_master_key_to: &old_of(&apart) };
    // No file can take the name of a folder.
    let mut stand_in = |step: RewrapStep| -> Result<(), KeyError> {
        if step == RewrapStep::SlotsInPlace {
            fs::remove_file(&in_place).unwrap();
            fs::create_dir(&in_place).unwrap();
        }
        Ok(())
    };
    let refused = rewrap.run(&mut stand_in).unwrap_err();
    assert!(matches!(refused, KeyError::MasterKeyBeside { .. }), "{refused}");
    assert!(refused.to_string().contains("master.key.rewrapping"), "{refused}");
    for _ in 0..2 {
        let store = reopen(folder.path(), log).unwrap();
        assert_eq!(keys(&store), before);
    }
    let refused = rewrap.run(&mut |_| Ok(())).unwrap_err();
    assert!(matches!(refused, KeyError::MasterKeyBeside { .. }), "{refused}");
    fs::remove_dir(&in_place).unwrap();
    fs::copy(&apart, &in_place).unwrap();
    assert_eq!(keys(&reopen(folder.path(), log).unwrap()), before);
    assert_eq!(names(folder.path()), ALL_FILES, "put there by hand, it is what opens the store");
}

#[test]
fn a_link_is_not_replaced_and_a_restore_removes_nothing_of_a_replacement() {
    for name in ["master.key", "subject-keys"] {
        let (folder, _, apart) = example();
        let (file, real) = (folder.path().join(name), folder.path().join("real"));
        fs::rename(&file, &real).unwrap();
        std::os::unix::fs::symlink(&real, &file).unwrap();
        let refused = rewrap(folder.path(), &apart, None).unwrap_err();
        assert!(matches!(&refused, KeyError::Linked(linked) if *linked == file), "{refused}");
    }
    for step in [RewrapStep::SlotsBeside, RewrapStep::SlotsInPlace] {
        let (folder, log, apart) = example();
        rewrap(folder.path(), &apart, Some(step)).unwrap_err();
        let before = names(folder.path());
        let store = KeyStore::open(&Place { is_restoring: true, ..place(folder.path()) }, Some(log), true).unwrap();
        store.settle(true).unwrap();
        drop(store);
        assert_eq!(names(folder.path()), before, "{step:?}");
    }
}

#[test]
fn making_a_master_key_removes_no_file_of_a_like_name() {
    let folder = tempfile::tempdir().unwrap();
    let (vault, other) = (folder.path().join("vault.key"), folder.path().join("vault.new"));
    fs::write(&other, "precious").unwrap();
    drop(KeyStore::open(&Place { master_key: vault, ..place(folder.path()) }, None, false).unwrap());
    assert_eq!(fs::read_to_string(&other).unwrap(), "precious");
}
