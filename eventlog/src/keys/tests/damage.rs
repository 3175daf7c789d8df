//! A key store that was damaged: every bit is noticed and named, what was torn before its use is void.

use std::fs;

use proptest::prelude::*;

use super::*;

const SLOT: usize = 128;

/// Three batches of keys, one of which was destroyed.
fn example() -> (TempDir, Uuid, Vec<u8>) {
    let (folder, log) = filled(&[&[1, 2], &[3], &[4, 5, 6]]);
    let store = reopen(folder.path(), log).unwrap();
    store.destroy(&[erasure(2, 300)]).unwrap();
    drop(store);
    let bytes = fs::read(folder.path().join("subject-keys")).unwrap();
    (folder, log, bytes)
}

/// The slot that opening names, as damaged or in doubt.
fn named(folder: &Path, log: Uuid) -> Option<u32> {
    let doubt = match reopen(folder, log) {
        Ok(store) => store.doubt()?.0,
        Err(error) => error,
    };
    assert!(doubt.to_string().contains("subject-keys"), "{doubt}");
    match doubt {
        KeyError::DamagedHeader { .. } => Some(0),
        KeyError::DamagedSlot { slot, .. } => Some(slot),
        error => panic!("{error}"),
    }
}

fn flip(bytes: &mut [u8], at: usize) {
    bytes[at] ^= 1 << (at % 8);
}

#[test]
fn a_flipped_bit_of_one_copy_is_put_right() {
    let (folder, log, bytes) = example();
    let file = folder.path().join("subject-keys");
    for (twin, was_clean) in [(Twin::First, true), (Twin::Second, true), (Twin::First, false)] {
        // The slots in use; behind them a clean stop says that all was zeros.
        for at in (0..SLOT * if was_clean { 9 } else { 7 }).step_by(5) {
            let mut damaged = bytes.clone();
            flip(&mut damaged, slot_at(twin, 0).start + at);
            fs::write(&file, damaged).unwrap();
            let store = KeyStore::open(&place(folder.path()), Some(log), was_clean).unwrap();
            assert!(store.doubt().is_none(), "byte {at}");
            store.settle(was_clean).unwrap();
            store.close().unwrap();
            assert!(fs::read(&file).unwrap() == bytes, "byte {at} of {twin:?}");
        }
    }
}

#[test]
fn every_flipped_bit_of_both_copies_is_noticed_and_its_slot_named() {
    let (folder, log, bytes) = example();
    let file = folder.path().join("subject-keys");
    // The last slot is free: what stands there was never whole.
    for at in 0..SLOT * 8 {
        let mut damaged = bytes.clone();
        for twin in Twin::BOTH {
            flip(&mut damaged, slot_at(twin, 0).start + at);
        }
        fs::write(&file, damaged).unwrap();
        assert_eq!(named(folder.path(), log), u32::try_from(at / SLOT).ok(), "byte {at}");
    }
}

