//! Days go when they are old enough, whole, and not before.

use super::place::{Place, operations, read, time};
use crate::{AccessLog, Day, Filter, Options, Reader};

fn open(place: &Place, retention_days: Option<u32>) -> AccessLog {
    AccessLog::open(&place.path(), Options { retention_days }, place.clock.clock()).unwrap()
}

/// Four days, one access each; the last is today.
async fn four_days(retention_days: Option<u32>) -> (Place, AccessLog) {
    let place = Place::new();
    let log = open(&place, retention_days);
    for day in ["2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"] {
        place.clock.set(&format!("{day}T23:59:59.999999Z"));
        log.record(vec![read(day)]).await.unwrap();
    }
    (place, log)
}

fn removed(log: &AccessLog, now: &str) -> Vec<String> {
    log.enforce_retention(time(now)).unwrap().iter().map(Day::to_string).collect()
}

#[tokio::test]
async fn a_day_is_removed_at_the_first_instant_at_which_all_of_it_is_too_old() {
    let (place, log) = four_days(Some(2)).await;
    assert!(removed(&log, "2026-11-21T23:59:59.999999Z").is_empty());
    assert_eq!(removed(&log, "2026-11-22T00:00:00Z"), ["2026-11-19"]);
    assert!(removed(&log, "2026-11-22T00:00:00Z").is_empty());
    assert_eq!(operations(&place.path()), ["2026-11-20", "2026-11-21", "2026-11-22"]);
}

#[tokio::test]
async fn what_is_left_is_a_whole_chain_and_goes_on_after_all_else_is_gone() {
    let (place, log) = four_days(Some(0)).await;
    let known = log.head();
    let page = log.query(Filter::default(), 1, None).await.unwrap();
    assert_eq!(removed(&log, "2027-11-22T00:00:00Z"), ["2026-11-19", "2026-11-20", "2026-11-21"]);
    let verified = log.verify(known).await.unwrap();
    assert!(verified.is_whole() && verified.has_known && verified.first_seq == Some(4), "{verified:?}");
    // A page that was begun before ends early.
    assert!(log.query(Filter::default(), 1, page.cursor).await.unwrap().entries.is_empty());
    drop(log);
    place.clock.set("2027-11-22T00:00:00Z");
    let log = open(&place, Some(0));
    log.record(vec![read("later")]).await.unwrap();
    assert_eq!(log.head().unwrap().seq, 5);
    assert_eq!(removed(&log, "2027-11-22T00:00:00Z"), ["2026-11-22"]);
    let verified = Reader::of(&place.path()).verify(known).unwrap();
    assert!(verified.is_whole() && !verified.has_known, "{verified:?}");
}

#[tokio::test]
async fn without_a_retention_everything_stays() {
    let (place, log) = four_days(None).await;
    assert!(removed(&log, "2126-11-22T00:00:00Z").is_empty());
    assert_eq!(operations(&place.path()).len(), 4);
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_years_back_removes_nothing() {
    let (place, log) = four_days(Some(1)).await;
    assert!(removed(&log, "1970-01-01T00:00:00Z").is_empty());
    assert_eq!(operations(&place.path()).len(), 4);
}
