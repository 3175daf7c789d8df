//! Many commands decided in memory and appended as one: how an import keeps the rules and the speed.
//!
//! A command sees the log as of the chunk's base position and the events of the commands before it. What was
//! read is remembered by query item and kept up to date, so that the next command on the same subject reads
//! nothing. All boundaries together are the condition of the append.

mod cache;

use std::sync::Arc;

use letopis_domain::command::Command;
use letopis_domain::event::{Event, EventType};
use letopis_domain::ids::{Position, RequestId};
use letopis_domain::query::{AppendCondition, Query, QueryItem};
use letopis_domain::refusal::{Conflict, RefusalCode};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::environment::Environment;
use crate::error::{AppendError, ReadError, TransactError};
use crate::log::{AppendRequest, Appended, Log, Match, RequestDigest, RequestEvents, recorded};
use crate::shelf::Shelf;
use crate::transact::{ATTEMPTS_MAX, Decide, Envelope, erased, refused};
use cache::Cache;

/// What became of one command of a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChunkOutcome {
    /// It brought events, which the next commit appends.
    Recorded(Vec<Event>),
    /// The history already said so; of a request with a key, the next commit appends that it was settled.
    Unchanged,
    /// The same request is in the log, or earlier in this chunk.
    Duplicate,
}

/// A command that waits for the commit.
struct DecidedCommand {
    command: Command,
    envelope: Envelope,
    /// Whether it brought events; otherwise the log learns only that the request was settled.
    is_recorded: bool,
}

/// Commands that are decided one after the other and appended together.
///
/// After an error of [`Chunk::commit`] the chunk is empty: none of its commands is in the log.
pub struct Chunk {
    log: Arc<dyn Log>,
    env: Arc<dyn Environment>,
    /// The log as of `cache.base()`.
    cache: Cache,
    /// The events of this chunk, at the positions they will have unless others append in between.
    own: Shelf,
    decided: Vec<DecidedCommand>,
    requests: Vec<RequestEvents>,
    digests: FxHashMap<RequestId, RequestDigest>,
    boundary: FxHashSet<QueryItem>,
}

impl Chunk {
    /// An empty chunk on the log as it is.
    #[must_use]
    pub fn new(log: Arc<dyn Log>, env: Arc<dyn Environment>) -> Self {
        let base = log.head();
        Self {
            log,
            env,
            cache: Cache::new(base),
            own: Shelf::after(base),
            decided: Vec::new(),
            requests: Vec::new(),
            digests: FxHashMap::default(),
            boundary: FxHashSet::default(),
        }
    }

    /// Events that wait for the commit.
    #[must_use]
    pub fn pending_events(&self) -> usize {
        usize::try_from(self.own.head().0 - self.cache.base().0).unwrap_or(usize::MAX)
    }

    /// Decides a command on the log and the commands before it.
    ///
    /// # Errors
    /// `Refused` by a rule, or with code `Changed` when the request id stands for another content; a refused
    /// command leaves no trace. Otherwise the log could not be read.
    pub fn execute(&mut self, command: &Command, envelope: &Envelope) -> Result<ChunkOutcome, TransactError> {
        if self.requests.is_empty() {
            self.catch_up()?;
        }
        if self.is_duplicate(envelope)? {
            return Ok(ChunkOutcome::Duplicate);
        }
        let at = envelope.circumstances(self.env.now());
        let (log, cache, own) = (&*self.log, &mut self.cache, &self.own);
        let mut read = |query: &Query, after: Position| {
            let mut events = cache.read(log, own, query)?;
            events.retain(|event| event.position > after);
            Ok(events)
        };
        let decided = command.visit(Decide { read: &mut read, at, expected: envelope.expected_position })?;
        let outcome = if decided.events.is_empty() {
            ChunkOutcome::Unchanged
        } else {
            ChunkOutcome::Recorded(decided.events.clone())
        };
        let events = envelope.new_events(envelope.to_record(command, decided.events), &at, &*self.env);
        if events.is_empty() {
            return Ok(outcome);
        }
        for event in &events {
            let request = envelope.key.as_ref().map(|key| key.id.clone());
            let event = Arc::new(recorded(event.clone(), self.own.head().next(), at.now, request));
            self.cache.add(&event);
            self.own.push(event);
        }
        self.boundary.extend(decided.boundary.items);
        self.digests.extend(envelope.key.clone().map(|key| (key.id, key.digest)));
        self.requests.push(RequestEvents { key: envelope.key.clone(), events });
        let is_recorded = outcome != ChunkOutcome::Unchanged;
        self.decided.push(DecidedCommand { command: command.clone(), envelope: envelope.clone(), is_recorded });
        Ok(outcome)
    }

