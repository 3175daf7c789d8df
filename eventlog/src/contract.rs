//! What every log must do: one suite, run for the memory log and for the real one.

mod people;

use std::any::Any;
use std::ops::ControlFlow;
use std::sync::Arc;

use letopis_domain::event::{Event, EventType, NewEvent};
use letopis_domain::ids::{EmployeeId, EventId, LeadId, Position, RequestId};
use letopis_domain::lead::{LeadAssigned, LeadDetails, LeadQualified, LeadReceived};
use letopis_domain::query::{AppendCondition, Query};
use letopis_domain::values::{AttributeValue, Personal, Timestamp};
use uuid::Uuid;

use crate::environment::SeededEnvironment;
use crate::error::AppendError;
use crate::limits::APPEND_EVENTS_MAX;
use crate::log::{AppendRequest, Appended, Direction, Log, Range, RequestEvents, RequestKey, RequestRecord};

pub(crate) use people::*;

/// The instant at which every fixture's clock stands at first.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_767_607_200_000_000);

/// A fresh log with a clock in the test's hand.
pub(crate) struct Fixture {
    pub log: Arc<dyn Log>,
    pub env: Arc<SeededEnvironment>,
    _keep: Box<dyn Any>,
}

impl Fixture {
    pub fn new<L: Log, K: 'static>(open: impl FnOnce(Arc<SeededEnvironment>) -> (Arc<L>, K)) -> Self {
        let env = Arc::new(SeededEnvironment::new(1, NOW));
        let (log, keep) = open(env.clone());
        Self { log, env, _keep: Box::new(keep) }
    }

    /// Appends events one after the other, each on its own.
    fn append_each(&self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            append(&*self.log, request([event])).unwrap();
        }
    }
}

macro_rules! log_contract {
    ($fixture:ident: $($law:ident)*) => {$(
        #[test]
        fn $law() { $crate::contract::$law(&$fixture()); }
    )*};
    ($fixture:ident) => { $crate::contract::log_contract! { $fixture:
        an_empty_log_has_nothing
        positions_are_dense_from_one
        an_event_comes_back_as_it_was_given
        the_earliest_event_after_the_condition_is_the_conflict
        a_condition_needs_all_tags_and_one_of_the_types
        an_append_does_not_conflict_with_itself
        a_malformed_append_is_refused
        a_repeated_request_answers_with_where_it_stands
        a_request_id_cannot_be_used_for_another_body
        an_append_with_one_known_request_appends_nothing
        a_repeated_request_is_found_before_its_conflict
        reading_follows_the_range
        finding_agrees_with_reading
        a_query_without_items_matches_nothing
        positions_past_the_head_are_empty
        a_scan_goes_in_order_and_stops_when_told
        recorded_at_never_decreases
        an_instant_is_answered_once_for_ever
        the_head_can_be_followed
        a_tag_is_known_once_an_event_carries_it
        what_is_about_a_person_is_gone_with_them_and_nothing_else
        nothing_personal_is_taken_about_someone_erased
        an_erasure_counts_within_its_own_append
        a_look_up_finds_until_its_person_is_erased
        a_look_up_guards_a_value_and_erasure_frees_it
        a_request_about_someone_erased_is_still_known
        personal_data_of_nobody_are_malformed
        an_event_that_was_erased_elsewhere_comes_back_erased
        a_digest_of_a_body_is_the_same_in_one_log_only
        an_external_key_gives_the_same_id_in_one_log_only
    }};
}
pub(crate) use log_contract;

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub(crate) fn append(log: &dyn Log, request: AppendRequest) -> Result<Appended, AppendError> {
    block_on(log.append(request))
}

pub(crate) fn lead(number: u128) -> LeadId {
    LeadId(Uuid::from_u128(number))
}

pub(crate) fn employee(number: u128) -> EmployeeId {
    EmployeeId(Uuid::from_u128(number))
}

/// Tags `lead:…` and `employee:…`.
pub(crate) fn qualified(lead_number: u128, employee_number: u128) -> Event {
    LeadQualified { lead: lead(lead_number), employee: Some(employee(employee_number)) }.into()
}

