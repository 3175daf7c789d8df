//! The ledger of erasures: what it says is done, and damage is named.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::checked_line;

/// A store with three erasures, and its ledger.
fn example() -> (TempDir, Uuid, PathBuf) {
    let (folder, log) = filled(&[&[1, 2, 3]]);
    let store = reopen(folder.path(), log).unwrap();
    store.destroy(&[erasure(1, 10), erasure(2, 11)]).unwrap();
    store.destroy(&[erasure(3, 12)]).unwrap();
    let ledger = folder.path().join("erasures");
    (folder, log, ledger)
}

#[test]
fn a_line_says_who_when_where_and_what_the_key_was_called() {
    let (folder, log, ledger) = example();
    let text = fs::read_to_string(ledger).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1]["subject"], subject(2).to_string());
    assert_eq!((&lines[1]["position"], &lines[1]["slot"]), (&11.into(), &2.into()));
    assert_eq!(lines[1]["recordedAt"], "2026-01-05T10:00:00Z");
    assert_eq!(lines[1]["log"], log.to_string());
    let first = blake3::hash(text.lines().next().unwrap().as_bytes());
    assert_eq!(lines[1]["previous"], first.to_hex().as_str());
    let fingerprint = lines[1]["fingerprint"].as_str().unwrap();
    assert!(fingerprint.len() == 16 && fingerprint != "0".repeat(16), "{fingerprint}");
    let slot = &fs::read(folder.path().join("subject-keys")).unwrap()[2 * 128..3 * 128];
    assert_eq!(data_encoding::HEXLOWER.encode(&slot[96..104]), fingerprint, "the tombstone has the same");
}

#[test]
fn a_last_line_torn_at_any_byte_is_cut_and_written_again() {
    let (folder, log, ledger) = example();
    let whole = fs::read(&ledger).unwrap();
    let start = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for size in start..whole.len() {
        let mut torn = whole[..size].to_vec();
        if size % 3 == 0 && size > start {
            // The end may be there and the beginning not.
            torn = whole.clone();
            torn[start..size].fill(0);
        }
        fs::write(&ledger, torn).unwrap();
        let store = reopen(folder.path(), log).unwrap();
        assert_eq!(store.erasures().len(), 2, "torn to {size} bytes");
        store.destroy(&[erasure(3, 12)]).unwrap();
        drop(store);
        assert_eq!(fs::read(&ledger).unwrap(), whole, "torn to {size} bytes");
    }
}

/// A line that says another position, with the checksum that fits.
fn rewritten(line: &str) -> String {
    let content = checked_line::decode(line.trim_end().as_bytes()).unwrap().replace("\"position\":1", "\"position\":2");
    checked_line::encode(&serde_json::value::RawValue::from_string(content).unwrap()).unwrap()
}

#[test]
fn a_line_that_was_changed_is_named() {
    let (folder, log, ledger) = example();
    let good = fs::read_to_string(&ledger).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let position = |line: &str| line.replace("\"position\":1", "\"position\":2");
    let cases = [
        (1, format!("{}\n{}\n{}\n", lines[0].replace("{\"", "{\" "), lines[1], lines[2])),
        (1, format!("{}\n{}\n{}\n", position(lines[0]), lines[1], lines[2])),
        (2, format!("{}\n{}\n", lines[0], lines[2])),
        (1, format!("{}\n{}\n", lines[1], lines[2])),
        (3, format!("{}\n{}\n{}\n", lines[0], lines[1], lines[2].replace("\"position\":", "\"place\":"))),
        // Nothing comes after the last one.
        (3, format!("{}\n{}\n{}\n", lines[0], lines[1], position(lines[2]))),
        // A line that was written anew, checksum and all, is noticed by the one after it.
        (2, format!("{}{}\n{}\n", rewritten(lines[0]), lines[1], lines[2])),
    ];
    for (line, text) in cases {
        fs::write(&ledger, &text).unwrap();
        let error = refusal(folder.path(), log);
        assert!(matches!(error, KeyError::DamagedLedger { line: named, .. } if named == line), "{error}\n{text}");
        assert!(error.to_string().contains("erasures"), "{error}");
    }
}

