//! What a log is, whoever keeps it: append under a condition, read, wait for news.
//!
//! Two logs stand behind this trait and one contract suite: `MemoryLog`, the oracle, and `RocksLog`.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;

use letopis_domain::event::{EventType, NewEvent, Recorded};
use letopis_domain::ids::{Position, RequestId};
use letopis_domain::query::{AppendCondition, Query, QueryItem, Tag};
use letopis_domain::values::Timestamp;
use tokio::sync::watch;

use crate::error::{AppendError, ReadError};
use crate::keys::{ExternalIds, RequestHasher};

/// A keyed or plain digest of a request's body: the same id with another digest is another request.
pub type RequestDigest = [u8; 16];

/// What names a request, so that it can be repeated safely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// The caller's name for it.
    pub id: RequestId,
    /// The digest of its body.
    pub digest: RequestDigest,
}

/// The events of one request. A request has at least one event; all of them are appended or none.
#[derive(Clone, Debug)]
pub struct RequestEvents {
    /// What names it; none = it cannot be repeated safely.
    pub key: Option<RequestKey>,
    /// What it brings.
    pub events: Vec<NewEvent>,
}

/// One atomic append: requests that are written together, in this order, or not at all.
#[derive(Clone, Debug)]
pub struct AppendRequest {
    /// One entry per request; an import appends many at once.
    pub requests: Vec<RequestEvents>,
    /// What must not have happened. Events of this very append do not count.
    pub condition: AppendCondition,
}

/// Where an append, or an earlier request, stands in the log. Positions are consecutive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Position of the first event.
    pub first: Position,
    /// Position of the last event.
    pub last: Position,
    /// The server time it was stamped with.
    pub recorded_at: Timestamp,
}

/// An earlier request as the log remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestRecord {
    /// The digest of its body.
    pub digest: RequestDigest,
    /// Its first event.
    pub first: Position,
    /// Its last event.
    pub last: Position,
}

/// An event that matched a query: enough to name it without decoding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Its place.
    pub position: Position,
    /// Its type.
    pub event_type: EventType,
}

/// What forbids an append: the event that matched its condition, and which alternative of the condition it matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The first alternative that matches.
    pub item: QueryItem,
    /// The event.
    pub found: Match,
}

impl Clash {
    /// The clash of an event with a query that it matches.
    pub(crate) fn new(query: &Query, found: Match, tags: &[Tag]) -> Self {
        let item = query.items.iter().find(|item| item.matches(found.event_type, tags));
        Self { item: item.cloned().unwrap_or_default(), found }
    }
}

/// In which order to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the oldest.
    Forward,
    /// From the newest.
    Backward,
}

/// Which part of the matching events to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Only positions after this one (exclusive).
    pub after: Position,
    /// Only positions up to this one (inclusive); the log never reads past its durable head.
    pub upto: Position,
    /// From which end.
    pub direction: Direction,
    /// At most this many events.
    pub limit: usize,
}

impl Range {
    /// Everything, oldest first.
    pub const ALL: Self =
        Self { after: Position::START, upto: Position::END, direction: Direction::Forward, limit: usize::MAX };

    /// Everything up to and with a position, oldest first.
    #[must_use]
    pub const fn upto(upto: Position) -> Self {
        Self { upto, ..Self::ALL }
    }

    /// Everything after a position, oldest first, at most `limit` events.
    #[must_use]
    pub const fn after(after: Position, limit: usize) -> Self {
        Self { after, limit, ..Self::ALL }
    }
}

/// Receives the events of a scan one by one and says whether to go on.
pub type ScanStep<'a> = dyn FnMut(Recorded) -> ControlFlow<()> + 'a;

/// Events per page of a scan over a log that has no better way.
const SCAN_PAGE_EVENTS: usize = 4_096;

/// The answer of an append, later.
pub type AppendFuture = Pin<Box<dyn Future<Output = Result<Appended, AppendError>> + Send>>;

/// A position, later.
pub type PositionFuture = Pin<Box<dyn Future<Output = Result<Position, ReadError>> + Send>>;