    /// Appends what was decided; none when nothing was. When others wrote to the same subjects, everything is
    /// decided anew, as long as no command begins or ceases to bring events.
    ///
    /// # Errors
    /// `Contended` when a command would end otherwise now: execute the commands again; `Refused` when one of them is
    /// about someone who was erased meanwhile. Otherwise the log failed.
    pub async fn commit(&mut self) -> Result<Option<Appended>, TransactError> {
        for attempts in 1.. {
            if self.requests.is_empty() {
                return Ok(None);
            }
            let condition = AppendCondition {
                fail_if_events_match: Query { items: self.boundary.drain().collect() },
                after: self.cache.base(),
            };
            let requests = std::mem::take(&mut self.requests);
            match self.log.append(AppendRequest { requests, condition }).await {
                Ok(appended) => {
                    self.settle(appended)?;
                    return Ok(Some(appended));
                }
                Err(AppendError::Conflict(clash)) => self.decide_again(attempts, clash.found)?,
                // Somebody sends the same requests: the next round finds them.
                Err(AppendError::Repeated(Appended { first, .. }) | AppendError::RequestIdReused { first }) => {
                    let last = self.log.get(first)?.map_or(EventType::RequestSettled, |event| event.event.event_type());
                    self.decide_again(attempts, Match { position: first, event_type: last })?;
                }
                Err(AppendError::Erased { subject }) => {
                    self.discard()?;
                    return Err(erased(subject));
                }
                Err(error) => {
                    self.discard()?;
                    return Err(TransactError::Append(error));
                }
            }
        }
        Ok(None)
    }

    fn is_duplicate(&self, envelope: &Envelope) -> Result<bool, TransactError> {
        let Some(key) = &envelope.key else { return Ok(false) };
        let (digest, position) = if let Some(digest) = self.digests.get(&key.id) {
            (*digest, None)
        } else if let Some(known) = envelope.known_request(&*self.log)? {
            (known.digest, Some(known.first))
        } else {
            return Ok(false);
        };
        if digest == key.digest {
            return Ok(true);
        }
        let message = "the same identity came before with other content".to_owned();
        let conflict = position.map(|first| Conflict { position: Some(first), event_type: None, holder: None });
        Err(refused(RefusalCode::Changed, message, conflict))
    }

    /// The events are in the log. When nobody came in between, they stand where the cache has them already.
    fn settle(&mut self, appended: Appended) -> Result<(), ReadError> {
        if self.own.iter().any(|event| event.event.erases().is_some()) {
            // What is kept may be about those who are erased.
            self.cache.clear(appended.last);
        } else if appended.first == self.cache.base().next() {
            self.cache.advance_to(appended.last);
        } else {
            self.cache.forget(self.own.iter());
        }
        self.clear();
        self.catch_up()
    }

    fn decide_again(&mut self, attempts: u32, last: Match) -> Result<(), TransactError> {
        let commands = std::mem::take(&mut self.decided);
        self.discard()?;
        let contended = TransactError::Contended { attempts, last };
        if attempts >= ATTEMPTS_MAX {
            return Err(contended);
        }
        for DecidedCommand { command, envelope, is_recorded } in commands {
            match self.execute(&command, &envelope) {
                Ok(ChunkOutcome::Recorded(_)) if is_recorded => {}
                Ok(ChunkOutcome::Unchanged) if !is_recorded => {}
                Ok(_) | Err(TransactError::Refused(_)) => {
                    self.discard()?;
                    return Err(contended);
                }
                Err(error) => {
                    self.discard()?;
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Drops what was decided and looks at the log as it is.
    fn discard(&mut self) -> Result<(), ReadError> {
        self.cache.forget(self.own.iter());
        self.clear();
        self.catch_up()
    }

    fn clear(&mut self) {
        self.decided.clear();
        self.requests.clear();
        self.digests.clear();
        self.boundary.clear();
        self.own = Shelf::after(self.cache.base());
    }

    fn catch_up(&mut self) -> Result<(), ReadError> {
        let head: Position = self.log.head();
        if head > self.cache.base() {
            self.cache.catch_up(&*self.log, head)?;
            self.own = Shelf::after(head);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
