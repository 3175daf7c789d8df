//! The shim itself: what was synced always survives its power cuts, and what was not is lost often enough.

use std::path::Path;
use std::process::{Command, Output};

use letopis_torture::child::program;
use letopis_torture::probe::{PAGE, SIZE};
use letopis_torture::shim::{Disk, POWER_CUT, subject};

const RUNS: u64 = 60;
/// Of the runs, how many must end in each way that is possible.
const OFTEN: usize = 4;
const SECTOR: usize = 512;

/// What became of one file in one run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Kept,
    Lost,
    Torn,
}

fn probe(place: &Path, seed: u64, disk: Disk) -> Output {
    run("probe", place, seed, disk)
}

fn run(what: &str, place: &Path, seed: u64, disk: Disk) -> Output {
    let mut command = Command::new(program());
    command.arg(what).arg(place.join("data"));
    subject(&mut command, &place.join("data"), &place.join("grave"), seed, disk).unwrap();
    command.output().unwrap()
}

/// Runs the probe with many seeds and looks at what is left.
fn fates(look: impl Fn(&Path) -> Fate) -> Vec<Fate> {
    let one = |seed| {
        let place = tempfile::tempdir().unwrap();
        let output = probe(place.path(), seed, Disk::PowerCut { at: u64::MAX, doomed: None, syncs_lie: false });
        assert_eq!(output.status.code(), Some(POWER_CUT), "{output:?}");
        look(&place.path().join("data"))
    };
    (0..RUNS).map(one).collect()
}

fn times(fates: &[Fate], fate: Fate) -> usize {
    fates.iter().filter(|each| **each == fate).count()
}

fn new_bytes(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'n').count() - 1
}

/// Every sector is old or new as a whole.
fn sectors_are_whole(bytes: &[u8]) {
    for sector in bytes.chunks(SECTOR) {
        assert!(sector.iter().all(|byte| *byte == sector[0]), "a sector is torn");
    }
}

#[test]
fn synced_bytes_survive_and_unsynced_ones_are_kept_lost_or_torn() {
    let old = vec![b'o'; SIZE];
    let overwritten = fates(|data| {
        assert_eq!(std::fs::read(data.join("synced")).unwrap(), old);
        let bytes = std::fs::read(data.join("overwritten")).unwrap();
        assert_eq!(bytes.len(), SIZE);
        sectors_are_whole(&bytes);
        match new_bytes(&bytes) {
            SIZE => Fate::Kept,
            0 => Fate::Lost,
            _ => Fate::Torn,
        }
    });
    for fate in [Fate::Kept, Fate::Lost, Fate::Torn] {
        assert!(times(&overwritten, fate) >= OFTEN, "{overwritten:?}");
    }
    let appended = fates(|data| {
        let bytes = std::fs::read(data.join("appended")).unwrap();
        assert_eq!(bytes[..SIZE], old, "synced bytes changed");
        match (bytes.len() - SIZE, new_bytes(&bytes)) {
            (SIZE, SIZE) => Fate::Kept,
            (_, 0) => Fate::Lost,
            _ => Fate::Torn,
        }
    });
    for fate in [Fate::Kept, Fate::Lost, Fate::Torn] {
        assert!(times(&appended, fate) >= OFTEN, "{appended:?}");
    }
}

#[test]
fn an_unsynced_truncation_may_not_have_happened() {
    let truncated = fates(|data| match std::fs::read(data.join("truncated")).unwrap() {
        bytes if bytes.is_empty() => Fate::Kept,
        bytes if bytes == vec![b'o'; SIZE] => Fate::Lost,
        _ => Fate::Torn,
    });
    assert!(times(&truncated, Fate::Kept) >= OFTEN && times(&truncated, Fate::Lost) >= OFTEN, "{truncated:?}");
}

#[test]
fn names_are_lost_unless_their_folder_was_synced() {
    let is_there = |data: &Path, name: &str| data.join(name).exists();
    let nameless = fates(|data| {
        if !is_there(data, "nameless") {
            return Fate::Lost;
        }
        assert_eq!(std::fs::read(data.join("nameless")).unwrap(), vec![b'n'; SIZE], "its bytes were synced");
        Fate::Kept
    });
    let moved = fates(|data| {
        assert_ne!(is_there(data, "moved"), is_there(data, "arrived"));
        assert_eq!(std::fs::metadata(data.join("replaced")).unwrap().len(), SIZE as u64);
        if is_there(data, "arrived") { Fate::Kept } else { Fate::Lost }
    });
    let removed = fates(|data| if is_there(data, "removed") { Fate::Lost } else { Fate::Kept });
    let folder = fates(|data| if is_there(data, "folder") { Fate::Kept } else { Fate::Lost });
    for each in [nameless, moved, removed, folder] {
        assert!(times(&each, Fate::Kept) >= OFTEN && times(&each, Fate::Lost) >= OFTEN, "{each:?}");
    }
}

#[test]
fn full_disks_and_failing_syncs_are_felt() {
    for (disk, words) in [
        (Disk::Full { from: 3, calls: 100 }, "No space left on device"),
        (Disk::SyncFails { from: 2, doomed: None }, "Input/output error"),
    ] {
        let place = tempfile::tempdir().unwrap();
        let output = probe(place.path(), 1, disk);
        assert!(String::from_utf8_lossy(&output.stderr).contains(words), "{output:?}");
    }
}

#[test]
fn what_a_failed_sync_left_behind_is_lost_in_the_cut_of_a_later_process_unless_it_is_written_again() {
    let mut fates = Vec::new();
    for seed in 0..RUNS {
        let place = tempfile::tempdir().unwrap();
        let (file, doomed) = (place.path().join("data").join("synced"), place.path().join("doomed"));
        let failed = probe(place.path(), seed, Disk::SyncFails { from: 1, doomed: Some(doomed.clone()) });
        assert!(!failed.status.success() && std::fs::read(&file).unwrap() == vec![b'o'; SIZE], "it reads well");
        let again = run(
            "probe-again",
            place.path(),
            seed,
            Disk::PowerCut { at: u64::MAX, doomed: Some(doomed), syncs_lie: false },
        );
        assert_eq!(again.status.code(), Some(POWER_CUT), "{again:?}");
        let bytes = std::fs::read(&file).unwrap();
        assert_eq!(bytes[..PAGE], [b'n'; PAGE], "what was written again is on disk");
        fates.push(if bytes[PAGE..].iter().all(|byte| *byte == b'o') { Fate::Kept } else { Fate::Lost });
    }
    assert!(times(&fates, Fate::Kept) >= OFTEN && times(&fates, Fate::Lost) >= OFTEN, "{fates:?}");
}
