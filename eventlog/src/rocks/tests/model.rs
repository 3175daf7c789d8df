//! The real log against the memory log: random appends, conditions, requests, reads and reopenings.

use letopis_domain::event::EventType;
use letopis_domain::ids::{RequestId, Tagged};
use proptest::prelude::*;

use super::*;
use crate::contract::{assigned, employee, erased, lookup, new_event, note, received};
use crate::log::{Appended, RequestEvents, RequestKey};
use crate::memory::MemoryLog;

#[derive(Clone, Debug)]
enum Step {
    Append { requests: Vec<MadeRequest>, query: Query, lag: u64, pass_ms: i64 },
    Read { query: Query, range: Range },
    PositionAt { ms: i64 },
    Reopen,
}

/// Which event. The ids are given out when it is appended, the same to both logs.
#[derive(Clone, Debug)]
enum Made {
    Qualified { lead: u8, employee: u8 },
    Assigned { lead: u8, employee: u8 },
    Received { lead: u8, subject: u8, phone: u8 },
    Note { subjects: (u8, u8) },
    Erased { subjects: Vec<u8> },
}

/// Name and digest, where it has a name, and events.
type MadeRequest = (Option<(u8, u8)>, Vec<Made>);

fn made() -> impl Strategy<Value = Made> {
    let about = (0..5_u8, 0..3_u8);
    prop_oneof![
        6 => about.clone().prop_map(|(lead, employee)| Made::Qualified { lead, employee }),
        6 => about.prop_map(|(lead, employee)| Made::Assigned { lead, employee }),
        8 => (0..5_u8, 0..9_u8, 0..3_u8).prop_map(|(lead, subject, phone)| Made::Received { lead, subject, phone }),
        4 => (0..9_u8, 0..9_u8).prop_map(|subjects| Made::Note { subjects }),
        1 => prop::collection::vec(0..9_u8, 1..3).prop_map(|subjects| Made::Erased { subjects }),
    ]
}

fn phone(number: u8) -> String {
    format!("+31 20 555 01 0{number}")
}

fn query() -> impl Strategy<Value = Query> {
    let types = prop::sample::subsequence(
        vec![EventType::LeadQualified, EventType::LeadAssigned, EventType::LeadReceived],
        0..=2,
    );
    let phones = prop_oneof![2 => Just(None), 1 => (0..4_u8).prop_map(Some)];
    let item = (types, prop::option::of(0..6_u8), prop::option::of(0..4_u8), phones);
    prop::collection::vec(item, 0..3).prop_map(|items| {
        items.into_iter().fold(Query::default(), |query, (types, lead_number, employee_number, number)| {
            let tags = lead_number.map(|number| lead(number.into()).tag()).into_iter();
            let tags = tags.chain(employee_number.map(|number| employee(number.into()).tag()));
            let tags = tags.chain(number.map(|number| lookup(&phone(number)))).collect();
            query.or_item(&types, tags)
        })
    })
}

fn range() -> impl Strategy<Value = Range> {
    let direction = prop_oneof![Just(Direction::Forward), Just(Direction::Backward)];
    let limit = prop_oneof![Just(usize::MAX), 0..4_usize];
    (0..40_u64, 0..60_u64, direction, limit).prop_map(|(after, upto, direction, limit)| Range {
        after: Position(after),
        upto: Position(upto),
        direction,
        limit,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let key = prop::option::of((0..12_u8, 0..2_u8));
    let request = (key, prop::collection::vec(made(), 1..4));
    let append = (prop::collection::vec(request, 1..3), query(), 0..40_u64, -5..20_i64)
        .prop_map(|(requests, query, lag, pass_ms)| Step::Append { requests, query, lag, pass_ms });
    let read = (query(), range()).prop_map(|(query, range)| Step::Read { query, range });
    let position_at = (-10..200_i64).prop_map(|ms| Step::PositionAt { ms });
    prop_oneof![6 => append, 6 => read, 1 => position_at, 1 => Just(Step::Reopen)]
}

fn build(requests: &[MadeRequest]) -> Vec<RequestEvents> {
    let event = |made: &Made| {
        new_event(match made {
            Made::Qualified { lead, employee } => qualified((*lead).into(), (*employee).into()),
            Made::Assigned { lead, employee } => assigned((*lead).into(), (*employee).into()),
            Made::Received { lead, subject, phone: number } => {
                received((*lead).into(), (*subject).into(), &phone(*number))
            }
            Made::Note { subjects: (one, other) } => note(&[(*one).into(), (*other).into()], "a note"),
            Made::Erased { subjects } => {
                erased(&subjects.iter().map(|subject| u128::from(*subject)).collect::<Vec<_>>())
            }
        })
    };
    let key = |(name, digest): (u8, u8)| RequestKey {
        id: RequestId::new(format!("request {name}")).unwrap(),
        digest: [digest; 16],
    };
    let build =
        |(name, events): &MadeRequest| RequestEvents { key: name.map(key), events: events.iter().map(event).collect() };
    requests.iter().map(build).collect()
}

fn plain(answer: &Result<Appended, AppendError>) -> String {
    format!("{answer:?}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn both_logs_answer_alike(steps in prop::collection::vec(step(), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        let env = Arc::new(SeededEnvironment::new(1, NOW));
        let oracle = MemoryLog::new(env.clone());
        let options = Options { generation_events: 5, ..Options::default() };
        let open = || RocksLog::open(folder.path(), env.clone(), &options).unwrap();
        let mut log = open();
        let mut now = NOW;
        for step in steps {
            match step {
                Step::Append { requests, query, lag, pass_ms } => {
                    now = now.plus_ms(pass_ms);
                    env.set(now);
                    let after = Position(oracle.head().0.saturating_sub(lag));
                    let condition = AppendCondition { fail_if_events_match: query, after };
                    let request = AppendRequest { requests: build(&requests), condition };
                    let expected = append(&*oracle, request.clone());
                    prop_assert_eq!(plain(&append(&*log, request)), plain(&expected));
                }
                Step::Read { query, range } => {
                    prop_assert_eq!(log.read(&query, range).unwrap(), oracle.read(&query, range).unwrap());
                    prop_assert_eq!(log.find(&query, range).unwrap(), oracle.find(&query, range).unwrap());
                }
                Step::PositionAt { ms } => {
                    let at = NOW.plus_ms(ms);
                    let expected = block_on(oracle.position_at(at)).unwrap();
                    prop_assert_eq!(block_on(log.position_at(at)).unwrap(), expected);
                }
                Step::Reopen => {
                    drop(log);
                    log = open();
                    // Opening settles every instant up to now, since it may have been asked about before.
                    if oracle.head() > Position::START {
                        block_on(oracle.position_at(Timestamp::MAX)).unwrap();
                    }
                }
            }
            prop_assert_eq!(log.head(), oracle.head());
        }
        for name in 0..12 {
            let id = RequestId::new(format!("request {name}")).unwrap();
            prop_assert_eq!(log.find_request(&id).unwrap(), oracle.find_request(&id).unwrap());
        }
        prop_assert_eq!(log.read(&Query::all(), Range::ALL).unwrap(), oracle.read(&Query::all(), Range::ALL).unwrap());
        prop_assert_eq!(log.verify(&mut |_, _| {}).problem, None);
    }
}
