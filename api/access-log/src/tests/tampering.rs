//! What somebody changes in the files, the chain tells.

use std::fs;

use super::place::{Place, read};
use crate::{AccessLogError, Flaw, Head, Reader, Verified};

/// Two days of four lines each.
async fn two_days() -> (Place, Head) {
    let place = Place::new();
    let log = place.open();
    for (day, names) in [("2026-11-22", ["a", "b", "c", "d"]), ("2026-11-23", ["e", "f", "g", "h"])] {
        place.clock.set(&format!("{day}T10:00:00Z"));
        for name in names {
            log.record(vec![read(name)]).await.unwrap();
        }
    }
    let head = log.head().unwrap();
    log.close().await.unwrap();
    (place, head)
}

fn verify(place: &Place, known: Option<Head>) -> Verified {
    Reader::of(&place.path()).verify(known).unwrap()
}

/// Changes the lines of a day.
fn edit(place: &Place, day: &str, change: impl FnOnce(&mut Vec<String>)) {
    let file = place.file(day);
    let mut lines = fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(&file, lines.into_iter().map(|line| line + "\n").collect::<String>()).unwrap();
}

fn first_break(place: &Place, known: Option<Head>) -> Option<(String, u64, Flaw)> {
    let found = verify(place, known).breaks.first().copied()?;
    Some((found.day.unwrap().to_string(), found.line, found.flaw))
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_whole() {
    let (place, head) = two_days().await;
    let verified = verify(&place, Some(head));
    assert!(verified.is_whole() && verified.has_known);
    assert_eq!((verified.days, verified.lines, verified.first_seq, verified.head), (2, 8, Some(1), Some(head)));
}

#[tokio::test]
async fn any_byte_of_any_line_tells_when_it_is_changed() {
    let (place, _) = two_days().await;
    let file = place.file("2026-11-22");
    let whole = fs::read(&file).unwrap();
    for (at, bit) in (0..whole.len()).flat_map(|at| [(at, 1), (at, 0x20)]) {
        let mut changed = whole.clone();
        changed[at] ^= bit;
        fs::write(&file, &changed).unwrap();
        let line = whole[..at].split(|byte| *byte == b'\n').count() as u64;
        let found = first_break(&place, None).unwrap_or_else(|| panic!("byte {at} was changed unseen"));
        assert_eq!((found.0.as_str(), found.1), ("2026-11-22", line), "byte {at}");
    }
}

#[tokio::test]
async fn a_line_that_was_removed_tells() {
    for (line, flaw) in [(0, Flaw::Beginning), (1, Flaw::Hash), (2, Flaw::Hash)] {
        let (place, _) = two_days().await;
        edit(&place, "2026-11-22", |lines| _ = lines.remove(line));
        assert_eq!(first_break(&place, None), Some(("2026-11-22".to_owned(), line as u64 + 1, flaw)));
    }
    // The last of a day, and the first of the next, are missed at the day's edge.
    for (day, line) in [("2026-11-22", 3), ("2026-11-23", 0)] {
        let (place, _) = two_days().await;
        edit(&place, day, |lines| _ = lines.remove(line));
        assert_eq!(first_break(&place, None), Some(("2026-11-23".to_owned(), 1, Flaw::DayBefore)));
    }
}

#[tokio::test]
async fn two_lines_that_changed_places_tell() {
    let (place, _) = two_days().await;
    edit(&place, "2026-11-23", |lines| lines.swap(1, 2));
    assert_eq!(first_break(&place, None), Some(("2026-11-23".to_owned(), 2, Flaw::Hash)));
}

#[tokio::test]
async fn lines_cut_off_at_the_end_tell_to_who_knows_the_head() {
    let (place, head) = two_days().await;
    edit(&place, "2026-11-23", |lines| _ = lines.pop());
    assert!(verify(&place, None).is_whole(), "the chain alone cannot know");
    assert_eq!(first_break(&place, Some(head)), Some(("2026-11-23".to_owned(), 3, Flaw::Missing)));
    fs::remove_file(place.file("2026-11-22")).unwrap();
    fs::remove_file(place.file("2026-11-23")).unwrap();
    assert_eq!(verify(&place, Some(head)).breaks[0].flaw, Flaw::Missing);
}

#[tokio::test]
async fn a_log_that_was_written_anew_tells_to_who_knows_the_head() {
    let (place, head) = two_days().await;
    let forged = Place::new();
    let log = forged.open();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
        log.record(vec![read(name)]).await.unwrap();
    }
    assert!(log.verify(None).await.unwrap().is_whole());
    let found = log.verify(Some(head)).await.unwrap().breaks;
    assert_eq!(found.iter().map(|found| (found.seq, found.flaw)).collect::<Vec<_>>(), [(Some(8), Flaw::Known)]);
    drop(place);
}

#[tokio::test]
async fn a_check_that_nobody_waits_for_stops() {
    let (place, _) = two_days().await;
    let stopped = Reader::of(&place.path()).verify_unless(None, &|| true);
    assert!(matches!(stopped, Err(AccessLogError::GivenUp)));
}
