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

#[test]
fn every_flipped_bit_is_noticed_and_its_slot_named() {
    let (folder, log, bytes) = example();
    let file = folder.path().join("subject-keys");
    // The last slot is free: what stands there was never whole.
    for at in 0..SLOT * 8 {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&file, damaged).unwrap();
        let slot = u32::try_from(at / SLOT).unwrap();
        // A slot whose subject still reads is known to the ledger as destroyed: it is put right with a warning.
        let found = named(folder.path(), log);
        if slot == 2 && !(8..24).contains(&(at % SLOT)) {
            assert_eq!(found, None, "byte {at}");
        } else {
            assert_eq!(found, Some(slot), "byte {at}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn damage_of_any_size_is_noticed(from in 0..SLOT * 8, bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        let (folder, log, good) = example();
        let mut damaged = good.clone();
        for (place, byte) in damaged[from..].iter_mut().zip(&bytes) {
            *place ^= byte;
        }
        prop_assume!(damaged != good);
        fs::write(folder.path().join("subject-keys"), &damaged).unwrap();
        let changed = damaged.iter().zip(&good).position(|(one, other)| one != other).unwrap() / SLOT;
        let found = named(folder.path(), log);
        // The slot of the destroyed key is put right; damage may go on behind it.
        prop_assert!(found == u32::try_from(changed).ok() || changed == 2, "{changed} {found:?}");
    }
}

#[test]
fn a_slot_of_an_earlier_batch_is_refused_and_one_of_the_last_is_in_doubt() {
    for (slot, is_refused, after) in [(1, true, 0), (3, true, 0), (4, false, 100), (6, false, 100)] {
        let (folder, log, mut bytes) = example();
        bytes[slot * SLOT + 50] ^= 1;
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
        bytes[6 * SLOT + size..7 * SLOT].fill(0);
        if size % 2 == 0 {
            // The file may end there, too.
            bytes.truncate(6 * SLOT + size);
        }
        fs::write(folder.path().join("subject-keys"), bytes).unwrap();
        let store = reopen(folder.path(), log).unwrap();
        if store.doubt().is_some() {
            store.void_doubtful().unwrap();
        }
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
fn a_hole_before_later_slots_of_its_batch_is_in_doubt() {
    let (folder, log, mut bytes) = example();
    bytes[4 * SLOT..5 * SLOT].fill(0);
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
    let (other, other_log) = filled(&[&[1, 2], &[3], &[4, 5, 6]]);
    drop((other, other_log));
    // Between the living slot and the tombstone, at any byte.
    for size in 0..=SLOT {
        let mut torn = after.clone();
        torn[2 * SLOT + size..3 * SLOT].fill(0xa5);
        let subject_and_more = 2 * SLOT + 8..2 * SLOT + 24;
        torn[subject_and_more.clone()].copy_from_slice(&after[subject_and_more]);
        fs::write(&file, &torn).unwrap();
        let store = reopen(folder.path(), log).unwrap();
        assert!(store.doubt().is_none() && store.keyring().is_destroyed(&subject(2)), "torn at {size}");
        drop(store);
        let healed = fs::read(&file).unwrap();
        assert!(healed[2 * SLOT + 24..2 * SLOT + 96].iter().all(|byte| *byte == 0), "torn at {size}");
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
    let error = KeyStore::open(&place(folder.path()), None).err().expect("a new log must not take a used store");
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
