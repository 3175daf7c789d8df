//! From a command to appended events: read the boundary, fold, decide, append, and again when others were faster.

use std::sync::Arc;

use letopis_domain::acting::Acting;
use letopis_domain::command::{Command, CommandVisitor};
use letopis_domain::decision::{Circumstances, Decision, fold};
use letopis_domain::event::{Event, NewEvent, Recorded};
use letopis_domain::ids::{EmployeeId, EventId, Position};
use letopis_domain::query::{AppendCondition, Query};
use letopis_domain::refusal::{Conflict, RefusalCode, Refused};
use letopis_domain::request::RequestSettled;
use letopis_domain::values::Timestamp;
use uuid::Uuid;

use crate::environment::Environment;
use crate::error::{AppendError, ReadError, TransactError};
use crate::log::{AppendRequest, Appended, Log, Range, RequestEvents, RequestKey, RequestRecord};

/// How often a command is decided anew because others were faster.
pub const ATTEMPTS_MAX: u32 = 16;

/// What comes with a command besides its content.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// Names the request, so that it can be repeated safely.
    pub key: Option<RequestKey>,
    /// When it happened; none = now.
    pub occurred_at: Option<Timestamp>,
    /// Who acts; none = the system itself.
    pub actor: Option<EmployeeId>,
    /// Everything that belongs to one business process shares it.
    pub correlation: Option<Uuid>,
    /// The event that led to this one.
    pub causation: Option<EventId>,
    /// Refuse when the decision's subjects moved on after this position.
    pub expected_position: Option<Position>,
}

/// What became of a command.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Where it stands in the log; none = the history already said so, and nothing was appended.
    pub appended: Option<Appended>,
    /// The events, also those of an earlier request with the same key; none where the history said so already, even
    /// if the log remembers the request.
    pub events: Vec<NewEvent>,
    /// Whether an earlier request with the same key had been carried out already.
    pub repeated: bool,
}

/// Decides the command on the log's history and appends what it brings.
///
/// # Errors
/// `Refused` by a rule, by `expected_position` or because the request id is another request's; `Contended` when
/// others were faster [`ATTEMPTS_MAX`] times; otherwise the log failed.
pub async fn transact(
    log: &dyn Log,
    env: &dyn Environment,
    command: &Command,
    envelope: &Envelope,
) -> Result<Outcome, TransactError> {
    let at = envelope.circumstances(env.now());
    let mut attempts = 0;
    loop {
        if let Some(known) = envelope.known_request(log)? {
            return envelope.repeat(log, known);
        }
        let head = log.head();
        let mut read = |query: &Query| log.read(query, Range::upto(head));
        let decided = command.visit(Decide { read: &mut read, at, expected: envelope.expected_position })?;
        let events = envelope.new_events(envelope.to_record(command, decided.events), &at, env);
        if events.is_empty() {
            return Ok(Outcome { appended: None, events, repeated: false });
        }
        let request = AppendRequest {
            requests: vec![RequestEvents { key: envelope.key.clone(), events: events.clone() }],
            condition: AppendCondition { fail_if_events_match: decided.boundary, after: head },
        };
        attempts += 1;
        match log.append(request).await {
            Ok(appended) => {
                let events = without_settlement(events);
                return Ok(Outcome { appended: Some(appended), events, repeated: false });
            }
            Err(AppendError::Conflict(last)) if attempts >= ATTEMPTS_MAX => {
                return Err(TransactError::Contended { attempts, last });
            }
            // The next round finds the other event, or the earlier request.
            Err(AppendError::Conflict(_) | AppendError::Repeated(_) | AppendError::RequestIdReused { .. })
                if attempts < ATTEMPTS_MAX => {}
            Err(AppendError::Read(error)) => return Err(error.into()),
            Err(error) => return Err(TransactError::Append(error)),
        }
    }
}

impl Envelope {
    /// What surrounds the command when it is decided at `now`.
    pub(crate) fn circumstances(&self, now: Timestamp) -> Circumstances {
        Circumstances { now, occurred_at: self.occurred_at.unwrap_or(now), actor: self.actor }
    }

    /// The earlier request with the same key.
    pub(crate) fn known_request(&self, log: &dyn Log) -> Result<Option<RequestRecord>, ReadError> {
        self.key.as_ref().map_or(Ok(None), |key| log.find_request(&key.id))
    }

    /// Whether the earlier request was this very one.
    pub(crate) fn is_same_request(&self, known: &RequestRecord) -> bool {
        self.key.as_ref().is_some_and(|key| key.digest == known.digest)
    }

    /// What the log takes in: the events, or for a request with a name that it brought none.
    pub(crate) fn to_record(&self, command: &Command, events: Vec<Event>) -> Vec<Event> {
        if events.is_empty() && self.key.is_some() {
            return vec![RequestSettled { command: command.name().to_owned() }.into()];
        }
        events
    }

