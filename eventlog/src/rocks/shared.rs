//! What readers, appenders, the sequencer and the indexer share.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crossbeam_channel::Sender;
use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::query::Query;
use letopis_domain::values::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

use super::checkpoints::Checkpoints;
use super::cursor::Source;
use super::faults::Faults;
use super::folder::Folder;
use super::index::{Codes, Index};
use super::lookup_rows::Scrub;
use super::postings::Posting;
use super::records::{self, Records};
use super::search::CompiledQuery;
use super::sequencer::Message;
use super::tail::{Tail, TailView};
use super::tree::{LiveTree, StoredNodes};
use super::{keys, search};
use crate::environment::Environment;
use crate::error::{AppendError, ReadError};
use crate::keys::{KeyMaker, Keyring};
use crate::log::{Clash, Direction, Match, Range, RequestRecord};

/// The parts of an open log.
pub(super) struct Shared {
    pub records: Records,
    pub index: Index,
    pub tail: Tail,
    pub tree: LiveTree,
    pub checkpoints: Checkpoints,
    pub types: Types,
    pub head: watch::Sender<Position>,
    pub queue: Sender<Message>,
    pub env: Arc<dyn Environment>,
    pub keys: KeyMaker,
    /// To the thread that rewrites files.
    pub scrubs: Sender<Scrub>,
    /// How many erasures began and ended since the log was opened: odd while one is under way.
    pub erasures: AtomicU64,
    /// How many scrubs are done.
    pub scrubbed: AtomicU64,
    /// Where erasures stop.
    #[cfg(test)]
    pub stop: parking_lot::Mutex<Option<super::erasure::Stop>>,
    /// What is done between keys and look-ups.
    #[cfg(test)]
    pub between: parking_lot::Mutex<Option<Box<dyn Fn() + Send>>>,
    /// Why no more writes are taken.
    pub failure: OnceLock<Failure>,
    /// Whether the log takes no more appends, so that nothing may wait for better times.
    pub is_closing: AtomicBool,
    /// The latest instant that was asked about, in microseconds; a clean stop writes it down.
    pub answered_upto: AtomicI64,
    pub faults: Faults,
    /// Held until everything above is closed.
    pub folder: Folder,
}

/// A durable write that failed: nobody knows what of it a reopening will find.
pub(super) struct Failure {
    pub reason: String,
    /// The stamp of the group.
    pub recorded_at: Timestamp,
}

/// Codes of event types, and how many events each has.
pub(super) struct Types {
    pub codes: Codes,
    counts: Vec<AtomicU64>,
}

impl Types {
    pub fn new(codes: Codes, counts: &[(String, u64)]) -> Self {
        let of = |place: usize| counts.get(place).map_or(0, |(_, count)| *count);
        let counts = (0..codes.names().len()).map(|place| AtomicU64::new(of(place))).collect();
        Self { codes, counts }
    }

