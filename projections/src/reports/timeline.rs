//! Pages of a timeline: what happened with a customer, or by an employee, in the order in which it happened.
//!
//! Entries are ordered by `(occurred_at, position)`. An account's timeline is its own and those of its leads,
//! contacts and opportunities, merged, each event once.

use letopis_domain::event::EventType;
use letopis_domain::ids::{AccountId, ContactId, EmployeeId, LeadId, OpportunityId, Position};
use letopis_domain::values::Timestamp;
use rust_rocksdb::DBRawIterator;

use crate::filter::QueryError;
use crate::models::timeline::{KEY_SIZE, VALUE_SIZE, prefix, sortable};
use crate::names::{Kind, Ref};
use crate::page::{Edge, Page, PageRequest};
use crate::scope::{Between, Scope};
use crate::store::Store;

/// Whose timeline.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TimelineOf {
    /// Of a lead.
    Lead(LeadId),
    /// Of an account and everything linked to it.
    Account(AccountId),
    /// Of a contact.
    Contact(ContactId),
    /// Of an opportunity.
    Opportunity(OpportunityId),
    /// Of an employee: what they did and what they were given or relieved of.
    Employee(EmployeeId),
}

/// What is asked of a timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimelineQuery {
    /// Whose.
    pub of: TimelineOf,
    /// Only events of these types; empty = all.
    pub types: Vec<EventType>,
    /// When they occurred.
    pub period: Between,
    /// Which part.
    pub page: PageRequest<TimelineCursor>,
}

/// A place in a timeline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimelineCursor {
    /// When the event occurred.
    pub occurred_at: Timestamp,
    /// Its position.
    pub position: Position,
}

/// One event in a timeline; its content is in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimelineEntry {
    /// The event.
    pub position: Position,
    /// When it occurred.
    pub occurred_at: Timestamp,
    /// Its type.
    pub event_type: EventType,
    /// Whether it was recorded after an event of the same subject that is dated later.
    pub is_out_of_order: bool,
}

/// A recording this much later than the event is back-dated, in milliseconds: one day.
pub const BACK_DATED_TOLERANCE_MS: i64 = 24 * 60 * 60 * 1_000;

impl TimelineEntry {
    /// Whether it stands out: it came after a later one, or was recorded long after it occurred.
    pub fn is_back_dated(&self, recorded_at: Timestamp) -> bool {
        self.is_out_of_order || recorded_at.ms_since(self.occurred_at) > BACK_DATED_TOLERANCE_MS
    }
}

/// The rows of one entity that belong to a timeline.
#[derive(Clone, Copy)]
pub(crate) struct Source {
    kind: Kind,
    entity: Ref,
    /// Only positions after this one.
    since: u64,
    /// Only positions up to this one.
    upto: u64,
}

/// Whose rows make up a timeline as of the scope's position; reading them needs the store alone.
pub(crate) fn sources(scope: Scope<'_>, of: TimelineOf) -> Vec<Source> {
    let names = &scope.facts.names;
    let (kind, entity) = match of {
        TimelineOf::Lead(id) => (Kind::Lead, names.find(id)),
        TimelineOf::Account(id) => (Kind::Account, names.find(id)),
        TimelineOf::Contact(id) => (Kind::Contact, names.find(id)),
        TimelineOf::Opportunity(id) => (Kind::Opportunity, names.find(id)),
        TimelineOf::Employee(id) => (Kind::Employee, names.find(id)),
    };
    let mut sources = Vec::new();
    if !entity.is_none() && scope.of_entity(kind, entity).sees() {
        sources.push(Source { kind, entity, since: 0, upto: scope.position });
    }
    if kind == Kind::Account && !sources.is_empty() {
        let links = scope.facts.links.of_account(entity, scope.position);
        let links = links.filter(|link| {
            let (kind, entity) = link.member.parts();
            scope.of_entity(kind, entity).sees()
        });
        sources.extend(links.map(|link| {
            let (kind, entity) = link.member.parts();
            let upto = if link.closed == 0 { scope.position } else { link.closed };
            Source { kind, entity, since: link.since, upto }
        }));
    }
    sources
}

/// The part of the order that is read: from one key (inclusive) until another (exclusive).
struct Span {
    from: (i64, u64),
    until: (i64, u64),
}

