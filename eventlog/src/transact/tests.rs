//! Tests of transactions on the memory log, some with others who come in between.

use std::sync::Mutex;

use futures_util::FutureExt;
use letopis_domain::account::{AccountKind, CreateAccount};
use letopis_domain::employee::{FormBusinessUnit, FormTeam, PublishCompanyProfile};
use letopis_domain::event::EventType;
use letopis_domain::ids::{OpportunityId, RequestId};
use letopis_domain::opportunity::{MoveOpportunity, OpenOpportunity, ReviseOpportunity};
use letopis_domain::pipeline::{PublishPipeline, Stage, StageCategory};
use letopis_domain::query::QueryItem;
use letopis_domain::values::Money;
use tokio::sync::watch;

use super::*;
use crate::contract::{NOW, append, block_on, employee, erased, request, subject};
use crate::environment::SeededEnvironment;
use crate::keys::{ExternalIds, RequestHasher};
use crate::log::{AppendFuture, Clash, Match, PositionFuture};
use crate::memory::MemoryLog;

fn environment() -> Arc<SeededEnvironment> {
    Arc::new(SeededEnvironment::new(1, NOW))
}

fn form_unit(name: &str) -> Command {
    FormBusinessUnit { unit: Uuid::from_u128(1).into(), name: name.to_owned() }.into()
}

fn keyed(id: &str, digest: u8) -> Envelope {
    let key = RequestKey { id: RequestId::new(id).unwrap(), digest: [digest; 16] };
    Envelope { key: Some(key), ..Envelope::default() }
}

fn deal() -> OpportunityId {
    Uuid::from_u128(50).into()
}

/// A deal in the first of two stages.
fn a_deal(env: &Arc<SeededEnvironment>) -> Arc<MemoryLog> {
    let log = MemoryLog::new(env.clone());
    let pipeline = Uuid::from_u128(20).into();
    let stage = |key: &str| Stage {
        key: key.to_owned(),
        name: key.to_owned(),
        category: StageCategory::Proposal,
        probability_percent: None,
    };
    let stages = vec![stage("OFFER"), stage("TALKS")];
    let publish = PublishPipeline { pipeline, name: "Sales".to_owned(), stages };
    let open = OpenOpportunity {
        opportunity: deal(),
        account: None,
        contact: None,
        pipeline,
        stage: None,
        title: None,
        owner: None,
        amount: None,
        expected_close: None,
        probability_percent: None,
        attributes: letopis_domain::values::Attributes::new(),
    };
    for command in [publish.into(), open.into()] {
        block_on(transact(&*log, &**env, &command, &Envelope::default())).unwrap();
    }
    log
}

fn move_deal() -> Command {
    MoveOpportunity { opportunity: deal(), stage: "TALKS".to_owned(), pipeline: None, employee: None }.into()
}

fn revise_deal() -> Command {
    let amount = Some(Money { amount: 9.into(), currency: "EUR".parse().unwrap() });
    ReviseOpportunity { opportunity: deal(), amount, expected_close: None, probability_percent: None, employee: None }
        .into()
}

#[test]
fn a_command_is_appended_once_and_then_said_already() {
    let env = environment();
    let log = MemoryLog::new(env.clone());
    let form = || block_on(transact(&*log, &*env, &form_unit("North"), &Envelope::default())).unwrap();
    assert_eq!(form().appended.map(|appended| appended.last), Some(Position(1)));
    assert_eq!(form().appended, None);
}

#[test]
fn a_repeated_request_gives_the_events_of_the_first() {
    let env = environment();
    let log = MemoryLog::new(env.clone());
    let form = |name, envelope| block_on(transact(&*log, &*env, &form_unit(name), &envelope));
    let first = form("North", keyed("one", 1)).unwrap();
    let again = form("North", keyed("one", 1)).unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!((again.appended, &again.events), (first.appended, &first.events));
    let Err(TransactError::Refused(refused)) = form("South", keyed("one", 2)) else { panic!() };
    assert_eq!(refused.code, RefusalCode::RequestIdReused);
}

#[test]
fn a_request_that_changed_nothing_is_remembered_too() {
    let env = environment();
    let log = MemoryLog::new(env.clone());
    let publish = |name: &str, envelope| {
        let command = PublishCompanyProfile { name: name.to_owned(), time_zone: chrono_tz::UTC }.into();
        block_on(transact(&*log, &*env, &command, &envelope))
    };
    publish("Ours", Envelope::default()).unwrap();
    let first = publish("Ours", keyed("one", 1)).unwrap();
    assert_eq!((first.events.len(), first.repeated), (0, false));
    publish("Theirs", Envelope::default()).unwrap();
    let again = publish("Ours", keyed("one", 1)).unwrap();
    assert_eq!((again.appended, again.events.len(), again.repeated), (first.appended, 0, true));
    let Err(TransactError::Refused(refused)) = publish("Ours", keyed("one", 2)) else { panic!() };
    assert_eq!(refused.code, RefusalCode::RequestIdReused);
    let profiles = Query::default().or_types(&[EventType::CompanyProfilePublished]);
    assert_eq!(log.find(&profiles, Range::ALL).unwrap().len(), 2);
}

