//! The projector and the handle, on a log in memory.

use std::sync::Arc;
use std::time::Duration;

use letopis_domain::event::{Event, NewEvent};
use letopis_domain::ids::{EventId, Position};
use letopis_domain::query::AppendCondition;
use letopis_eventlog::environment::{Environment, SeededEnvironment};
use letopis_eventlog::log::{AppendRequest, Log, RequestEvents};
use letopis_eventlog::memory::MemoryLog;

use super::story::*;
use crate::entries::LeadEntry;
use crate::filter::Where;
use crate::handle::{Found, Unusable, Views};
use crate::page::{ListQuery, Order, PageRequest};
use crate::projector::Projector;
use crate::value::{Field, Value};
use crate::views::{AsOf, ViewError};

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Company {
    log: Arc<MemoryLog>,
    env: Arc<SeededEnvironment>,
    pub(super) folder: tempfile::TempDir,
}

impl Company {
    pub(super) fn new() -> Self {
        let env = Arc::new(SeededEnvironment::new(7, NOW));
        let log = MemoryLog::new(env.clone());
        Self { log, env, folder: tempfile::tempdir().unwrap() }
    }

    pub(super) async fn append(&self, events: impl IntoIterator<Item = Event>) -> Position {
        let new = |event| NewEvent {
            id: EventId(self.env.new_uuid()),
            occurred_at: NOW,
            actor: None,
            correlation: None,
            causation: None,
            event,
        };
        let events = events.into_iter().map(new).collect();
        let requests = vec![RequestEvents { key: None, events }];
        self.log.append(AppendRequest { requests, condition: AppendCondition::default() }).await.unwrap().last
    }

    pub(super) fn views(&self) -> (Views, Found) {
        Views::open(self.log.clone(), self.folder.path()).unwrap()
    }
}

pub(super) fn leads(numbers: std::ops::Range<u128>) -> impl Iterator<Item = Event> {
    numbers.map(|number| received(number).into())
}

#[tokio::test]
async fn a_reader_sees_its_own_write() {
    let company = Company::new();
    let (views, found) = company.views();
    assert_eq!(found, Found::Unusable(Unusable::Missing));
    let projector = Projector::start(&views).unwrap();
    let position = company.append(leads(0..5)).await;
    let view = views.at(Some(AsOf::Position(position)), PATIENCE).await.unwrap();
    assert_eq!((view.position(), view.count::<LeadEntry>(&Where::default()).unwrap()), (position, 5));
    assert_eq!((views.lag().events(), views.fault()), (0, None));
    projector.stop();
}

#[tokio::test]
async fn a_position_beyond_the_log_is_an_error_at_once() {
    let company = Company::new();
    let (views, _) = company.views();
    let error = views.at(Some(AsOf::Position(Position(9))), PATIENCE).await.err().unwrap();
    assert!(matches!(error, ViewError::BeyondHead { asked: Position(9), head: Position(0) }), "{error}");
}

#[tokio::test]
async fn views_that_do_not_come_are_not_waited_for_for_ever() {
    let company = Company::new();
    let (views, _) = company.views(); // nobody folds
    let position = company.append(leads(0..1)).await;
    let error = views.wait_for(position, Duration::from_millis(10)).await.err().unwrap();
    assert!(matches!(error, ViewError::TooSlow { .. }), "{error}");
}

#[tokio::test]
async fn a_moment_is_the_last_position_recorded_by_then() {
    let company = Company::new();
    let (views, _) = company.views();
    let first = company.append(leads(0..2)).await;
    company.env.set(minutes(10));
    company.append(leads(2..5)).await;
    views.catch_up().unwrap();
    let view = views.at(Some(AsOf::RecordedAt(minutes(5))), PATIENCE).await.unwrap();
    assert_eq!((view.position(), view.count::<LeadEntry>(&Where::default()).unwrap()), (first, 2));
}

#[tokio::test]
async fn a_view_stays_where_it_is_while_the_log_goes_on() {
    let company = Company::new();
    let (views, _) = company.views();
    company.append(leads(0..2)).await;
    views.catch_up().unwrap();
    let view = views.now();
    company.append(leads(2..9)).await;
    views.catch_up().unwrap();
    assert_eq!(view.count::<LeadEntry>(&Where::default()).unwrap(), 2);
    assert_eq!(views.now().count::<LeadEntry>(&Where::default()).unwrap(), 9);
}

#[tokio::test]
async fn a_restart_goes_on_where_the_views_were_left() {
    let company = Company::new();
    {
        let (views, _) = company.views();
        company.append(leads(0..100)).await;
        views.catch_up().unwrap();
        views.close().unwrap();
    }
    let (views, found) = company.views();
    assert_eq!((found, views.applied()), (Found::Usable, Position(100)));
}