/// Tags `lead:…` and `employee:…`, of another type.
pub(crate) fn assigned(lead_number: u128, employee_number: u128) -> Event {
    LeadAssigned { lead: lead(lead_number), from: None, to: Some(employee(employee_number)) }.into()
}

pub(crate) fn new_event(event: Event) -> NewEvent {
    NewEvent { id: EventId(Uuid::now_v7()), occurred_at: NOW, actor: None, correlation: None, causation: None, event }
}

pub(crate) fn request(events: impl IntoIterator<Item = Event>) -> AppendRequest {
    let events = events.into_iter().map(new_event).collect();
    AppendRequest { requests: vec![RequestEvents { key: None, events }], condition: AppendCondition::default() }
}

pub(crate) fn keyed(id: &str, digest: u8, events: impl IntoIterator<Item = Event>) -> RequestEvents {
    let events = events.into_iter().map(new_event).collect();
    RequestEvents { key: Some(RequestKey { id: RequestId::new(id).unwrap(), digest: [digest; 16] }), events }
}

fn unconditional(requests: Vec<RequestEvents>) -> AppendRequest {
    AppendRequest { requests, condition: AppendCondition::default() }
}

fn guarded(query: Query, after: u64, event: Event) -> AppendRequest {
    let condition = AppendCondition { fail_if_events_match: query, after: Position(after) };
    AppendRequest { condition, ..request([event]) }
}

fn positions(log: &dyn Log, query: &Query, range: Range) -> Vec<u64> {
    log.read(query, range).unwrap().iter().map(|event| event.position.0).collect()
}

pub(crate) fn an_empty_log_has_nothing(fixture: &Fixture) {
    assert_eq!(fixture.log.head(), Position::START);
    assert_eq!(fixture.log.read(&Query::all(), Range::ALL).unwrap(), []);
    assert_eq!(block_on(fixture.log.position_at(NOW)).unwrap(), Position::START);
}

pub(crate) fn positions_are_dense_from_one(fixture: &Fixture) {
    let one = append(&*fixture.log, request([qualified(1, 1)])).unwrap();
    let two = append(&*fixture.log, request([qualified(2, 1), qualified(3, 1)])).unwrap();
    assert_eq!((one.first.0, one.last.0, two.first.0, two.last.0), (1, 1, 2, 3));
    assert_eq!(fixture.log.head(), Position(3));
    assert_eq!(positions(&*fixture.log, &Query::all(), Range::ALL), [1, 2, 3]);
}

pub(crate) fn an_event_comes_back_as_it_was_given(fixture: &Fixture) {
    let details = LeadDetails { name: Some("Анна".into()), ..LeadDetails::default() };
    let attributes = [("floor".to_owned(), AttributeValue::Text("3".to_owned()))].into();
    let received = LeadReceived {
        lead: lead(1),
        subject: Uuid::from_u128(2).into(),
        source: Some("fair".to_owned()),
        channel: None,
        campaign: None,
        owner: Some(employee(3)),
        amount: None,
        attributes_version: 1,
        personal: Personal::with_attributes(details, attributes),
    };
    let given = NewEvent {
        id: EventId(Uuid::from_u128(7)),
        occurred_at: Timestamp::from_micros(-5),
        actor: Some(employee(3)),
        correlation: Some(Uuid::from_u128(8)),
        causation: Some(EventId(Uuid::from_u128(9))),
        event: received.into(),
    };
    let mut keyed = keyed("one", 1, []);
    keyed.events.push(given.clone());
    append(&*fixture.log, unconditional(vec![keyed])).unwrap();
    let found = fixture.log.get(Position(1)).unwrap().unwrap();
    let expected = crate::log::recorded(given, Position(1), NOW, Some(RequestId::new("one").unwrap()));
    assert_eq!(*found, expected);
}

