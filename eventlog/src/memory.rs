//! The log in memory: the oracle that the real log is held against, and a light stand-in for tests.

use std::sync::Arc;

use letopis_domain::event::{EncodedEvent, NewEvent, Recorded};
use letopis_domain::ids::{Position, RequestId, SubjectId};
use letopis_domain::privacy::DataSubjects;
use letopis_domain::query::Query;
use letopis_domain::values::Timestamp;
use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};
use tokio::sync::watch;
use uuid::Uuid;

use crate::environment::Environment;
use crate::error::{AppendError, ReadError};
use crate::keys::{ExternalIds, RequestHasher, Secrets};
use crate::limits;
use crate::log::{
    AppendFuture, AppendRequest, Appended, Clash, Log, Match, PositionFuture, Range, RequestKey, RequestRecord,
    recorded,
};
use crate::shelf::{Shelf, tags_of};
use crate::stamps::Stamps;

/// An event log that forgets everything when it is dropped.
pub struct MemoryLog {
    shared: Arc<Shared>,
}

struct Shared {
    env: Arc<dyn Environment>,
    history: Mutex<History>,
    head: watch::Sender<Position>,
    secrets: Secrets,
}

struct History {
    events: Shelf,
    requests: FxHashMap<RequestId, RequestRecord>,
    stamps: Stamps,
    erased: FxHashSet<SubjectId>,
}

impl MemoryLog {
    /// An empty log.
    #[must_use]
    pub fn new(env: Arc<dyn Environment>) -> Arc<Self> {
        let history = History {
            events: Shelf::default(),
            requests: FxHashMap::default(),
            stamps: Stamps::new(),
            erased: FxHashSet::default(),
        };
        let head = watch::Sender::new(Position::START);
        // Nothing of it outlives the process: a secret drawn from ids is as good as any.
        let drawn = [env.new_uuid(), env.new_uuid()].map(Uuid::into_bytes);
        let secrets = Secrets::new(blake3::hash(drawn.as_flattened()).as_bytes());
        Arc::new(Self { shared: Arc::new(Shared { env, history: Mutex::new(history), head, secrets }) })
    }
}

impl Shared {
    fn append(&self, mut request: AppendRequest) -> Result<Appended, AppendError> {
        self.secrets.add_digests(&mut request);
        let encoded = limits::encode(&request)?;
        let mut history = self.history.lock();
        for key in request.requests.iter().filter_map(|request| request.key.as_ref()) {
            history.refuse_known(key)?;
        }
        let newer = Range::after(request.condition.after, 1);
        let query = &request.condition.fail_if_events_match;
        if let Some(found) = history.events.find(query, newer).first() {
            return Err(AppendError::Conflict(Clash::new(query, matched(found), &tags_of(found))));
        }
        history.refuse_erased(&encoded)?;
        let recorded_at = history.stamps.stamp(self.env.now());
        let first = history.events.head().next();
        for request in request.requests {
            history.push_request(request.key, request.events, recorded_at);
        }
        let last = history.events.head();
        history.erase_from(first);
        self.head.send_replace(last);
        Ok(Appended { first, last, recorded_at })
    }
}

impl History {
    fn refuse_known(&self, key: &RequestKey) -> Result<(), AppendError> {
        let Some(known) = self.requests.get(&key.id) else { return Ok(()) };
        if known.digest != key.digest {
            return Err(AppendError::RequestIdReused { first: known.first });
        }
        let recorded_at = self.events.at(known.first).map_or(Timestamp::MIN, |event| event.recorded_at);
        Err(AppendError::Repeated(Appended { first: known.first, last: known.last, recorded_at }))
    }

    fn refuse_erased(&self, encoded: &[EncodedEvent]) -> Result<(), AppendError> {
        let sealed = encoded.iter().filter(|parts| parts.personal.is_some());
        let mut subjects: Vec<SubjectId> = sealed.flat_map(|parts| parts.subjects.as_slice()).copied().collect();
        subjects.sort_unstable();
        let erased = subjects.into_iter().find(|subject| self.erased.contains(subject));
        erased.map_or(Ok(()), |subject| Err(AppendError::Erased { subject }))
    }

    /// Carries out the erasures from a position on.
    fn erase_from(&mut self, first: Position) {
        let positions = (first.0..=self.events.head().0).map(Position);
        let events = positions.filter_map(|position| self.events.at(position));
        let erased: Vec<SubjectId> =
            events.filter_map(|event| event.event.erases()).flat_map(DataSubjects::as_slice).copied().collect();
        if !erased.is_empty() {
            self.events.erase(&erased);
            self.erased.extend(erased);
        }
    }

    fn push_request(&mut self, key: Option<RequestKey>, events: Vec<NewEvent>, recorded_at: Timestamp) {
        let first = self.events.head().next();
        for event in events {
            let request = key.as_ref().map(|key| key.id.clone());
            self.events.push(Arc::new(recorded(event, self.events.head().next(), recorded_at, request)));
        }
        if let Some(key) = key {
            self.requests.insert(key.id, RequestRecord { digest: key.digest, first, last: self.events.head() });
        }
    }
}

fn matched(event: &Arc<Recorded>) -> Match {
    Match { position: event.position, event_type: event.event.event_type() }
}

impl Log for MemoryLog {
    fn head(&self) -> Position {
        *self.shared.head.borrow()
    }

    fn watch_head(&self) -> watch::Receiver<Position> {
        self.shared.head.subscribe()
    }

    fn append(&self, request: AppendRequest) -> AppendFuture {
        let shared = self.shared.clone();
        Box::pin(async move { shared.append(request) })
    }

    fn read(&self, query: &Query, range: Range) -> Result<Vec<Arc<Recorded>>, ReadError> {
        Ok(self.shared.history.lock().events.find(query, range).into_iter().cloned().collect())
    }

    fn find(&self, query: &Query, range: Range) -> Result<Vec<Match>, ReadError> {
        Ok(self.shared.history.lock().events.find(query, range).into_iter().map(matched).collect())
    }

    fn get(&self, position: Position) -> Result<Option<Arc<Recorded>>, ReadError> {
        Ok(self.shared.history.lock().events.at(position).cloned())
    }

    fn request_hasher(&self) -> RequestHasher {
        self.shared.secrets.request_hasher()
    }

    fn external_ids(&self) -> ExternalIds {
        self.shared.secrets.external_ids()
    }

    fn find_request(&self, id: &RequestId) -> Result<Option<RequestRecord>, ReadError> {
        Ok(self.shared.history.lock().requests.get(id).copied())
    }

    fn position_at(&self, at: Timestamp) -> PositionFuture {
        let shared = self.shared.clone();
        Box::pin(async move {
            let mut history = shared.history.lock();
            let at = history.stamps.settle(at, shared.env.now());
            Ok(Position(history.events.count_recorded_upto(at) as u64))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Fixture, log_contract};

    fn fixture() -> Fixture {
        Fixture::new(|env| (MemoryLog::new(env), ()))
    }

    log_contract!(fixture);
}
