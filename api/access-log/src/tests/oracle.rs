//! The log answers as a list in memory would, whatever is recorded, asked and reopened.

use letopis_domain::ids::EmployeeId;
use letopis_domain::values::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::place::{Place, all, lead};
use crate::{Access, Filter, Kind, Reader};

#[derive(Clone, Debug)]
enum Step {
    Record(Vec<Access>),
    Submit(Vec<Access>),
    /// By so many hours, also back.
    MoveClock(i64),
    Reopen,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![Kind::Read, Kind::Export, Kind::Refused, Kind::Administration])
}

fn employee() -> impl Strategy<Value = Option<EmployeeId>> {
    prop::option::of((0..3_u128).prop_map(|number| EmployeeId(Uuid::from_u128(number))))
}

fn access() -> impl Strategy<Value = Access> {
    let subjects = prop::collection::vec((0..4_u128).prop_map(lead), 0..3);
    (kind(), employee(), subjects, "\\PC{0,20}").prop_map(|(kind, employee, subjects, operation)| Access {
        employee,
        subjects,
        operation: Some(operation),
        ..Access::new(Uuid::from_u128(1), kind)
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop::collection::vec(access(), 1..4).prop_map(Step::Record),
        2 => prop::collection::vec(access(), 1..4).prop_map(Step::Submit),
        3 => prop_oneof![4 => 0..30_i64, 1 => -40..0_i64].prop_map(Step::MoveClock),
        1 => Just(Step::Reopen),
    ]
}

/// Instants near those that the clock shows, also whole days.
fn instant() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::of(
        (-48..200_i64).prop_map(|hours| super::place::time("2026-11-22T12:00:00Z").plus_ms(hours * 3_600_000)),
    )
}

fn filter() -> impl Strategy<Value = Filter> {
    let subject = prop::option::of((0..4_u128).prop_map(lead));
    (employee(), subject, prop::option::of(kind()), instant(), instant())
        .prop_map(|(employee, subject, kind, from, until)| Filter { employee, subject, kind, from, until })
}

/// What was told, in order.
struct Told {
    at: Timestamp,
    access: Access,
}

fn is_wanted(told: &Told, filter: &Filter) -> bool {
    if filter.employee.is_some() && filter.employee != told.access.employee {
        return false;
    }
    if filter.kind.is_some_and(|kind| kind != told.access.kind) {
        return false;
    }
    if filter.subject.as_ref().is_some_and(|wanted| !told.access.subjects.iter().any(|subject| subject == wanted)) {
        return false;
    }
    filter.from.unwrap_or(Timestamp::MIN) <= told.at && told.at < filter.until.unwrap_or(Timestamp::MAX)
}

fn compare(reader: &Reader, told: &[Told], filter: &Filter, first: usize) {
    let found: Vec<_> =
        all(reader, filter, first).into_iter().map(|entry| (entry.seq, entry.at, entry.access)).collect();
    let numbered = told.iter().enumerate().rev().filter(|(_, told)| is_wanted(told, filter));
    let expected: Vec<_> = numbered.map(|(index, told)| (index as u64 + 1, told.at, told.access.clone())).collect();
    assert_eq!(found, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_page_is_that_of_a_list_in_memory(
        steps in prop::collection::vec(step(), 1..40),
        filters in prop::collection::vec((filter(), 1..6_usize), 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let place = Place::new();
        let mut log = place.open();
        let mut told = Vec::new();
        for step in steps {
            match step {
                Step::Record(accesses) => {
                    told.extend(accesses.iter().map(|access| Told { at: place.clock.now(), access: access.clone() }));
                    runtime.block_on(log.record(accesses)).unwrap();
                }
                Step::Submit(accesses) => {
                    told.extend(accesses.iter().map(|access| Told { at: place.clock.now(), access: access.clone() }));
                    runtime.block_on(log.submit(accesses)).unwrap();
                }
                Step::MoveClock(hours) => {
                    let moved = place.clock.now().plus_ms(hours * 3_600_000);
                    place.clock.set(&moved.to_string());
                }
                Step::Reopen => {
                    drop(log);
                    log = place.open();
                }
            }
        }
        // An answer to this one means that everything submitted before is durable.
        let last = Access::new(Uuid::nil(), Kind::Administration);
        told.push(Told { at: place.clock.now(), access: last.clone() });
        runtime.block_on(log.record(vec![last])).unwrap();
        for (filter, first) in filters.iter().chain([&(Filter::default(), 3)]) {
            compare(&log.reader(), &told, filter, *first);
        }
        prop_assert!(log.reader().verify(log.head()).unwrap().is_whole());
        drop(log);
        for (filter, first) in &filters {
            compare(&Reader::of(&place.path()), &told, filter, *first);
        }
    }
}