impl Span {
    fn new(query: &TimelineQuery) -> Self {
        let mut from = (query.period.from.map_or(i64::MIN, Timestamp::micros), 0);
        let mut until = (query.period.until.map_or(i64::MAX, Timestamp::micros), 0);
        if let Some(after) = query.page.after {
            from = from.max((after.occurred_at.micros(), after.position.0.saturating_add(1)));
        }
        if let Some(before) = query.page.before {
            until = until.min((before.occurred_at.micros(), before.position.0));
        }
        Self { from, until }
    }
}

fn bound(source: &Source, (micros, position): (i64, u64)) -> [u8; KEY_SIZE] {
    let mut key = [0; KEY_SIZE];
    key[..6].copy_from_slice(&prefix(source.kind, source.entity));
    key[6..14].copy_from_slice(&sortable(micros));
    key[14..].copy_from_slice(&position.to_be_bytes());
    key
}

/// A cursor over the rows of one source, in either direction.
struct Cursor<'s> {
    rows: DBRawIterator<'s>,
    source: Source,
    is_backward: bool,
    head: Option<TimelineEntry>,
}

impl<'s> Cursor<'s> {
    fn open(store: &'s Store, source: Source, span: &Span, is_backward: bool) -> Result<Self, QueryError> {
        let mut rows = store.scan(&bound(&source, span.from), &bound(&source, span.until));
        if is_backward {
            rows.seek_to_last();
        } else {
            rows.seek_to_first();
        }
        let mut cursor = Self { rows, source, is_backward, head: None };
        cursor.settle()?;
        Ok(cursor)
    }

    fn advance(&mut self) -> Result<(), QueryError> {
        if self.is_backward {
            self.rows.prev();
        } else {
            self.rows.next();
        }
        self.settle()
    }

    /// Goes on to a row that belongs to the timeline as of the position.
    fn settle(&mut self) -> Result<(), QueryError> {
        self.head = None;
        while let (Some(key), Some(value)) = (self.rows.key(), self.rows.value()) {
            let entry = decode(key, value)?;
            if entry.position.0 > self.source.since && entry.position.0 <= self.source.upto {
                self.head = Some(entry);
                return Ok(());
            }
            if self.is_backward { self.rows.prev() } else { self.rows.next() }
        }
        self.rows.status().map_err(|error| QueryError::Storage(error.to_string()))
    }
}

fn decode(key: &[u8], value: &[u8]) -> Result<TimelineEntry, QueryError> {
    let damaged = || QueryError::Storage("a row of the timeline is damaged".to_owned());
    let key: &[u8; KEY_SIZE] = key.try_into().map_err(|_| damaged())?;
    let [a, b, flags]: [u8; VALUE_SIZE] = value.try_into().map_err(|_| damaged())?;
    let (mut occurred, mut position) = ([0; 8], [0; 8]);
    occurred.copy_from_slice(&key[6..14]);
    position.copy_from_slice(&key[14..]);
    let event_type = EventType::ALL.get(usize::from(u16::from_be_bytes([a, b]))).ok_or_else(damaged)?;
    Ok(TimelineEntry {
        position: Position(u64::from_be_bytes(position)),
        occurred_at: Timestamp::from_micros((u64::from_be_bytes(occurred) ^ (1 << 63)).cast_signed()),
        event_type: *event_type,
        is_out_of_order: flags & 1 == 1,
    })
}

/// The rows of several sources in one order, each event once.
struct Merged<'s> {
    cursors: Vec<Cursor<'s>>,
    is_backward: bool,
    types: &'s [EventType],
}

/// Leaves out the entries that the viewer does not see.
pub(crate) type Keep<'a> = dyn Fn(Vec<TimelineEntry>) -> Result<Vec<TimelineEntry>, QueryError> + 'a;

/// Entries looked at in one go, where each has to be looked at.
const LOOK_SIZE: usize = 256;

/// The rows of a timeline that are seen.
struct Seen<'s> {
    rows: Merged<'s>,
    /// None = all.
    keep: Option<&'s Keep<'s>>,
    looked_at: std::vec::IntoIter<TimelineEntry>,
    /// How many are looked at next.
    next_look: usize,
}

impl<'s> Seen<'s> {
    fn new(rows: Merged<'s>, keep: Option<&'s Keep<'s>>, first_look: usize) -> Self {
        Self { rows, keep, looked_at: Vec::new().into_iter(), next_look: first_look.clamp(1, LOOK_SIZE) }
    }

