//! Torn ends are cut, damage elsewhere is told and passed over.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::place::{Place, operations, read};
use crate::{Cursor, Filter, Flaw, Reader};

async fn record(place: &Place, operations: &[&str]) {
    let log = place.open();
    for operation in operations {
        log.record(vec![read(operation)]).await.unwrap();
    }
    log.close().await.unwrap();
}

fn append(file: &Path, bytes: &[u8]) {
    File::options().append(true).open(file).unwrap().write_all(bytes).unwrap();
}

#[tokio::test]
async fn a_torn_last_line_is_cut_and_the_numbers_go_on() {
    let whole = {
        let place = Place::new();
        record(&place, &["a", "b", "c"]).await;
        fs::read(place.file("2026-11-22")).unwrap()
    };
    let third = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for kept in third..whole.len() {
        let place = Place::new();
        fs::create_dir(place.path()).unwrap();
        fs::write(place.file("2026-11-22"), &whole[..kept]).unwrap();
        let log = place.open();
        assert_eq!((log.opened().cut_bytes, log.head().unwrap().seq), ((kept - third) as u64, 2), "{kept} bytes kept");
        log.record(vec![read("d")]).await.unwrap();
        drop(log);
        assert_eq!(operations(&place.path()), ["a", "b", "d"]);
        assert!(Reader::of(&place.path()).verify(None).unwrap().is_whole());
    }
}

#[tokio::test]
async fn a_last_line_that_cannot_be_read_is_cut_and_no_more_than_one() {
    let place = Place::new();
    record(&place, &["a"]).await;
    append(&place.file("2026-11-22"), b"{\"v\":1\n\0\0\0\0\n");
    let log = place.open();
    assert_eq!(log.opened().cut_bytes, 5);
    log.record(vec![read("b")]).await.unwrap();
    let page = log.query(Filter::default(), 10, None).await.unwrap();
    assert_eq!((page.entries.len(), page.damaged), (2, 1));
    let verified = log.verify(None).await.unwrap();
    let breaks: Vec<_> = verified.breaks.iter().map(|found| (found.line, found.flaw)).collect();
    assert_eq!((breaks.as_slice(), verified.head), ([(2, Flaw::Unreadable)].as_slice(), log.head()));
}

#[tokio::test]
async fn a_day_that_was_torn_before_its_first_line_is_begun_again() {
    let place = Place::new();
    record(&place, &["a"]).await;
    fs::write(place.file("2026-11-23"), b"{\"v\":").unwrap();
    place.clock.set("2026-11-23T01:00:00Z");
    let log = place.open();
    log.record(vec![read("b")]).await.unwrap();
    assert_eq!(log.head().unwrap().seq, 2);
    assert!(log.verify(log.head()).await.unwrap().is_whole());
}

#[tokio::test]
async fn a_broken_line_in_the_middle_is_counted_and_passed_over() {
    let place = Place::new();
    record(&place, &["a", "b", "c"]).await;
    let file = place.file("2026-11-22");
    let broken = fs::read_to_string(&file).unwrap().replacen("\"operation\":\"b\"", "\"operation\":\"b", 1);
    fs::write(&file, broken).unwrap();
    let log = place.open();
    for filter in [Filter::default(), Filter { subject: Some(super::place::lead(1)), ..Filter::default() }] {
        let page = log.query(filter, 10, None).await.unwrap();
        assert_eq!((page.entries.len(), page.damaged), (2, 1));
    }
    let of_nobody = Filter { subject: Some(super::place::lead(99)), ..Filter::default() };
    assert_eq!(log.query(of_nobody, 10, None).await.unwrap().damaged, 1);
    assert_eq!(log.head().unwrap().seq, 3);
}

#[tokio::test]
async fn a_line_longer_than_any_can_be_is_damage_and_hides_nothing() {
    let place = Place::new();
    record(&place, &["a"]).await;
    let mut long = vec![b'x'; 3 << 20];
    long.push(b'\n');
    append(&place.file("2026-11-22"), &long);
    append(&place.file("2026-11-22"), b"y\n");
    record(&place, &["b"]).await;
    let page = Reader::of(&place.path()).query(&Filter::default(), 10, None).unwrap();
    assert_eq!((page.entries.len(), page.damaged), (2, 1));
    assert_eq!(Reader::of(&place.path()).verify(None).unwrap().breaks.len(), 1);
}

#[tokio::test]
async fn fields_and_kinds_of_a_later_version_are_no_damage() {
    let place = Place::new();
    record(&place, &["a"]).await;
    let file = place.file("2026-11-22");
    let later = fs::read_to_string(&file).unwrap();
    let later = later.replacen("\"v\":1", "\"v\":2,\"device\":{\"os\":[1]}", 1).replacen("READ", "FORWARD", 1);
    fs::write(&file, later).unwrap();
    let page = Reader::of(&place.path()).query(&Filter::default(), 10, None).unwrap();
    assert_eq!((page.entries[0].access.kind, page.damaged), (crate::Kind::Other, 0));
}

#[tokio::test]
async fn a_cursor_of_no_line_is_refused() {
    let place = Place::new();
    record(&place, &["a", "b"]).await;
    let reader = Reader::of(&place.path());
    let good = reader.query(&Filter::default(), 1, None).unwrap().cursor.unwrap();
    assert_eq!(good.to_string().parse::<Cursor>().unwrap(), good);
    let askew = Cursor { offset: good.offset - 1, ..good };
    assert!(reader.query(&Filter::default(), 1, Some(askew)).is_err());
    assert!("".parse::<Cursor>().is_err() && "MjAyNi0x".parse::<Cursor>().is_err());
    assert!(reader.query(&Filter::default(), 0, None).is_err() && reader.query(&Filter::default(), 101, None).is_err());
}
