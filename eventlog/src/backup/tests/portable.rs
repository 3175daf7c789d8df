//! A portable file gives the same log, and whatever is not as it was written is refused with its line.

use super::*;
use crate::contract::{erased, received};
use crate::proof::SigningKeys;

/// A log with people, an erasure and a checkpoint, and its portable file.
fn exported() -> (tempfile::TempDir, Arc<RocksLog>, String) {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(&folder.path().join("keys"), "crm.example.com/log").unwrap();
    let log = open(folder.path());
    for number in 1..=300 {
        let person = received(number, number % 5, "+31 20 555 01 01");
        append_request(&*log, request([person, qualified(number, 1)])).unwrap();
    }
    append_request(&*log, request([erased(&[3])])).unwrap();
    log.checkpoint().unwrap();
    let mut file = Vec::new();
    let summary = log.export_portable(&mut file, &mut |_, _| {}).unwrap();
    assert_eq!((summary.records, summary.bytes), (601, file.len() as u64));
    (folder, log, String::from_utf8(file).unwrap())
}

fn bring_back(text: &str, keys_of: &Path, data: &Path) -> Result<Restored, BackupError> {
    carry_keys(keys_of, data);
    let (ledger, file) = (data.join("ledger"), data.join("log.ndjson"));
    fs::copy(keys_of.join("keys").join("erasures"), &ledger).unwrap();
    fs::write(&file, text).unwrap();
    let options = Options { ledger: Some(ledger), ..Options::default() };
    let source = Source::Portable(&file);
    run(&Restore { source, data, keys_from: None, options: &options, contradict_as: None })
}

#[test]
fn a_portable_file_gives_the_same_log_with_the_same_root() {
    let (folder, log, text) = exported();
    let data = tempfile::tempdir().unwrap();
    let restored = bring_back(&text, folder.path(), data.path()).unwrap();
    assert_eq!((restored.head, restored.backup, restored.applied), (Position(601), None, 0));
    let again = open(data.path());
    assert_eq!(again.root(), log.root());
    assert_eq!(again.id(), log.id());
    assert_eq!(all(&again, again.head()), all(&log, log.head()));
    assert_eq!(again.checkpoints().unwrap(), log.checkpoints().unwrap());
    assert_eq!(again.verify(&mut |_, _| {}).problem, None);
    append(&again, 3);
    let mut file = Vec::new();
    again.export_portable(&mut file, &mut |_, _| {}).unwrap();
    let records = |text: &str| text.lines().skip(2).take(601).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(records(&String::from_utf8(file).unwrap()), records(&text), "and the same file, as far as it goes");
}

#[test]
fn a_line_says_what_happened_without_what_was_erased() {
    let (_folder, _log, text) = exported();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["format"], "letopis log 1");
    assert!(lines[1]["checkpoint"]["checkpoint"].as_str().unwrap().starts_with("crm.example.com/log\n601\n"));
    assert_eq!((&lines[2]["position"], &lines[2]["event"]["type"]), (&1.into(), &"LeadReceived".into()));
    assert!(lines[2]["personal"].to_string().contains("Name of 1"), "{}", lines[2]);
    assert_eq!(lines[6]["personal"], "erased");
    assert!(!text.contains("Name of 3"));
}

#[test]
fn a_file_that_is_cut_changed_or_in_another_order_is_refused_with_its_line() {
    let (folder, _log, text) = exported();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let without = |left_out: usize| -> String {
        lines.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, line)| *line).collect()
    };
    let mut swapped = lines.clone();
    swapped.swap(99, 100);
    let mut doubled = lines.clone();
    doubled.insert(50, lines[49]);
    let flipped = |line: usize, from: &str, to: &str| -> String {
        let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        assert!(changed[line - 1].contains(from), "{}", changed[line - 1]);
        changed[line - 1] = changed[line - 1].replacen(from, to, 1);
        changed.concat()
    };
    let cases = [
        (String::new(), 1, "empty"),
        (text[..text.len() / 2].to_owned(), 0, "cut"),
        (without(lines.len() - 1), lines.len(), "without its summary"),
        (without(0), 1, "it does not read"),
        (without(9), 10, "position 8 should come here, and it is 9"),
        (swapped.concat(), 100, "position 98 should come here"),
        (doubled.concat(), 51, "position 49 should come here"),
        (flipped(20, "LeadQualified", "LeadQualifiee"), 20, "checksum"),
        (flipped(20, "\"frame\":\"", "\"frame\":\"A"), 20, "checksum"),
        (flipped(2, "601", "602"), 2, "checksum"),
        (format!("{text}\n"), lines.len() + 1, "checksum"),
        (format!("{text}{}", lines[5]), lines.len() + 1, "more after the summary"),
        // Each line is whole, but they are not those of this file.
        (without(1), lines.len() - 1, "not those that were written"),
    ];
    for (bad, line, expected) in cases {
        let data = tempfile::tempdir().unwrap();
        let refused = bring_back(&bad, folder.path(), data.path()).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}, not {expected}");
        assert!(line == 0 || refused.contains(&format!("line {line} of")), "{refused}, not line {line}");
        assert!(!data.path().join("log").exists());
    }
}