#[test]
fn a_ledger_of_another_log_is_refused() {
    let (folder, log, ledger) = example();
    let (_other, other_log, other_ledger) = example();
    fs::copy(other_ledger, ledger).unwrap();
    let error = refusal(folder.path(), log);
    assert!(error.to_string().contains(&other_log.to_string()), "{error}");
}

#[test]
fn keys_of_an_old_backup_are_destroyed_again() {
    let (folder, log) = filled(&[&[1, 2]]);
    let file = folder.path().join("subject-keys");
    let backup = fs::read(&file).unwrap();
    let store = reopen(folder.path(), log).unwrap();
    store.create(&[(subject(3), 0)]).unwrap();
    store.destroy(&[erasure(1, 10), erasure(3, 10)]).unwrap();
    drop(store);
    fs::write(&file, &backup).unwrap();
    let store = reopen(folder.path(), log).unwrap();
    assert!([1, 3].iter().all(|number| store.keyring().is_destroyed(&subject(*number))));
    assert!(store.keyring().part_key(&[subject(2)]).is_ok());
    assert_eq!(fs::read(&file).unwrap()[128 + 24..128 + 96], [0; 72]);
    assert_eq!(store.erasures().len(), 2);
}

fn settled(place: &Place, log: Option<Uuid>) -> Result<KeyStore, KeyError> {
    let store = KeyStore::open(place, log, false)?;
    store.settle(false)?;
    Ok(store)
}

/// A store whose ledger has a second place, and that place.
fn with_second_place() -> (TempDir, Place, Uuid) {
    let folder = tempfile::tempdir().unwrap();
    let place =
        Place { ledger: Some(folder.path().join("apart").join("ledger")), ..place(&folder.path().join("keys")) };
    let store = settled(&place, None).unwrap();
    store.create(&[(subject(1), 0), (subject(2), 0)]).unwrap();
    let log = store.log();
    (folder, place, log)
}

#[test]
fn an_erasure_that_only_one_place_of_the_ledger_has_is_applied_and_written_in_the_other() {
    let (_folder, place, log) = with_second_place();
    let files = [place.folder.join("subject-keys"), place.folder.join("erasures")];
    let older = files.each_ref().map(|file| fs::read(file).unwrap());
    let open = || settled(&place, Some(log));
    open().unwrap().destroy(&[erasure(1, 10)]).unwrap();
    let second = place.ledger.clone().unwrap();
    let line = fs::read(&second).unwrap();
    assert_eq!((fs::read(&files[1]).unwrap(), line.is_empty()), (line.clone(), false));
    for (file, bytes) in files.iter().zip(&older) {
        fs::write(file, bytes).unwrap();
    }
    assert!(open().unwrap().keyring().is_destroyed(&subject(1)), "by the second place");
    assert_eq!(fs::read(&files[1]).unwrap(), line);
    fs::remove_file(&second).unwrap();
    fs::write(&files[0], &older[0]).unwrap();
    assert!(open().unwrap().keyring().is_destroyed(&subject(1)), "by the first");
    assert_eq!(fs::read(&second).unwrap(), line);
}

#[test]
fn ledgers_that_went_apart_are_refused_and_damage_in_either_is_named() {
    let (_folder, place, log) = with_second_place();
    let open = || settled(&place, Some(log));
    let refused = || settled(&place, Some(log)).err().expect("it must not open").to_string();
    let alone = Place { ledger: None, ..place.clone() };
    settled(&alone, Some(log)).unwrap().destroy(&[erasure(1, 10)]).unwrap();
    let (own, second) = (place.folder.join("erasures"), place.ledger.clone().unwrap());
    let one = fs::read_to_string(&own).unwrap();
    let other = rewritten(&one);
    fs::write(&second, &other).unwrap();
    assert!(refused().contains("differ in line 1"), "{}", refused());
    assert_eq!(fs::read_to_string(&second).unwrap(), other);
    fs::write(&second, one.replace("\"slot\":", "\"place\":")).unwrap();
    let said = refused();
    assert!(said.contains("apart/ledger") && said.contains("line 1"), "{said}");
    fs::write(&second, &one[..20]).unwrap();
    assert_eq!(open().unwrap().erasures().len(), 1);
    assert_eq!(fs::read_to_string(&second).unwrap(), one);
}