/// An append-only log of events.
///
/// Positions are dense from 1 in commit order, `recorded_at` never decreases along them, and nothing is
/// visible to anyone before it is durable.
pub trait Log: Send + Sync + 'static {
    /// The last durable position; [`Position::START`] when the log is empty.
    fn head(&self) -> Position;

    /// Follows the durable head.
    fn watch_head(&self) -> watch::Receiver<Position>;

    /// Appends atomically and answers once the events are durable. Nothing happens before the future is polled.
    ///
    /// A request whose key is in the log already is not appended again: when the digest agrees the answer is
    /// `AppendError::Repeated` with where it stands, else `AppendError::RequestIdReused`.
    ///
    /// An event that erases someone takes effect with its append: before that is answered, nobody can read anything
    /// personal about them any more or find it by a look-up, and from then on nothing personal about them is taken:
    /// `AppendError::Erased`.
    fn append(&self, request: AppendRequest) -> AppendFuture;

    /// Matching events of the range, in the order asked for, each once.
    ///
    /// # Errors
    /// When a record is unreadable.
    fn read(&self, query: &Query, range: Range) -> Result<Vec<Arc<Recorded>>, ReadError>;

    /// Positions and types of matching events, without reading the events.
    ///
    /// # Errors
    /// When an index is unreadable.
    fn find(&self, query: &Query, range: Range) -> Result<Vec<Match>, ReadError>;

    /// The event at a position; none past the head.
    ///
    /// # Errors
    /// When the record is unreadable.
    fn get(&self, position: Position) -> Result<Option<Arc<Recorded>>, ReadError>;

    /// The events at the positions, in the order asked for; none past the head.
    ///
    /// # Errors
    /// When a record is unreadable.
    fn get_many(&self, positions: &[Position]) -> Result<Vec<Option<Arc<Recorded>>>, ReadError> {
        positions.iter().map(|position| self.get(*position)).collect()
    }

    /// Hands over every event after `after` up to and with `upto`, oldest first, until told to stop.
    ///
    /// # Errors
    /// When a record is unreadable; what came before it was handed over.
    fn scan(&self, after: Position, upto: Position, each: &mut ScanStep<'_>) -> Result<(), ReadError> {
        let upto = upto.min(self.head());
        let mut after = after;
        while after < upto {
            let range = Range { upto, ..Range::after(after, SCAN_PAGE_EVENTS) };
            for event in self.read(&Query::all(), range)? {
                after = event.position;
                if each(Arc::unwrap_or_clone(event)).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Computes the digest of a request's body under a key of this log.
    fn request_hasher(&self) -> RequestHasher;

    /// Makes ids of external keys under a key of this log: the same key, the same id, in this log only.
    fn external_ids(&self) -> ExternalIds;

    /// The request of this id, if its events are in the log.
    ///
    /// # Errors
    /// When the index is unreadable.
    fn find_request(&self, id: &RequestId) -> Result<Option<RequestRecord>, ReadError>;

    /// The last position stamped at or before `at`. It waits until every group stamped so is durable, and later
    /// appends are stamped after `at`, so the answer never changes, with one exception: a crash forgets what was
    /// asked, and if the clock is set back meanwhile, later appends may be stamped before an instant asked about. An
    /// `at` ahead of the clock counts as now. After a failed write there is no answer for its instant and later ones.
    fn position_at(&self, at: Timestamp) -> PositionFuture;

    /// Whether any event carries the tag.
    ///
    /// # Errors
    /// When an index is unreadable.
    fn knows_tag(&self, tag: &Tag) -> Result<bool, ReadError> {
        let query = Query::default().or_item(&[], vec![tag.clone()]);
        Ok(!self.find(&query, Range::after(Position::START, 1))?.is_empty())
    }
}

/// An event as it stands in the log.
pub(crate) fn recorded(
    event: NewEvent,
    position: Position,
    recorded_at: Timestamp,
    request: Option<RequestId>,
) -> Recorded {
    let NewEvent { id, occurred_at, actor, correlation, causation, event } = event;
    Recorded { position, id, occurred_at, recorded_at, actor, request, correlation, causation, event }
}