    fn next(&mut self) -> Result<Option<TimelineEntry>, QueryError> {
        let Some(keep) = self.keep else { return self.rows.next() };
        loop {
            if let Some(entry) = self.looked_at.next() {
                return Ok(Some(entry));
            }
            let mut some = Vec::with_capacity(self.next_look);
            while some.len() < self.next_look
                && let Some(entry) = self.rows.next()?
            {
                some.push(entry);
            }
            if some.is_empty() {
                return Ok(None);
            }
            self.next_look = LOOK_SIZE;
            self.looked_at = keep(some)?.into_iter();
        }
    }
}

impl<'s> Merged<'s> {
    fn open(
        store: &'s Store,
        sources: &[Source],
        query: &'s TimelineQuery,
        span: &Span,
        is_backward: bool,
    ) -> Result<Self, QueryError> {
        let open = |source: &Source| Cursor::open(store, *source, span, is_backward);
        let cursors =
            if span.from < span.until { sources.iter().map(open).collect::<Result<_, _>>()? } else { Vec::new() };
        Ok(Self { cursors, is_backward, types: &query.types })
    }

    fn next(&mut self) -> Result<Option<TimelineEntry>, QueryError> {
        loop {
            let heads = self.cursors.iter().filter_map(|cursor| cursor.head);
            let order = |entry: &TimelineEntry| (entry.occurred_at, entry.position);
            let next = if self.is_backward { heads.max_by_key(order) } else { heads.min_by_key(order) };
            let Some(mut next) = next else { return Ok(None) };
            for cursor in &mut self.cursors {
                if let Some(head) = cursor.head.filter(|head| head.position == next.position) {
                    next.is_out_of_order |= head.is_out_of_order;
                    cursor.advance()?;
                }
            }
            if self.types.is_empty() || self.types.contains(&next.event_type) {
                return Ok(Some(next));
            }
        }
    }
}

pub(crate) fn page(
    sources: &[Source],
    store: &Store,
    query: &TimelineQuery,
    keep: Option<&Keep<'_>>,
) -> Result<Page<TimelineEntry, TimelineCursor>, QueryError> {
    let (size, is_backward) = query.page.size()?;
    let rows = Merged::open(store, sources, query, &Span::new(query), is_backward)?;
    let mut rows = Seen::new(rows, keep, size.saturating_add(1));
    let mut entries = Vec::with_capacity(size.min(1_000));
    let mut has_more = false;
    while let Some(entry) = rows.next()? {
        if entries.len() == size {
            has_more = true;
            break;
        }
        entries.push(entry);
    }
    let is_cut = has_beyond(store, sources, query, keep, is_backward)?;
    if is_backward {
        entries.reverse();
    }
    let edge = |node: TimelineEntry| {
        let cursor = TimelineCursor { occurred_at: node.occurred_at, position: node.position };
        Edge { cursor, node }
    };
    let (has_next, has_previous) = if is_backward { (is_cut, has_more) } else { (has_more, is_cut) };
    Ok(Page { edges: entries.into_iter().map(edge).collect(), has_next, has_previous })
}

/// Whether anything lies on the other side of the cursor.
fn has_beyond(
    store: &Store,
    sources: &[Source],
    query: &TimelineQuery,
    keep: Option<&Keep<'_>>,
    is_backward: bool,
) -> Result<bool, QueryError> {
    let cursor = if is_backward { query.page.before } else { query.page.after };
    let Some(cursor) = cursor else { return Ok(false) };
    let whole = TimelineQuery { page: PageRequest::default(), ..query.clone() };
    let mut span = Span::new(&whole);
    if is_backward {
        span.from = span.from.max((cursor.occurred_at.micros(), cursor.position.0));
    } else {
        span.until = span.until.min((cursor.occurred_at.micros(), cursor.position.0.saturating_add(1)));
    }
    let rows = Merged::open(store, sources, &whole, &span, !is_backward)?;
    Ok(Seen::new(rows, keep, 8).next()?.is_some())
}

/// How many entries there are, whatever the page.
pub(crate) fn count(
    sources: &[Source],
    store: &Store,
    query: &TimelineQuery,
    keep: Option<&Keep<'_>>,
) -> Result<u64, QueryError> {
    let whole = TimelineQuery { page: PageRequest::default(), ..query.clone() };
    let rows = Merged::open(store, sources, &whole, &Span::new(&whole), false)?;
    let mut rows = Seen::new(rows, keep, LOOK_SIZE);
    let mut count = 0;
    while rows.next()?.is_some() {
        count += 1;
    }
    Ok(count)
}
