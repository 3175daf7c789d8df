//! Timelines: order, roll-up, pages, what came late.

use letopis_domain::activity::Direction::{Inbound, Outbound};
use letopis_domain::activity::{CallRecorded, Subjects};
use letopis_domain::contact::ContactUpdated;
use letopis_domain::event::EventType;
use letopis_domain::ids::Position;
use letopis_domain::opportunity::OpportunityOpened;
use letopis_domain::values::Personal;

use super::story::*;
use crate::generation::Generation;
use crate::page::PageRequest;
use crate::reports::timeline::{
    Source, TimelineCursor, TimelineEntry, TimelineOf, TimelineQuery, count, page, sources,
};
use crate::scope::{Between, Scope};

struct Told {
    generation: Generation,
    head: u64,
    _folder: tempfile::TempDir,
}

impl Told {
    fn new(story: &Story) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let generation = Generation::open(folder.path(), true).unwrap().unwrap();
        generation.apply(&story.events).unwrap();
        Self { generation, head: story.head().0, _folder: folder }
    }

    fn ask(&self, query: &TimelineQuery) -> (Vec<TimelineEntry>, bool, bool) {
        self.ask_at(query, self.head)
    }

    fn ask_at(&self, query: &TimelineQuery, position: u64) -> (Vec<TimelineEntry>, bool, bool) {
        let page = page(&self.sources(query, position), self.generation.store().unwrap(), query, None).unwrap();
        let (previous, next) = (page.has_previous, page.has_next);
        (page.nodes(), previous, next)
    }

    fn positions(&self, query: &TimelineQuery) -> Vec<u64> {
        self.ask(query).0.iter().map(|entry| entry.position.0).collect()
    }

    fn count(&self, query: &TimelineQuery) -> u64 {
        count(&self.sources(query, self.head), self.generation.store().unwrap(), query, None).unwrap()
    }

    fn sources(&self, query: &TimelineQuery, position: u64) -> Vec<Source> {
        let facts = self.generation.facts.read();
        sources(Scope { facts: &facts, position, eyes: None }, query.of)
    }
}

fn of(of: TimelineOf) -> TimelineQuery {
    TimelineQuery { of, types: vec![], period: Between::default(), page: PageRequest::first(100) }
}

#[test]
fn entries_stand_in_the_order_in_which_they_occurred_and_late_ones_stand_out() {
    let mut story = Story::company();
    let first = story.add(minutes(0), received(100));
    let third = story.add(minutes(20), email(100, Inbound));
    let second = story.add(minutes(10), call(100, Outbound, None));
    let told = Told::new(&story);
    let entries = told.ask(&of(TimelineOf::Lead(id(100)))).0;
    assert_eq!(entries.iter().map(|entry| entry.position).collect::<Vec<_>>(), [first, second, third]);
    assert_eq!(entries.iter().map(|entry| entry.is_out_of_order).collect::<Vec<_>>(), [false, true, false]);
    assert!(entries[1].is_back_dated(minutes(11)) && !entries[0].is_back_dated(minutes(11)));
    assert!(entries[0].is_back_dated(minutes(0).plus_ms(25 * HOUR)));
}

#[test]
fn an_account_shows_its_lead_contact_and_deal_each_event_once() {
    let mut story = Story::company();
    let lead = story.add(minutes(0), received(100));
    let called = story.add(minutes(1), call(100, Outbound, None));
    let created = story.add(minutes(2), account(300));
    let person = story.add(minutes(2), contact(400, 300));
    let deal = {
        story.add(NOW, pipeline(20, 1, &STAGES));
        let opened = opened(200, stage(20, "NEW"), None);
        story.add(minutes(2), OpportunityOpened { account: Some(id(300)), origin_lead: Some(id(100)), ..opened })
    };
    let became = story.add(minutes(2), converted(100, 300, Some(200)));
    let moved = story.add(minutes(3), moved(200, stage(20, "NEW"), stage(20, "OFFER")));
    let all = Subjects { lead: None, account: Some(id(300)), contact: Some(id(400)), opportunity: Some(id(200)) };
    let talked = story.add(minutes(4), CallRecorded { subjects: all, ..call(100, Inbound, None) });
    let told = Told::new(&story);
    let query = of(TimelineOf::Account(id(300)));
    let expected = [lead, called, created, person, deal, became, moved, talked].map(|position| position.0);
    assert_eq!(told.positions(&query), expected);
    assert_eq!(told.count(&query), 8);
    let calls = TimelineQuery { types: vec![EventType::CallRecorded], ..query.clone() };
    assert_eq!(told.positions(&calls), [called.0, talked.0]);
    let before_conversion = told.ask_at(&query, person.0).0;
    assert_eq!(before_conversion.len(), 2, "the lead belongs to the account from its conversion on");
}