pub(crate) fn the_earliest_event_after_the_condition_is_the_conflict(fixture: &Fixture) {
    fixture.append_each([qualified(1, 1), assigned(1, 1), qualified(2, 1), assigned(1, 2)]);
    let about_lead = || Query::about(&employee(7), &[]).or(&lead(1), &[]);
    for (after, first) in [(0, Some((1, EventType::LeadQualified))), (1, Some((2, EventType::LeadAssigned)))] {
        let conflict = append(&*fixture.log, guarded(about_lead(), after, qualified(9, 9))).unwrap_err();
        let AppendError::Conflict(found) = conflict else { panic!("{conflict}") };
        assert_eq!(Some((found.found.position.0, found.found.event_type)), first);
        assert_eq!(found.item, about_lead().items[1], "the alternative that matched");
    }
    assert_eq!(fixture.log.head(), Position(4));
    append(&*fixture.log, guarded(about_lead(), 4, qualified(9, 9))).unwrap();
}

pub(crate) fn a_condition_needs_all_tags_and_one_of_the_types(fixture: &Fixture) {
    fixture.append_each([qualified(1, 1), qualified(2, 2), assigned(3, 3)]);
    let both = |l: u128, e: u128| {
        let tags = vec![lead_tag(l), employee_tag(e)];
        Query::default().or_item(&[], tags)
    };
    let typed = |event_type| Query::about(&lead(1), &[event_type]);
    let held = [both(1, 2), both(2, 3), typed(EventType::LeadAssigned), Query::default()];
    let broken = [
        both(1, 1),
        both(1, 2).or(&lead(3), &[]),
        typed(EventType::LeadQualified),
        Query::default().or_types(&[EventType::LeadConverted, EventType::LeadAssigned]),
        Query::all(),
    ];
    for query in broken {
        let answer = append(&*fixture.log, guarded(query, 0, qualified(9, 9)));
        assert!(matches!(answer, Err(AppendError::Conflict(_))), "{answer:?}");
    }
    for query in held {
        append(&*fixture.log, guarded(query, 0, qualified(9, 9))).unwrap();
    }
}

fn lead_tag(number: u128) -> letopis_domain::query::Tag {
    use letopis_domain::ids::Tagged;
    lead(number).tag()
}

fn employee_tag(number: u128) -> letopis_domain::query::Tag {
    use letopis_domain::ids::Tagged;
    employee(number).tag()
}

pub(crate) fn an_append_does_not_conflict_with_itself(fixture: &Fixture) {
    let mut request = request([qualified(1, 1), qualified(1, 1)]);
    request.condition.fail_if_events_match = Query::about(&lead(1), &[]);
    append(&*fixture.log, request).unwrap();
}

pub(crate) fn a_malformed_append_is_refused(fixture: &Fixture) {
    let too_many = vec![qualified(1, 1); APPEND_EVENTS_MAX + 1];
    let twice = vec![keyed("one", 1, [qualified(1, 1)]), keyed("one", 1, [qualified(1, 1)])];
    let without_events = vec![keyed("one", 1, [qualified(1, 1)]), keyed("two", 1, [])];
    for requests in [vec![], without_events, twice, request(too_many).requests] {
        let answer = append(&*fixture.log, unconditional(requests));
        assert!(matches!(answer, Err(AppendError::Malformed(_))), "{answer:?}");
    }
    assert_eq!(fixture.log.head(), Position::START);
}

pub(crate) fn a_repeated_request_answers_with_where_it_stands(fixture: &Fixture) {
    fixture.append_each([qualified(5, 5)]);
    let one = || keyed("one", 1, [qualified(1, 1), qualified(1, 2)]);
    let first = append(&*fixture.log, unconditional(vec![one()])).unwrap();
    let record = RequestRecord { digest: [1; 16], first: Position(2), last: Position(3) };
    assert_eq!(fixture.log.find_request(&RequestId::new("one").unwrap()).unwrap(), Some(record));
    assert_eq!(fixture.log.find_request(&RequestId::new("two").unwrap()).unwrap(), None);
    fixture.env.set(NOW.plus_ms(1_000));
    let again = append(&*fixture.log, unconditional(vec![one()])).unwrap_err();
    assert!(matches!(again, AppendError::Repeated(found) if found == first), "{again:?}");
    assert_eq!(fixture.log.head(), Position(3));
}

