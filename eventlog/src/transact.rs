//! From a command to appended events: read the boundary, fold, decide, append, and again when others were faster.

use std::sync::Arc;

use letopis_domain::acting::Acting;
use letopis_domain::command::{Command, CommandVisitor};
use letopis_domain::decision::{Circumstances, Decision, fold};
use letopis_domain::event::{Event, NewEvent, Recorded};
use letopis_domain::ids::{EmployeeId, EventId, Position, SubjectId};
use letopis_domain::query::{AppendCondition, Query, Tag};
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
    /// Refuse when anything about the command's subject was recorded after this position.
    pub expected_position: Option<Position>,
    /// What the command names and the caller does not see: it is decided as if it was not there, and refused.
    pub unseen: Vec<Tag>,
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
        // First the head, then the request: one that comes in between is newer than what is decided on, and so found
        // by the append.
        let head = log.head();
        if let Some(known) = envelope.known_request(log)? {
            return envelope.repeat(log, known);
        }
        let mut read = |query: &Query, after| {
            let mut events = log.read(query, Range { after, ..Range::upto(head) })?;
            events.retain(|event| !envelope.hides(event));
            Ok(events)
        };
        let decided = command.visit(Decide { read: &mut read, at, expected: envelope.expected_position })?;
        if let (Some(unseen), false) = (envelope.unseen.first(), decided.events.is_empty()) {
            // No rule asked whether it is there.
            return Err(refused(RefusalCode::NotFound, format!("there is no {unseen}"), None));
        }
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
            Err(AppendError::Conflict(clash)) if attempts >= ATTEMPTS_MAX => {
                return Err(TransactError::Contended { attempts, last: clash.found });
            }
            // The next round finds the other event, or the earlier request; that one answers it however late.
            Err(AppendError::Conflict(_) | AppendError::Repeated(_) | AppendError::RequestIdReused { .. }) => {}
            Err(AppendError::Erased { subject }) => return Err(erased(subject)),
            Err(AppendError::Read(error)) => return Err(error.into()),
            Err(error) => return Err(TransactError::Append(error)),
        }
    }
}

impl Envelope {
    /// What surrounds the command when it is decided at `now`.
    pub(crate) fn circumstances(&self, now: Timestamp) -> Circumstances {
        let occurred_at = self.occurred_at.unwrap_or(now);
        Circumstances { now, occurred_at, is_dated: self.occurred_at.is_some(), actor: self.actor }
    }

    /// Whether an event is about something that the caller does not see.
    fn hides(&self, event: &Recorded) -> bool {
        !self.unseen.is_empty() && event.event.tags().as_slice().iter().any(|tag| self.unseen.contains(tag))
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

/// Answers a query with what stands after a position.
pub(crate) type ReadQuery<'a> = dyn FnMut(&Query, Position) -> Result<Vec<Arc<Recorded>>, ReadError> + 'a;

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
        let mut subject = Query::default();
        if let Some(expected) = self.expected {
            subject = command.subject();
            let newer = (self.read)(&subject, expected)?;
            if let Some(newest) = newer.iter().max_by_key(|event| event.position) {
                return Err(stale(newest, expected));
            }
        }
        let command = &Acting { command, actor: self.at.actor };
        let mut folded = fold(command, |query| (self.read)(query, Position::START))?;
        let events = command.decide(&folded.state, &self.at).map_err(Refused::from)?;
        // Nothing may happen to the subject until the events are appended, either.
        folded.boundary.items.append(&mut subject.items);
        Ok(Decided { events, boundary: folded.boundary })
    }
}

fn stale(newest: &Recorded, expected: Position) -> TransactError {
    let event_type = newest.event.event_type();
    let conflict = Conflict { position: Some(newest.position), event_type: Some(event_type), holder: None };
    let message =
        format!("{event_type} was recorded at position {}, after the expected position {expected}", newest.position);
    refused(RefusalCode::StalePosition, message, Some(conflict))
}

/// A refusal by the log itself.
pub(crate) fn refused(code: RefusalCode, message: String, conflict: Option<Conflict>) -> TransactError {
    TransactError::Refused(Refused { code, message, field: None, conflict })
}

/// The refusal of anything personal about someone who was erased.
pub(crate) fn erased(subject: SubjectId) -> TransactError {
    let message = AppendError::Erased { subject }.to_string();
    refused(RefusalCode::SubjectErased, message, None)
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
mod tests;