#[test]
fn nobody_unknown_acts() {
    let env = environment();
    let log = MemoryLog::new(env.clone());
    let by_nobody = Envelope { actor: Some(employee(1)), ..Envelope::default() };
    let answer = block_on(transact(&*log, &*env, &form_unit("North"), &by_nobody));
    let Err(TransactError::Refused(refused)) = answer else { panic!() };
    assert_eq!((refused.code, refused.field.as_deref()), (RefusalCode::NotFound, Some("actor")));
}

#[test]
fn a_subject_that_moved_on_is_refused_with_what_came_after() {
    let env = environment();
    let log = MemoryLog::new(env.clone());
    let at_start = Envelope { expected_position: Some(Position::START), ..Envelope::default() };
    block_on(transact(&*log, &*env, &form_unit("North"), &at_start)).unwrap();
    let answer = block_on(transact(&*log, &*env, &form_unit("South"), &at_start));
    let Err(TransactError::Refused(refused)) = answer else { panic!() };
    assert_eq!(refused.code, RefusalCode::StalePosition);
    assert_eq!(refused.conflict.unwrap().position, Some(Position(1)));
}

#[test]
fn what_a_rule_only_consults_may_move_on() {
    let env = environment();
    let log = MemoryLog::new(env.clone());
    block_on(transact(&*log, &*env, &form_unit("North"), &Envelope::default())).unwrap();
    let unit = Some(Uuid::from_u128(1).into());
    let form_team = FormTeam { team: Uuid::from_u128(2).into(), name: "Team".to_owned(), parent: None, unit };
    let at_start = Envelope { expected_position: Some(Position::START), ..Envelope::default() };
    block_on(transact(&*log, &*env, &form_team.into(), &at_start)).unwrap();
}

#[test]
fn any_event_about_the_subject_counts_even_one_that_no_rule_asks_for() {
    let env = environment();
    let log = a_deal(&env);
    let step = move_deal();
    let expecting = |position| Envelope { expected_position: Some(position), ..Envelope::default() };
    let opened = log.head();
    block_on(transact(&*log, &*env, &revise_deal(), &Envelope::default())).unwrap();
    let Err(TransactError::Refused(refused)) = block_on(transact(&*log, &*env, &step, &expecting(opened))) else {
        panic!()
    };
    let conflict = refused.conflict.unwrap();
    assert_eq!((refused.code, conflict.position), (RefusalCode::StalePosition, Some(log.head())));
    assert_eq!(conflict.event_type, Some(EventType::OpportunityAmountRevised));
    block_on(transact(&*log, &*env, &step, &expecting(log.head()))).unwrap();
}

#[test]
fn what_happens_to_the_subject_just_before_the_append_counts_too() {
    let env = environment();
    let log = a_deal(&env);
    let expected = Envelope { expected_position: Some(log.head()), ..Envelope::default() };
    let their_env = env.clone();
    let revise = move |log: &MemoryLog| {
        transact(log, &*their_env, &revise_deal(), &Envelope::default()).now_or_never().unwrap().unwrap();
    };
    let log = Interrupted::new(log, Moment::BeforeAppend, revise);
    let answer = block_on(transact(&log, &*env, &move_deal(), &expected));
    let Err(TransactError::Refused(refused)) = answer else { panic!() };
    assert_eq!(refused.code, RefusalCode::StalePosition);
}

#[test]
fn a_request_sent_twice_at_the_same_time_is_answered_alike() {
    let env = environment();
    let log = a_deal(&env);
    let envelope = Envelope { expected_position: Some(log.head()), ..keyed("one", 1) };
    let (their_env, theirs) = (env.clone(), envelope.clone());
    let twin = move |log: &MemoryLog| {
        transact(log, &*their_env, &move_deal(), &theirs).now_or_never().unwrap().unwrap();
    };
    let log = Interrupted::new(log, Moment::AfterRequest, twin);
    let answer = block_on(transact(&log, &*env, &move_deal(), &envelope)).unwrap();
    assert!(answer.repeated);
    assert_eq!(answer.appended.map(|appended| appended.last), Some(Position(3)));
}

#[test]
fn who_is_always_too_late_is_told_what_came_first() {
    let env = environment();
    let log = AlwaysLate(MemoryLog::new(env.clone()));
    let answer = block_on(transact(&log, &*env, &form_unit("North"), &Envelope::default()));
    let Err(TransactError::Contended { attempts, last }) = answer else { panic!() };
    assert_eq!((attempts, last.position), (ATTEMPTS_MAX, Position(9)));
}