pub(crate) fn a_request_id_cannot_be_used_for_another_body(fixture: &Fixture) {
    append(&*fixture.log, unconditional(vec![keyed("one", 1, [qualified(1, 1)])])).unwrap();
    let answer = append(&*fixture.log, unconditional(vec![keyed("one", 2, [qualified(1, 1)])]));
    assert!(matches!(answer, Err(AppendError::RequestIdReused { first: Position(1) })), "{answer:?}");
}

pub(crate) fn an_append_with_one_known_request_appends_nothing(fixture: &Fixture) {
    append(&*fixture.log, unconditional(vec![keyed("one", 1, [qualified(1, 1)])])).unwrap();
    let requests = vec![keyed("two", 2, [qualified(2, 2)]), keyed("one", 1, [qualified(1, 1)])];
    assert!(matches!(append(&*fixture.log, unconditional(requests)), Err(AppendError::Repeated(_))));
    assert_eq!(fixture.log.head(), Position(1));
    append(&*fixture.log, unconditional(vec![keyed("two", 2, [qualified(2, 2)])])).unwrap();
}

pub(crate) fn a_repeated_request_is_found_before_its_conflict(fixture: &Fixture) {
    let once = || {
        let condition = AppendCondition { fail_if_events_match: Query::about(&lead(1), &[]), after: Position::START };
        AppendRequest { requests: vec![keyed("one", 1, [qualified(1, 1)])], condition }
    };
    append(&*fixture.log, once()).unwrap();
    assert!(matches!(append(&*fixture.log, once()), Err(AppendError::Repeated(_))));
}

pub(crate) fn reading_follows_the_range(fixture: &Fixture) {
    fixture.append_each((1..=9).map(|number| qualified(number % 3, number)));
    let of_one = Query::about(&lead(1), &[]);
    let all = Query::all();
    let backward = Range { direction: Direction::Backward, ..Range::ALL };
    let log = &*fixture.log;
    assert_eq!(positions(log, &of_one, Range::ALL), [1, 4, 7]);
    assert_eq!(positions(log, &of_one, backward), [7, 4, 1]);
    assert_eq!(positions(log, &of_one, Range::after(Position(1), 1)), [4]);
    assert_eq!(positions(log, &of_one, Range { limit: 1, upto: Position(6), ..backward }), [4]);
    assert_eq!(positions(log, &of_one, Range { after: Position(1), upto: Position(6), ..backward }), [4]);
    assert_eq!(positions(log, &all, Range { limit: 2, ..backward }), [9, 8]);
    assert_eq!(positions(log, &all, Range { upto: Position(4), ..Range::after(Position(2), 9) }), [3, 4]);
    assert_eq!(positions(log, &of_one.or(&employee(8), &[]).or(&employee(7), &[]), Range::ALL), [1, 4, 7, 8]);
    let inverted = Range { upto: Position(2), ..Range::after(Position(5), 9) };
    assert_eq!(positions(log, &all, inverted), [0_u64; 0]);
}

pub(crate) fn finding_agrees_with_reading(fixture: &Fixture) {
    fixture.append_each((1..=12).flat_map(|number| [qualified(number % 3, number), assigned(number % 4, 1)]));
    let types = [EventType::LeadAssigned, EventType::LeadQualified];
    for query in [Query::all(), Query::about(&lead(1), &types[..1]), Query::default().or_types(&types)] {
        for direction in [Direction::Forward, Direction::Backward] {
            let range = Range { direction, limit: 7, ..Range::ALL };
            let found = fixture.log.find(&query, range).unwrap();
            let read = fixture.log.read(&query, range).unwrap();
            assert!(!found.is_empty());
            let found: Vec<_> = found.iter().map(|found| (found.position, found.event_type)).collect();
            let read: Vec<_> = read.iter().map(|event| (event.position, event.event.event_type())).collect();
            assert_eq!(found, read);
        }
    }
}