#[test]
fn copies_that_contradict_each_other_are_named() {
    let (folder, log, bytes) = example();
    let (_other, _, others) = example();
    for slot in [0, 1, 3] {
        let mut damaged = bytes.clone();
        damaged[slot_at(Twin::Second, slot)].copy_from_slice(&others[slot_at(Twin::Second, slot)]);
        fs::write(folder.path().join("subject-keys"), damaged).unwrap();
        let error = refusal(folder.path(), log).to_string();
        assert!(error.contains("contradict") && error.contains(&format!("slot {slot}")), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn damage_of_any_size_is_noticed(from in 0..SLOT * 8, bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        let (folder, log, good) = example();
        let mut damaged = good.clone();
        for twin in Twin::BOTH {
            let start = slot_at(twin, 0).start + from;
            for (place, byte) in damaged[start..].iter_mut().zip(&bytes) {
                *place ^= byte;
            }
        }
        prop_assume!(damaged != good);
        fs::write(folder.path().join("subject-keys"), &damaged).unwrap();
        let changed = damaged.iter().zip(&good).position(|(one, other)| one != other).unwrap() / SLOT;
        prop_assert_eq!(named(folder.path(), log), u32::try_from(changed).ok());
    }
}

#[test]
fn a_slot_of_an_earlier_batch_is_refused_and_one_of_the_last_is_in_doubt() {
    for (slot, is_refused, after) in [(1, true, 0), (3, true, 0), (4, false, 100), (6, false, 100)] {
        let (folder, log, mut bytes) = example();
        for twin in Twin::BOTH {
            bytes[slot_at(twin, slot)][50] ^= 1;
        }
        fs::write(folder.path().join("subject-keys"), bytes).unwrap();
        match reopen(folder.path(), log) {
            Err(KeyError::DamagedSlot { slot: named, .. }) => assert_eq!((named as usize, is_refused), (slot, true)),
            Err(error) => panic!("{error}"),
            Ok(store) => {
                let (doubt, head) = store.doubt().unwrap();
                assert!(doubt.to_string().contains(&format!("slot {slot}")), "{doubt}");
                assert_eq!((is_refused, head), (false, after));
            }
        }
    }
}

#[test]
fn a_slot_torn_at_any_byte_before_its_use_is_void_and_the_store_goes_on() {
    for size in 0..SLOT {
        let (folder, log, mut bytes) = example();
        bytes[slot_at(Twin::First, 6)][size..].fill(0);
        // The other copy was not written yet.
        bytes[slot_at(Twin::Second, 6)].fill(0);
        fs::write(folder.path().join("subject-keys"), bytes).unwrap();
        let store = reopen(folder.path(), log).unwrap();
        store.settle(false).unwrap();
        assert!(store.doubt().is_none());
        let lost: Vec<_> = store.keyring().missing([subject(4), subject(5), subject(6)].iter());
        assert_eq!(lost.len(), 1, "torn to {size} bytes");
        store.create(&[(lost[0], 500)]).unwrap();
        drop(store);
        let store = reopen(folder.path(), log).unwrap();
        assert!(store.doubt().is_none());
        assert!(store.keyring().missing([subject(1), subject(4), subject(5), subject(6)].iter()).is_empty());
    }
}

#[test]
fn a_file_that_was_cut_off_loses_no_key_as_long_as_one_copy_is_there() {
    for (size, is_lost) in [(70_000, false), (40_000, false), (128 * 3, true)] {
        let (folder, log, mut bytes) = example();
        bytes.truncate(size);
        fs::write(folder.path().join("subject-keys"), bytes).unwrap();
        let store = reopen(folder.path(), log).unwrap();
        assert_eq!(store.keyring().missing([subject(6)].iter()).len(), usize::from(is_lost));
        store.create(&[(subject(7), 500)]).unwrap();
        assert_eq!(store.check_covers(7).is_err(), is_lost, "the log says how many there were");
    }
}

#[test]
fn a_hole_before_later_slots_of_its_batch_is_in_doubt() {
    let (folder, log, mut bytes) = example();
    for twin in Twin::BOTH {
        bytes[slot_at(twin, 4)].fill(0);
    }
    fs::write(folder.path().join("subject-keys"), bytes).unwrap();
    let store = reopen(folder.path(), log).unwrap();
    let (doubt, after) = store.doubt().unwrap();
    assert!(doubt.to_string().contains("slot 4"), "{doubt}");
    assert_eq!(after, 100);
}

#[test]
fn a_destruction_that_was_torn_is_finished() {
    let (folder, log, after) = example();
    let file = folder.path().join("subject-keys");
    // In one copy, at any byte.
    for size in 0..=SLOT {
        let mut torn = after.clone();
        torn[slot_at(Twin::First, 2)][size..].fill(0xa5);
        fs::write(&file, &torn).unwrap();
        let store = reopen(folder.path(), log).unwrap();
        assert!(store.doubt().is_none() && store.keyring().is_destroyed(&subject(2)), "torn at {size}");
        drop(store);
        assert!(fs::read(&file).unwrap() == after, "torn at {size}");
    }
}

#[test]
fn a_master_key_of_another_store_is_refused_by_name() {
    let (folder, log, _) = example();
    let (other, _) = filled(&[]);
    fs::copy(other.path().join("master.key"), folder.path().join("master.key")).unwrap();
    let error = refusal(folder.path(), log);
    assert!(matches!(error, KeyError::WrongMasterKey { .. }), "{error}");
    assert!(error.to_string().contains("master.key"), "{error}");
}

#[test]
fn a_master_key_that_is_no_key_is_refused_by_name() {
    let (folder, log, _) = example();
    let file = folder.path().join("master.key");
    let good = fs::read_to_string(&file).unwrap();
    for bad in
        ["", "# only a comment\n", "0123\n", &good.replace('#', ""), &good.to_uppercase(), &format!("{good}00\n")]
    {
        fs::write(&file, bad).unwrap();
        let error = refusal(folder.path(), log);
        assert!(matches!(error, KeyError::UnreadableMasterKey { .. }), "{bad:?}: {error}");
    }
    fs::remove_file(&file).unwrap();
    assert!(refusal(folder.path(), log).to_string().contains("there is no such file"));
}

#[test]
fn a_store_of_another_log_is_refused_by_its_id() {
    let (folder, log, _) = example();
    let error = refusal(folder.path(), Uuid::nil());
    assert!(matches!(error, KeyError::OtherLog { .. }) && error.to_string().contains(&log.to_string()), "{error}");
    let error = KeyStore::open(&place(folder.path()), None, false).err().expect("a new log must not take a used store");
    assert!(matches!(error, KeyError::OtherLog { .. }), "{error}");
}

#[test]
fn a_store_that_is_gone_is_missed_and_not_made_anew() {
    let (folder, log, _) = example();
    fs::remove_file(folder.path().join("subject-keys")).unwrap();
    assert!(matches!(refusal(folder.path(), log), KeyError::Missing(_)));
    assert!(!folder.path().join("subject-keys").exists());
}

#[test]
fn a_store_in_use_is_refused() {
    let (folder, log, _) = example();
    let _store = reopen(folder.path(), log).unwrap();
    assert!(matches!(refusal(folder.path(), log), KeyError::InUse(_)));
}