/// A log on which somebody else is always faster.
struct AlwaysLate(Arc<MemoryLog>);

impl Log for AlwaysLate {
    fn head(&self) -> Position {
        self.0.head()
    }

    fn watch_head(&self) -> watch::Receiver<Position> {
        self.0.watch_head()
    }

    fn append(&self, _request: AppendRequest) -> AppendFuture {
        let first = Match { position: Position(9), event_type: EventType::TeamFormed };
        let clash = Clash { item: QueryItem::default(), found: first };
        Box::pin(std::future::ready(Err(AppendError::Conflict(clash))))
    }

    fn read(&self, query: &Query, range: Range) -> Result<Vec<Arc<Recorded>>, ReadError> {
        self.0.read(query, range)
    }

    fn find(&self, query: &Query, range: Range) -> Result<Vec<Match>, ReadError> {
        self.0.find(query, range)
    }

    fn get(&self, position: Position) -> Result<Option<Arc<Recorded>>, ReadError> {
        self.0.get(position)
    }

    fn request_hasher(&self) -> RequestHasher {
        self.0.request_hasher()
    }

    fn external_ids(&self) -> ExternalIds {
        self.0.external_ids()
    }

    fn find_request(&self, id: &RequestId) -> Result<Option<RequestRecord>, ReadError> {
        self.0.find_request(id)
    }

    fn position_at(&self, at: Timestamp) -> PositionFuture {
        self.0.position_at(at)
    }
}

/// When somebody else comes in between.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    AfterRequest,
    BeforeAppend,
}

type Interruption = Box<dyn FnOnce(&MemoryLog) + Send>;

/// A log on which somebody else does something, once, at a certain moment.
struct Interrupted {
    log: Arc<MemoryLog>,
    moment: Moment,
    interruption: Mutex<Option<Interruption>>,
}

impl Interrupted {
    fn new(log: Arc<MemoryLog>, moment: Moment, interruption: impl FnOnce(&MemoryLog) + Send + 'static) -> Self {
        Self { log, moment, interruption: Mutex::new(Some(Box::new(interruption))) }
    }

    fn interrupt(&self, moment: Moment) {
        let interruption = if self.moment == moment { self.interruption.lock().unwrap().take() } else { None };
        if let Some(interruption) = interruption {
            interruption(&self.log);
        }
    }
}

impl Log for Interrupted {
    fn head(&self) -> Position {
        self.log.head()
    }

    fn watch_head(&self) -> watch::Receiver<Position> {
        self.log.watch_head()
    }

    fn append(&self, request: AppendRequest) -> AppendFuture {
        self.interrupt(Moment::BeforeAppend);
        self.log.append(request)
    }

    fn read(&self, query: &Query, range: Range) -> Result<Vec<Arc<Recorded>>, ReadError> {
        self.log.read(query, range)
    }

    fn find(&self, query: &Query, range: Range) -> Result<Vec<Match>, ReadError> {
        self.log.find(query, range)
    }

    fn get(&self, position: Position) -> Result<Option<Arc<Recorded>>, ReadError> {
        self.log.get(position)
    }

    fn request_hasher(&self) -> RequestHasher {
        self.log.request_hasher()
    }

    fn external_ids(&self) -> ExternalIds {
        self.log.external_ids()
    }

    fn find_request(&self, id: &RequestId) -> Result<Option<RequestRecord>, ReadError> {
        let known = self.log.find_request(id);
        self.interrupt(Moment::AfterRequest);
        known
    }

    fn position_at(&self, at: Timestamp) -> PositionFuture {
        self.log.position_at(at)
    }
}

#[test]
fn a_command_about_someone_erased_is_refused() {
    let env = environment();
    let log = MemoryLog::new(env.clone());
    append(&*log, request([erased(&[1])])).unwrap();
    let create = |subject_number| CreateAccount {
        account: Uuid::from_u128(60 + subject_number).into(),
        subject: subject(subject_number),
        kind: AccountKind::Private,
        name: "Vera".into(),
        emails: Vec::new(),
        phones: Vec::new(),
        owner: None,
        parent: None,
        attributes: letopis_domain::values::Attributes::new(),
    };
    let answer = block_on(transact(&*log, &*env, &create(1).into(), &Envelope::default()));
    let Err(TransactError::Refused(refused)) = answer else { panic!("{answer:?}") };
    assert_eq!(refused.code, RefusalCode::SubjectErased);
    assert!(refused.message.contains(&subject(1).to_string()), "{}", refused.message);
    assert_eq!(log.head(), Position(1));
    block_on(transact(&*log, &*env, &create(2).into(), &Envelope::default())).unwrap();
}
