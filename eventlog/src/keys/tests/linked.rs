//! People who are erased together: their lines in the ledger are one batch, of which a power cut may leave any part.

use std::fs;
use std::path::PathBuf;

use super::*;

/// The erasures of one event that names several people.
fn linked(numbers: &[u128], position: u64) -> Vec<Erasure> {
    let erased = numbers.iter().map(|number| SubjectId(subject(*number))).collect();
    let fact = Arc::new(PersonalDataErased { erased, ..(*erasure(numbers[0], position).fact).clone() });
    numbers.iter().map(|number| Erasure { fact: fact.clone(), ..erasure(*number, position) }).collect()
}

/// A store of seven people, the first three of whom were erased together, then the fourth, then the last three.
fn example() -> (TempDir, Uuid, PathBuf) {
    let (folder, log) = filled(&[&[1, 2, 3, 4, 5, 6, 7]]);
    let store = reopen(folder.path(), log).unwrap();
    for set in [linked(&[1, 2, 3], 10), linked(&[4], 11), linked(&[5, 6, 7], 12)] {
        store.destroy(&set).unwrap();
    }
    let ledger = folder.path().join("erasures");
    (folder, log, ledger)
}

/// Where the lines begin, and the end.
fn starts(text: &[u8]) -> Vec<usize> {
    let ends = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(ends).collect()
}

#[test]
fn a_linked_set_is_written_once_to_each_place_before_any_key_of_it_is_destroyed() {
    let folder = tempfile::tempdir().unwrap();
    let second = folder.path().join("apart");
    let place = Place { ledger: Some(second.clone()), ..place(&folder.path().join("keys")) };
    let store = KeyStore::open(&place, None, false).unwrap();
    store.settle(false).unwrap();
    store.create(&[(subject(1), 0), (subject(2), 0), (subject(3), 0)]).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (of_listener, own, keyring) = (seen.clone(), place.folder.join("erasures"), store.keyring().clone());
    store.listen(move |step| {
        let lines = |path: &Path| fs::read_to_string(path).unwrap().lines().count();
        let living = [1, 2, 3].iter().filter(|number| !keyring.is_destroyed(&subject(**number))).count();
        of_listener.lock().push((step, lines(&second), lines(&own), living));
    });
    store.destroy(&linked(&[1, 2, 3], 10)).unwrap();
    let expected =
        [(Step::LedgerInOnePlace, 3, 0, 3), (Step::LedgerWritten, 3, 3, 3), (Step::OneCopyDestroyed, 3, 3, 3)];
    assert_eq!(*seen.lock(), expected);
}

#[test]
fn a_batch_torn_at_any_byte_leaves_its_whole_lines_and_the_rest_is_written_again() {
    let (folder, log, ledger) = example();
    let whole = fs::read(&ledger).unwrap();
    let starts = starts(&whole);
    for size in starts[4]..whole.len() {
        fs::write(&ledger, &whole[..size]).unwrap();
        let store = reopen(folder.path(), log).unwrap();
        assert_eq!(store.erasures().len(), starts.iter().filter(|start| **start <= size).count() - 1);
        store.destroy(&linked(&[5, 6, 7], 12)).unwrap();
        drop(store);
        assert_eq!(fs::read(&ledger).unwrap(), whole, "torn to {size} bytes");
    }
}

#[test]
fn a_batch_with_holes_is_cut_at_the_first_of_them_and_written_again() {
    let (folder, log, ledger) = example();
    let whole = fs::read(&ledger).unwrap();
    let starts = starts(&whole);
    for from in (starts[4]..whole.len()).step_by(97) {
        for upto in (from + 1..=whole.len()).step_by(61) {
            let mut torn = whole.clone();
            torn[from..upto].fill(0);
            fs::write(&ledger, &torn).unwrap();
            let store = reopen(folder.path(), log).unwrap_or_else(|error| panic!("{from} to {upto}: {error}"));
            let left = starts.iter().filter(|start| **start <= from).count() - 1;
            assert_eq!(store.erasures().len(), left, "a hole from {from} to {upto}");
            store.destroy(&linked(&[5, 6, 7], 12)).unwrap();
            drop(store);
            assert_eq!(fs::read(&ledger).unwrap(), whole, "a hole from {from} to {upto}");
        }
    }
}

#[test]
fn a_hole_before_the_last_batch_is_damage_and_nothing_is_cut() {
    let (folder, log, ledger) = example();
    let whole = fs::read(&ledger).unwrap();
    let starts = starts(&whole);
    for line in 0..4 {
        for from in (starts[line]..starts[line + 1] - 1).step_by(53) {
            let mut damaged = whole.clone();
            damaged[from] = 0;
            fs::write(&ledger, &damaged).unwrap();
            let error = refusal(folder.path(), log);
            let named = line as u64 + 1;
            assert!(matches!(error, KeyError::DamagedLedger { line, .. } if line == named), "byte {from}: {error}");
            assert_eq!(fs::read(&ledger).unwrap(), damaged);
        }
    }
}

#[test]
fn a_batch_whose_sync_failed_is_written_anew_as_a_whole() {
    let (folder, log, ledger) = example();
    let starts = starts(&fs::read(&ledger).unwrap());
    let place = place(folder.path());
    let of_last_batch = crate::keys::ledger::Ledger::open(&place.ledger(), None, log).unwrap().unsure();
    assert_eq!(of_last_batch, starts[4]);
}