#[tokio::test]
async fn views_ahead_of_the_log_are_begun_anew() {
    let company = Company::new();
    {
        let (views, _) = company.views();
        company.append(leads(0..100)).await;
        views.catch_up().unwrap();
        views.close().unwrap();
    }
    let shorter = Company { folder: company.folder, ..Company::new() };
    shorter.append(leads(0..3)).await;
    std::fs::create_dir(shorter.folder.path().join("generation-000009")).unwrap(); // of a rebuild that broke off
    let (views, found) = shorter.views();
    assert_eq!((found, views.applied()), (Found::Unusable(Unusable::AheadOfLog), Position(0)));
    let left = std::fs::read_dir(shorter.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.filter(|name| name.to_string_lossy().starts_with("generation-")).count(), 1);
    views.catch_up().unwrap();
    assert_eq!(views.now().count::<LeadEntry>(&Where::default()).unwrap(), 3);
}

#[tokio::test]
async fn a_rebuild_says_the_same_and_takes_the_place_of_what_served() {
    let company = Company::new();
    let (views, _) = company.views();
    company.append(leads(0..500)).await;
    company.append((0..500).map(|lead| call(lead, letopis_domain::activity::Direction::Outbound, None).into())).await;
    company.append((0..300).map(|lead| rejected(lead, ANNA).into())).await;
    views.catch_up().unwrap();
    let old = views.now();
    let mut told = 0;
    let report = views.rebuild(&mut |progress| told = progress.done).unwrap();
    assert_eq!((report.is_equal(), told, report.events), (Some(true), 1_300, 1_300));
    assert_eq!(old.digests().unwrap(), report.digests, "a view taken before still reads its generation");
    assert_eq!(views.now().digests().unwrap(), report.digests);
    company.append(leads(500..510)).await;
    views.catch_up().unwrap();
    views.close().unwrap();
    drop((old, views));
    let (views, found) = company.views();
    assert_eq!((found, views.applied()), (Found::Usable, Position(1_310)));
    let generations = std::fs::read_dir(company.folder.path()).unwrap();
    let names: Vec<String> = generations.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("generation-")).count(), 1, "{names:?}");
}

#[tokio::test]
async fn a_rebuild_notices_rows_that_are_not_what_the_log_says() {
    let company = Company::new();
    let (views, _) = company.views();
    company.append(leads(0..50)).await;
    views.catch_up().unwrap();
    let mut forged = received(7);
    forged.source = Some("forged".to_owned());
    let event = recorded(Position(51), NOW, forged.into());
    views.shared.generation().facts.write().apply(&letopis_domain::event::Recorded { position: Position(51), ..event });
    company.append(leads(50..52)).await; // the first of them is what was forged, the second is folded as usual
    assert_eq!(views.catch_up().unwrap(), Position(52));
    let report = views.rebuild(&mut |_| {}).unwrap();
    assert_eq!(report.is_equal(), Some(false));
}

#[tokio::test]
async fn pages_of_a_list_meet_in_any_order() {
    let company = Company::new();
    let (views, _) = company.views();
    let sources = ["web", "phone", "fair"];
    let with_source = (0..20).map(|number| {
        let source = Some(sources[number % 3].to_owned());
        letopis_domain::lead::LeadReceived { source, ..received(number as u128) }.into()
    });
    company.append(with_source).await;
    views.catch_up().unwrap();
    let view = views.now();
    let order = vec![Order { field: Field::Source, descending: true }];
    let query = |page| ListQuery { order: order.clone(), page, ..ListQuery::default() };
    let whole = view.list::<LeadEntry>(&query(PageRequest::first(100))).unwrap().nodes();
    assert!(whole.is_sorted_by(|one, other| (&other.source, one.created) <= (&one.source, other.created)));
    let (mut joined, mut after) = (Vec::new(), None);
    loop {
        let page = view.list::<LeadEntry>(&query(PageRequest { after, ..PageRequest::first(6) })).unwrap();
        let encoded = page.edges.last().unwrap().cursor.encode().unwrap();
        after = Some(crate::page::ListCursor::decode(&encoded).unwrap());
        let has_next = page.has_next;
        joined.extend(page.nodes());
        if !has_next {
            break;
        }
    }
    assert_eq!(joined, whole);
    let by_web = Where::equals(Field::Source, Value::text("web"));
    assert_eq!(view.count::<LeadEntry>(&by_web).unwrap(), 7);
    let unknown = view.count::<LeadEntry>(&Where::equals(Field::DueAt, Value::Null)).unwrap_err();
    assert_eq!(unknown.to_string(), "leads have no column DueAt");
}