    /// Wraps decided events.
    pub(crate) fn new_events(&self, events: Vec<Event>, at: &Circumstances, env: &dyn Environment) -> Vec<NewEvent> {
        let wrap = |event| NewEvent {
            id: EventId(env.new_uuid()),
            occurred_at: at.occurred_at,
            actor: self.actor,
            correlation: self.correlation,
            causation: self.causation,
            event,
        };
        events.into_iter().map(wrap).collect()
    }

    fn repeat(&self, log: &dyn Log, known: RequestRecord) -> Result<Outcome, TransactError> {
        if !self.is_same_request(&known) {
            return Err(refused(
                RefusalCode::RequestIdReused,
                format!("the request id was used before, at position {}, for another request", known.first),
                Some(Conflict { position: Some(known.first), event_type: None, holder: None }),
            ));
        }
        let range = Range { upto: known.last, ..Range::after(Position(known.first.0 - 1), usize::MAX) };
        let events = log.read(&Query::all(), range)?;
        let recorded_at = events.first().map_or(Timestamp::MIN, |event| event.recorded_at);
        let appended = Appended { first: known.first, last: known.last, recorded_at };
        let events = events.into_iter().map(|event| new_event(Arc::unwrap_or_clone(event))).collect();
        Ok(Outcome { appended: Some(appended), events: without_settlement(events), repeated: true })
    }
}

/// Answers a query.
pub(crate) type ReadQuery<'a> = dyn FnMut(&Query) -> Result<Vec<Arc<Recorded>>, ReadError> + 'a;

/// Reads and decides a command of any type.
pub(crate) struct Decide<'a> {
    /// Gives the events of a query, always from the same moment of the log.
    pub read: &'a mut ReadQuery<'a>,
    /// What surrounds the command.
    pub at: Circumstances,
    /// The position after which nothing may have happened to its subjects.
    pub expected: Option<Position>,
}

/// What a command brings, and what that depends on.
pub(crate) struct Decided {
    /// To be appended.
    pub events: Vec<Event>,
    /// The condition.
    pub boundary: Query,
}

impl CommandVisitor for Decide<'_> {
    type Output = Result<Decided, TransactError>;

    fn visit<D: Decision>(self, command: &D) -> Self::Output {
        let mut newest: Option<Arc<Recorded>> = None;
        let command = &Acting { command, actor: self.at.actor };
        let folded = fold(command, |query| {
            let events = (self.read)(query)?;
            newest = newest.take().into_iter().chain(events.iter().cloned()).max_by_key(|event| event.position);
            Ok::<_, ReadError>(events)
        })?;
        if let (Some(expected), Some(newest)) = (self.expected, newest)
            && newest.position > expected
        {
            let conflict =
                Conflict { position: Some(newest.position), event_type: Some(newest.event.event_type()), holder: None };
            let message = format!(
                "{} was recorded at position {}, after the expected position {expected}",
                newest.event.event_type(),
                newest.position
            );
            return Err(refused(RefusalCode::StalePosition, message, Some(conflict)));
        }
        let events = command.decide(&folded.state, &self.at).map_err(Refused::from)?;
        Ok(Decided { events, boundary: folded.boundary })
    }
}

/// A refusal by the log itself.
pub(crate) fn refused(code: RefusalCode, message: String, conflict: Option<Conflict>) -> TransactError {
    TransactError::Refused(Refused { code, message, field: None, conflict })
}

fn new_event(recorded: Recorded) -> NewEvent {
    let Recorded { id, occurred_at, actor, correlation, causation, event, .. } = recorded;
    NewEvent { id, occurred_at, actor, correlation, causation, event }
}

fn without_settlement(mut events: Vec<NewEvent>) -> Vec<NewEvent> {
    events.retain(|event| !matches!(event.event, Event::RequestSettled(_)));
    events
}

#[cfg(test)]
mod tests {
    use letopis_domain::employee::{FormBusinessUnit, PublishCompanyProfile};
    use letopis_domain::event::EventType;
    use letopis_domain::ids::RequestId;
    use tokio::sync::watch;

    use super::*;
    use crate::contract::{NOW, block_on, employee};
    use crate::environment::SeededEnvironment;
    use crate::log::{AppendFuture, Match, PositionFuture};
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
            Box::pin(std::future::ready(Err(AppendError::Conflict(first))))
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

        fn find_request(&self, id: &RequestId) -> Result<Option<RequestRecord>, ReadError> {
            self.0.find_request(id)
        }

        fn position_at(&self, at: Timestamp) -> PositionFuture {
            self.0.position_at(at)
        }
    }
}
