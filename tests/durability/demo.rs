//! A demo that is killed while it is written is never taken for a whole one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::rocks::{Options, RocksLog};
use tempfile::TempDir;

/// Longest wait for the first records of the demo.
const PATIENCE: Duration = Duration::from_mins(1);

/// The `letopis` binary, built beside the test binaries.
fn letopis(arguments: &[&str], folder: &Path) -> Command {
    let test = std::env::current_exe().unwrap();
    let binary: PathBuf = test.parent().and_then(Path::parent).unwrap().join("letopis");
    assert!(binary.exists(), "{} is missing: run `cargo build --workspace` first, or `make test`", binary.display());
    let mut command = Command::new(binary);
    command.args(arguments).arg("--data").arg(folder);
    command
}

fn run(arguments: &[&str], folder: &Path) -> Output {
    letopis(arguments, folder).output().unwrap()
}

/// Bytes of all files below a folder.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(
            |entry| {
                if entry.path().is_dir() { size(&entry.path()) } else { entry.metadata().map_or(0, |meta| meta.len()) }
            },
        )
        .sum()
}

#[test]
fn a_demo_that_is_killed_is_begun_again() {
    let folder = TempDir::new().unwrap();
    let mut writer = letopis(&["demo", "--size", "large"], folder.path()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while size(folder.path()) < 1_000_000 {
        assert!(started.elapsed() < PATIENCE && writer.try_wait().unwrap().is_none(), "nothing is written");
        std::thread::yield_now();
    }
    let beside = run(&["demo"], folder.path());
    assert_eq!(beside.status.code(), Some(3), "two writers: {beside:?}");
    writer.kill().unwrap();
    writer.wait().unwrap();
    assert!(!folder.path().join("log").exists(), "a part of a demo looks like a company");

    let again = run(&["demo"], folder.path());
    assert!(again.status.success(), "{again:?}");
    let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["keys", "log"]);
    let verified = run(&["verify"], folder.path());
    assert!(String::from_utf8_lossy(&verified.stdout).contains("the log is sound"), "{verified:?}");

    let full = run(&["demo"], folder.path());
    assert_eq!(full.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&full.stderr).contains("the demo needs a data folder of its own"), "{full:?}");
}

#[test]
fn an_empty_log_gives_way_to_the_demo() {
    let folder = TempDir::new().unwrap();
    let empty = RocksLog::open(folder.path(), Arc::new(SystemEnvironment), &Options::default()).unwrap();
    empty.close().unwrap();
    drop(empty);
    let written = run(&["demo"], folder.path());
    assert!(written.status.success(), "{written:?}");
    let verified = run(&["verify"], folder.path());
    assert!(String::from_utf8_lossy(&verified.stdout).contains("the log is sound"), "{verified:?}");
}
