//! Sizes and module docs of Rust files.

use crate::{CRATES, files};

/// Most lines of a file, tests included.
const FILE_LINES_MAX: usize = 500;

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let long: Vec<String> = files(CRATES, &["rs", "mjs", "js", "sh"])
        .iter()
        .filter(|file| !file.path.starts_with("api/assets/"))
        .map(|file| (file.text.lines().count(), &file.path))
        .filter(|(lines, _)| *lines > FILE_LINES_MAX)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "files over {FILE_LINES_MAX} lines; split them by idea:\n{}", long.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_is() {
    let silent: Vec<String> = files(CRATES, &["rs"])
        .iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path.clone())
        .collect();
    assert!(silent.is_empty(), "files without a module doc on line 1:\n{}", silent.join("\n"));
}

/// Modules whose main type still stands in their `mod.rs`; the list may only shrink.
const LOGIC_IN_MOD: &[&str] = &["eventlog/src/chunk/mod.rs"];

#[test]
fn module_files_hold_no_logic() {
    let mut offenders = Vec::new();
    for file in files(CRATES, &["rs"]).iter().filter(|file| file.path.ends_with("/mod.rs")) {
        if LOGIC_IN_MOD.contains(&file.path.as_str()) {
            continue;
        }
        for (number, line) in file.text.lines().enumerate() {
            if line.starts_with("fn ") || line.starts_with("pub fn ") || line.starts_with("impl") {
                offenders.push(format!("{}:{}: {line}", file.path, number + 1));
            }
        }
    }
    assert!(offenders.is_empty(), "mod.rs holds only docs, modules and re-exports:\n{}", offenders.join("\n"));
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    let mut offenders = Vec::new();
    for file in files(CRATES, &["rs"]) {
        if file.path.starts_with("tests/tidy/") {
            continue;
        }
        for (number, line) in file.text.lines().enumerate() {
            if line.trim_start().starts_with("#[allow(") || line.trim_start().starts_with("#![allow(") {
                offenders.push(format!("{}:{}: {line}", file.path, number + 1));
            }
        }
    }
    assert!(offenders.is_empty(), "use #[expect(lint, reason = \"…\")]:\n{}", offenders.join("\n"));
}