#[test]
fn a_contact_that_moves_takes_nothing_of_the_first_account_to_the_second() {
    let mut story = Story::company();
    story.add(minutes(0), account(300));
    story.add(minutes(0), account(301));
    let joined = story.add(minutes(0), contact(400, 300));
    let talk = |story: &mut Story, at| {
        let subjects = Subjects { contact: Some(id(400)), ..Subjects::default() };
        story.add(minutes(at), CallRecorded { subjects, ..call(100, Inbound, None) })
    };
    let first = talk(&mut story, 1);
    let updated = ContactUpdated {
        contact: id(400),
        subject: id(400),
        account_before: Some(id(300)),
        account: Some(id(301)),
        personal: Personal::default(),
    };
    let moved = story.add(minutes(2), updated);
    let second = talk(&mut story, 3);
    let told = Told::new(&story);
    let of_account = |number| told.positions(&of(TimelineOf::Account(id(number))));
    assert_eq!(of_account(300)[1..], [joined.0, first.0, moved.0]);
    assert_eq!(of_account(301)[1..], [moved.0, second.0]);
    assert_eq!(told.positions(&of(TimelineOf::Contact(id(400)))), [joined.0, first.0, moved.0, second.0]);
}

#[test]
fn pages_meet_without_gap_or_overlap_from_both_ends() {
    let mut story = Story::company();
    story.add(minutes(0), received(100));
    for minute in 0..20 {
        story.add(minutes(minute % 7), call(100, Outbound, None));
    }
    let told = Told::new(&story);
    let query = of(TimelineOf::Lead(id(100)));
    let whole = told.ask(&query).0;
    let cursor = |entry: &TimelineEntry| TimelineCursor { occurred_at: entry.occurred_at, position: entry.position };
    let (mut forward, mut after) = (Vec::new(), None);
    loop {
        let page = PageRequest { after, ..PageRequest::first(4) };
        let (entries, has_previous, has_next) = told.ask(&TimelineQuery { page, ..query.clone() });
        assert_eq!(has_previous, after.is_some());
        after = entries.last().map(cursor);
        forward.extend(entries);
        if !has_next {
            break;
        }
    }
    assert_eq!(forward, whole);
    let (mut backward, mut before) = (Vec::new(), None);
    loop {
        let page = PageRequest { before, ..PageRequest::last(4) };
        let (entries, has_previous, has_next) = told.ask(&TimelineQuery { page, ..query.clone() });
        assert_eq!(has_next, before.is_some());
        before = entries.first().map(cursor);
        backward.splice(0..0, entries);
        if !has_previous {
            break;
        }
    }
    assert_eq!(backward, whole);
}

#[test]
fn a_cursor_at_the_end_of_all_numbers_is_a_place_like_any_other() {
    let mut story = Story::company();
    story.add(minutes(0), received(100));
    let told = Told::new(&story);
    for micros in [i64::MIN, -1, i64::MAX] {
        let occurred_at = letopis_domain::values::Timestamp::from_micros(micros);
        let cursor = Some(TimelineCursor { occurred_at, position: Position(u64::MAX) });
        let query = of(TimelineOf::Lead(id(100)));
        let after = PageRequest { after: cursor, ..PageRequest::first(4) };
        let before = PageRequest { before: cursor, ..PageRequest::last(4) };
        let follows = told.ask(&TimelineQuery { page: after, ..query.clone() }).0.len();
        let precedes = told.ask(&TimelineQuery { page: before, ..query }).0.len();
        assert_eq!((follows, precedes), if micros < 0 { (1, 0) } else { (0, 1) });
    }
}

#[test]
fn a_period_is_half_open_and_instants_before_1970_sort_too() {
    let mut story = Story::company();
    let ancient = letopis_domain::values::Timestamp::from_micros(-5);
    let old = story.add(ancient, received(100));
    let from = story.add(minutes(1), call(100, Outbound, None));
    story.add(minutes(2), call(100, Outbound, None));
    let told = Told::new(&story);
    let query = of(TimelineOf::Lead(id(100)));
    assert_eq!(told.positions(&query)[0], old.0);
    let period = Between { from: Some(minutes(1)), until: Some(minutes(2)) };
    assert_eq!(told.positions(&TimelineQuery { period, ..query }), [from.0]);
}

#[test]
fn an_employee_sees_what_they_did_and_what_they_were_given() {
    let mut story = Story::company();
    let given = story.add(minutes(0), received(100));
    let done = story.add(minutes(1), call(100, Outbound, None));
    let told = Told::new(&story);
    let hired = Position(2);
    assert_eq!(told.positions(&of(TimelineOf::Employee(id(ANNA)))), [hired.0, given.0, done.0]);
    assert!(told.positions(&of(TimelineOf::Lead(id(999)))).is_empty());
}