pub(crate) fn a_query_without_items_matches_nothing(fixture: &Fixture) {
    fixture.append_each([qualified(1, 1)]);
    assert_eq!(positions(&*fixture.log, &Query::default(), Range::ALL), [0_u64; 0]);
}

pub(crate) fn positions_past_the_head_are_empty(fixture: &Fixture) {
    fixture.append_each([qualified(1, 1), qualified(2, 1)]);
    for position in [Position(0), Position(3), Position::END] {
        assert_eq!(fixture.log.get(position).unwrap(), None);
    }
    let many = fixture.log.get_many(&[Position(2), Position(9), Position(1), Position(2)]).unwrap();
    let many: Vec<_> = many.into_iter().map(|event| event.map(|event| event.position.0)).collect();
    assert_eq!(many, [Some(2), None, Some(1), Some(2)]);
}

pub(crate) fn a_scan_goes_in_order_and_stops_when_told(fixture: &Fixture) {
    fixture.append_each((1..=5).map(|number| qualified(number, 1)));
    let scan = |after, upto, stop| {
        let mut seen = Vec::new();
        let mut each = |event: letopis_domain::event::Recorded| {
            seen.push(event.position.0);
            if event.position.0 == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        fixture.log.scan(Position(after), upto, &mut each).unwrap();
        seen
    };
    assert_eq!(scan(0, Position::END, 99), [1, 2, 3, 4, 5]);
    assert_eq!(scan(1, Position(4), 99), [2, 3, 4]);
    assert_eq!(scan(1, Position::END, 3), [2, 3]);
    assert_eq!(scan(5, Position::END, 99), [0_u64; 0]);
}

pub(crate) fn recorded_at_never_decreases(fixture: &Fixture) {
    let mut stamps = Vec::new();
    for ms in [0, 5, -1_000, 7] {
        fixture.env.set(NOW.plus_ms(ms));
        stamps.push(append(&*fixture.log, request([qualified(1, 1)])).unwrap().recorded_at);
    }
    assert_eq!(stamps, [NOW, NOW.plus_ms(5), NOW.plus_ms(5), NOW.plus_ms(7)]);
    assert_eq!(fixture.log.get(Position(3)).unwrap().unwrap().recorded_at, NOW.plus_ms(5));
}

pub(crate) fn an_instant_is_answered_once_for_ever(fixture: &Fixture) {
    let ask = |at| block_on(fixture.log.position_at(at)).unwrap().0;
    fixture.append_each([qualified(1, 1), qualified(2, 1)]);
    fixture.env.set(NOW.plus_ms(10));
    fixture.append_each([qualified(3, 1)]);
    assert_eq!([ask(NOW.plus_ms(-1)), ask(NOW), ask(NOW.plus_ms(9)), ask(NOW.plus_ms(10))], [0, 2, 2, 3]);
    assert_eq!(ask(Timestamp::MAX), 3, "an instant ahead of the clock counts as now");
    fixture.append_each([qualified(4, 1)]);
    assert_eq!(ask(NOW.plus_ms(10)), 3, "what came after the question is stamped after its instant");
    fixture.env.set(NOW);
    assert_eq!(ask(NOW.plus_ms(10)), 3, "also when the clock is set back");
}

pub(crate) fn the_head_can_be_followed(fixture: &Fixture) {
    let mut follower = fixture.log.watch_head();
    assert_eq!(*follower.borrow_and_update(), Position::START);
    fixture.append_each([qualified(1, 1)]);
    block_on(follower.changed()).unwrap();
    assert_eq!(*follower.borrow_and_update(), Position(1));
}

pub(crate) fn a_tag_is_known_once_an_event_carries_it(fixture: &Fixture) {
    assert!(!fixture.log.knows_tag(&lead_tag(1)).unwrap());
    fixture.append_each([qualified(1, 1)]);
    assert!(fixture.log.knows_tag(&lead_tag(1)).unwrap());
    assert!(!fixture.log.knows_tag(&lead_tag(2)).unwrap());
}