    /// Counts an event.
    pub fn add(&self, code: u16) {
        if let Some(count) = self.counts.get(usize::from(code)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many events have one of the codes.
    pub fn count(&self, codes: impl Iterator<Item = u16>) -> u64 {
        codes.filter_map(|code| self.counts.get(usize::from(code))).map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// Names and counts in the order of the codes.
    pub fn totals(&self) -> Vec<(String, u64)> {
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        self.codes.names().iter().cloned().zip(counts).collect()
    }
}

impl Shared {
    /// The nodes of the tree.
    pub const fn nodes(&self) -> StoredNodes<'_> {
        StoredNodes { records: &self.records, tree: &self.tree }
    }

    /// The durable head.
    pub fn head(&self) -> u64 {
        self.head.borrow().0
    }

    /// The keys in memory.
    pub fn keyring(&self) -> &Keyring {
        self.keys.store().keyring()
    }

    /// Fails once a durable write has failed.
    pub fn check_writable(&self) -> Result<(), AppendError> {
        self.failure.get().map_or(Ok(()), |failure| Err(AppendError::ReadOnly(failure.reason.clone())))
    }

    /// Fails for an instant at which a group was stamped that may or may not be durable.
    pub fn check_settled(&self, at: Timestamp) -> Result<(), ReadError> {
        match self.failure.get() {
            Some(failure) if failure.recorded_at <= at => Err(ReadError::Storage(format!(
                "what was recorded at {at} is not certain since a write failed: {}",
                failure.reason
            ))),
            _ => Ok(()),
        }
    }

    /// Matches of a query that does not match everything.
    pub fn find(&self, query: &CompiledQuery, range: Range) -> Result<Vec<Posting>, ReadError> {
        let upto = range.upto.0.min(self.head());
        let view = self.tail.view();
        search::find(query, self.source(&view, range.after.0, upto, range.direction), range.limit, &self.types)
    }

    /// The first match with `after` < position ≤ `upto`, looking at everything.
    pub fn first(&self, query: &CompiledQuery, after: u64, upto: u64) -> Result<Option<Posting>, ReadError> {
        if after >= upto {
            return Ok(None);
        }
        if query.is_everything() {
            return self.posting(after + 1).map(Some);
        }
        let view = self.tail.view();
        search::first(query, self.source(&view, after, upto, Direction::Forward), &self.types)
    }

    /// Whether any durable event has a sealed part about the subject.
    pub fn has_sealed(&self, subject: Uuid, head: u64) -> Result<bool, ReadError> {
        let query = Query::about(&SubjectId(subject), &[]);
        let query = CompiledQuery::new(&query, &self.types, &self.keyring().secrets);
        for posting in self.find(&query, Range::upto(Position(head)))? {
            let bytes = self.records.existing_frame(posting.position)?;
            if records::frame(posting.position, &bytes)?.is_sealed() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The request, when it is durable.
    pub fn request(&self, id: &str) -> Result<Option<RequestRecord>, ReadError> {
        self.request_by_key(keys::of_request(id))
    }

    pub fn request_by_key(&self, key: keys::Key) -> Result<Option<RequestRecord>, ReadError> {
        let head = self.head();
        if let Some(found) = self.tail.view().request(key) {
            return Ok(Some(found).filter(|found| found.last.0 <= head));
        }
        self.index.request(key)
    }

    /// The posting of one durable event, from its record.
    pub fn posting(&self, position: u64) -> Result<Posting, ReadError> {
        let bytes = self.records.existing_frame(position)?;
        let event_type = records::frame(position, &bytes)?.event_type();
        let event_type =
            event_type.map_err(|source| ReadError::Undecodable { position: Position(position), source })?;
        Ok(Posting { position, code: self.types.codes.of_type(event_type) })
    }

    /// When a durable event was recorded.
    pub fn recorded_at(&self, position: u64) -> Result<Timestamp, ReadError> {
        let bytes = self.records.existing_frame(position)?;
        Ok(records::frame(position, &bytes)?.recorded_at)
    }

    /// The last position up to and with `head` that was recorded at or before the instant.
    pub fn last_recorded_upto(&self, at: Timestamp, head: u64) -> Result<u64, ReadError> {
        let (mut within, mut beyond) = (0, head + 1);
        while beyond - within > 1 {
            let middle = within + (beyond - within) / 2;
            if self.recorded_at(middle)? <= at {
                within = middle;
            } else {
                beyond = middle;
            }
        }
        Ok(within)
    }

    /// A posting as it leaves the log.
    pub fn matched(&self, posting: Posting) -> Result<Match, ReadError> {
        let position = Position(posting.position);
        let unknown = || ReadError::Damaged { position, reason: format!("its type code is {}", posting.code) };
        Ok(Match { position, event_type: self.types.codes.event_type(posting.code).ok_or_else(unknown)? })
    }

    /// A durable event that forbids an append under the condition of this query.
    pub fn clash(&self, query: &Query, posting: Posting) -> Result<Clash, ReadError> {
        let found = self.matched(posting)?;
        let bytes = self.records.existing_frame(posting.position)?;
        let frame = records::frame(posting.position, &bytes)?;
        let tags = frame.tags();
        let mut tags =
            tags.map_err(|error| ReadError::Damaged { position: found.position, reason: error.to_string() })?;
        if frame.has_lookups() {
            // A look-up that is filed is asked about by name: the hash does not lead back.
            let personal = frame.personal(self.keyring())?;
            let asked = query.items.iter().flat_map(|item| &item.tags).filter(|tag| tag.is_lookup());
            let secrets = &self.keyring().secrets;
            tags.extend(asked.filter(|tag| personal.lookups().contains(&secrets.lookup(tag))).cloned());
        }
        Ok(Clash::new(query, found, &tags))
    }

    fn source<'a>(&'a self, view: &'a TailView, after: u64, upto: u64, direction: Direction) -> Source<'a> {
        Source { index: Some(&self.index), view, after, upto, direction }
    }
}
