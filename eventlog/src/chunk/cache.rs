//! What a chunk has read, by query item, kept up to date with the events that come after.

use std::ops::ControlFlow;
use std::sync::Arc;

use letopis_domain::event::{EventType, Recorded};
use letopis_domain::ids::Position;
use letopis_domain::query::{Query, QueryItem, Tag};
use rustc_hash::FxHashMap;

use crate::error::ReadError;
use crate::log::{Log, Range};
use crate::shelf::{Shelf, tags_of};

/// Most query items kept; beyond it the cache starts afresh.
const ITEMS_MAX: usize = 100_000;
/// Most events kept, counted once per item; beyond it the cache starts afresh.
const EVENTS_MAX: usize = 500_000;
/// Longest stretch of others' events that is read to keep the cache; beyond it the cache starts afresh.
const CATCH_UP_MAX: u64 = 20_000;

/// Answers of query items as of a position of the log.
pub(super) struct Cache {
    base: Position,
    slots: Vec<Slot>,
    by_item: FxHashMap<QueryItem, usize>,
    /// Each item is listed once: under one of its tags, else under its types, else under `of_all`.
    by_tag: FxHashMap<Tag, Vec<usize>>,
    by_type: FxHashMap<EventType, Vec<usize>>,
    of_all: Vec<usize>,
    events: usize,
}

struct Slot {
    item: QueryItem,
    events: Vec<Arc<Recorded>>,
}

impl Cache {
    pub fn new(base: Position) -> Self {
        Self {
            base,
            slots: Vec::new(),
            by_item: FxHashMap::default(),
            by_tag: FxHashMap::default(),
            by_type: FxHashMap::default(),
            of_all: Vec::new(),
            events: 0,
        }
    }

    /// The position of the log whose answers it holds.
    pub const fn base(&self) -> Position {
        self.base
    }

    /// The answer of a query: from the cache, or from the log up to `base` and the chunk's own events after it.
    /// Events that match several items may come several times.
    pub fn read(&mut self, log: &dyn Log, own: &Shelf, query: &Query) -> Result<Vec<Arc<Recorded>>, ReadError> {
        if self.slots.len() > ITEMS_MAX || self.events > EVENTS_MAX {
            *self = Self::new(self.base);
        }
        let mut answer = Vec::new();
        for item in &query.items {
            let slot = match self.by_item.get(item) {
                Some(slot) => *slot,
                None => self.load(log, own, item)?,
            };
            if let Some(slot) = self.slots.get(slot) {
                answer.extend(slot.events.iter().cloned());
            }
        }
        Ok(answer)
    }

    /// Adds an event that follows what is known.
    pub fn add(&mut self, event: &Arc<Recorded>) {
        let tags = tags_of(event);
        let event_type = event.event.event_type();
        for slot in self.candidates(event_type, &tags) {
            if let Some(slot) = self.slots.get_mut(slot)
                && slot.item.matches(event_type, &tags)
            {
                slot.events.push(event.clone());
                self.events += 1;
            }
        }
    }

    /// Takes back events that were added after `base`.
    pub fn forget<'a>(&mut self, events: impl Iterator<Item = &'a Arc<Recorded>>) {
        for event in events {
            let tags = tags_of(event);
            for slot in self.candidates(event.event.event_type(), &tags) {
                if let Some(slot) = self.slots.get_mut(slot) {
                    let before = slot.events.len();
                    let kept = slot.events.partition_point(|event| event.position <= self.base);
                    slot.events.truncate(kept);
                    self.events -= before - kept;
                }
            }
        }
    }

    /// The events that were added are in the log, where they were expected.
    pub const fn advance_to(&mut self, base: Position) {
        self.base = base;
    }

    /// How many events it keeps.
    #[cfg(test)]
    pub const fn kept(&self) -> usize {
        self.events
    }

    /// Forgets everything; it goes on from `base`.
    pub fn clear(&mut self, base: Position) {
        *self = Self::new(base);
    }

    /// Takes in what the log has up to and with `head`. Events of its own must have been settled or taken back.
    pub fn catch_up(&mut self, log: &dyn Log, head: Position) -> Result<(), ReadError> {
        if self.slots.is_empty() || head.0 - self.base.0 > CATCH_UP_MAX {
            *self = Self::new(head);
            return Ok(());
        }
        let base = self.base;
        let mut is_stale = false;
        log.scan(base, head, &mut |event| {
            // What is kept may be about those who are erased with it.
            is_stale |= event.event.erases().is_some();
            self.add(&Arc::new(event));
            ControlFlow::Continue(())
        })?;
        if is_stale {
            *self = Self::new(head);
        }
        self.base = head;
        Ok(())
    }

    fn load(&mut self, log: &dyn Log, own: &Shelf, item: &QueryItem) -> Result<usize, ReadError> {
        let query = Query { items: vec![item.clone()] };
        let mut events = log.read(&query, Range::upto(self.base))?;
        events.extend(own.find(&query, Range::ALL).into_iter().cloned());
        let slot = self.slots.len();
        self.events += events.len();
        self.slots.push(Slot { item: item.clone(), events });
        self.by_item.insert(item.clone(), slot);
        let listed = |tag: &&Tag| self.by_tag.get(*tag).map_or(0, Vec::len);
        if let Some(tag) = item.tags.iter().min_by_key(listed) {
            self.by_tag.entry(tag.clone()).or_default().push(slot);
        } else if item.types.is_empty() {
            self.of_all.push(slot);
        } else {
            for event_type in &item.types {
                self.by_type.entry(*event_type).or_default().push(slot);
            }
        }
        Ok(slot)
    }

    fn candidates(&self, event_type: EventType, tags: &[Tag]) -> Vec<usize> {
        let of_tags = tags.iter().filter_map(|tag| self.by_tag.get(tag));
        let of_type = self.by_type.get(&event_type);
        of_tags.chain(of_type).chain(std::iter::once(&self.of_all)).flatten().copied().collect()
    }
}
