//! Events in memory, found again by tag and type: what the memory log is made of, and a chunk's own events.
//!
//! The maps only narrow down where to look; whatever they propose is matched again in full.

use std::collections::BTreeSet;
use std::sync::Arc;

use letopis_domain::event::{EventType, Recorded};
use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::query::{Query, QueryItem, Tag};
use rustc_hash::FxHashMap;

use crate::log::{Direction, Range};

/// Events at consecutive positions after `base`.
#[derive(Default)]
pub(crate) struct Shelf {
    base: Position,
    entries: Vec<Entry>,
    by_tag: FxHashMap<Tag, Vec<Position>>,
    by_type: FxHashMap<EventType, Vec<Position>>,
}

struct Entry {
    recorded: Arc<Recorded>,
    tags: Vec<Tag>,
}

impl Shelf {
    /// Empty; the first event will stand right after `base`.
    pub fn after(base: Position) -> Self {
        Self { base, ..Self::default() }
    }

    /// The last position, or `base` when it is empty.
    pub fn head(&self) -> Position {
        Position(self.base.0 + self.entries.len() as u64)
    }

    /// Adds the event that stands at `head().next()`.
    pub fn push(&mut self, recorded: Arc<Recorded>) {
        debug_assert_eq!(recorded.position, self.head().next());
        let tags = tags_of(&recorded);
        for tag in &tags {
            self.by_tag.entry(tag.clone()).or_default().push(recorded.position);
        }
        self.by_type.entry(recorded.event.event_type()).or_default().push(recorded.position);
        self.entries.push(Entry { recorded, tags });
    }

    /// Erases what the events are about of these subjects: nobody finds it by its look-ups any more.
    pub fn erase(&mut self, subjects: &[SubjectId]) {
        for entry in &mut self.entries {
            let about = entry.recorded.event.data_subjects();
            if !subjects.iter().any(|subject| about.contains(*subject)) {
                continue;
            }
            let position = entry.recorded.position;
            for lookup in entry.tags.iter().filter(|tag| tag.is_lookup()) {
                if let Some(positions) = self.by_tag.get_mut(lookup) {
                    positions.retain(|other| *other != position);
                }
            }
            entry.tags.retain(|tag| !tag.is_lookup());
            Arc::make_mut(&mut entry.recorded).event.erase();
        }
    }

    /// The event at a position.
    pub fn at(&self, position: Position) -> Option<&Arc<Recorded>> {
        self.entry(position).map(|entry| &entry.recorded)
    }

    /// All events, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Recorded>> {
        self.entries.iter().map(|entry| &entry.recorded)
    }

    /// How many events have a `recorded_at` up to and with the instant.
    pub fn count_recorded_upto(&self, at: letopis_domain::values::Timestamp) -> usize {
        self.entries.partition_point(|entry| entry.recorded.recorded_at <= at)
    }

    /// The matching events of the range, in its order.
    pub fn find(&self, query: &Query, range: Range) -> Vec<&Arc<Recorded>> {
        let mut positions = BTreeSet::new();
        for item in &query.items {
            self.add_matches(item, range, &mut positions);
        }
        let events = positions.into_iter().filter_map(|position| self.at(position));
        match range.direction {
            Direction::Forward => events.take(range.limit).collect(),
            Direction::Backward => events.rev().take(range.limit).collect(),
        }
    }

    fn add_matches(&self, item: &QueryItem, range: Range, positions: &mut BTreeSet<Position>) {
        let mut add = |position: Position| {
            let entry = self.entry(position);
            if entry.is_some_and(|entry| item.matches(entry.recorded.event.event_type(), &entry.tags)) {
                positions.insert(position);
            }
        };
        let of_tag = |tag| inside(self.by_tag.get(tag), range);
        if let Some(shortest) = item.tags.iter().map(of_tag).min_by_key(|positions| positions.len()) {
            shortest.iter().copied().for_each(&mut add);
        } else if item.types.is_empty() {
            let last = self.head().min(range.upto);
            (self.base.max(range.after).0 + 1..=last.0).map(Position).for_each(&mut add);
        } else {
            let of_type = |event_type| inside(self.by_type.get(event_type), range);
            item.types.iter().flat_map(of_type).copied().for_each(&mut add);
        }
    }

    fn entry(&self, position: Position) -> Option<&Entry> {
        let index = position.0.checked_sub(self.base.0)?.checked_sub(1)?;
        self.entries.get(usize::try_from(index).ok()?)
    }
}

/// Its tags, and its look-ups, which an event has in memory only.
pub(crate) fn tags_of(recorded: &Recorded) -> Vec<Tag> {
    let mut tags = recorded.event.tags().into_vec();
    tags.append(&mut recorded.event.lookups().into_vec());
    tags
}

fn inside(positions: Option<&Vec<Position>>, range: Range) -> &[Position] {
    let positions = positions.map_or(&[][..], Vec::as_slice);
    let from = positions.partition_point(|position| *position <= range.after);
    let until = positions.partition_point(|position| *position <= range.upto);
    positions.get(from..until).unwrap_or_default()
}
