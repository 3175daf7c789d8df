//! Answers queries from posting lists: all tags of an item by leapfrogging, items joined by merging.
//!
//! Each step jumps to the farthest position that any required list proposes, so that a hot tag and a rare one
//! cost what the rare one costs. Types are filtered by the code in each posting; only where the wanted types
//! are rare in the whole log do their own lists take part, so that a rare type and a hot tag are cheap too.

use letopis_domain::query::{Query, QueryItem};

use super::cursor::{Cursor, Source};
use super::keys::{self, List};
use super::postings::Posting;
use super::shared::Types;
use crate::error::ReadError;
use crate::keys::Secrets;
use crate::log::Direction;

/// Types count as rare when they have fewer than one event in this many: a jump costs about as much as reading
/// this many postings in a row.
const RARE_TYPES_ONE_IN: u64 = 500;

/// A query item in terms of the index.
#[derive(Clone, Debug)]
pub(super) struct CompiledItem {
    tags: Vec<List>,
    types: Vec<List>,
    codes: CodeSet,
}

impl CompiledItem {
    pub fn new(item: &QueryItem, types: &Types, secrets: &Secrets) -> Self {
        let mut codes = CodeSet::default();
        for event_type in &item.types {
            codes.insert(types.codes.of_type(*event_type));
        }
        Self {
            tags: item.tags.iter().map(|tag| keys::list_of(tag, secrets)).collect(),
            types: item.types.iter().map(|event_type| List::Public(keys::of_type(*event_type))).collect(),
            codes,
        }
    }

    /// Whether every event matches.
    pub const fn is_everything(&self) -> bool {
        self.tags.is_empty() && self.types.is_empty()
    }
}

/// A query in terms of the index.
#[derive(Clone, Debug, Default)]
pub(super) struct CompiledQuery {
    pub items: Vec<CompiledItem>,
}

impl CompiledQuery {
    pub fn new(query: &Query, types: &Types, secrets: &Secrets) -> Self {
        Self { items: query.items.iter().map(|item| CompiledItem::new(item, types, secrets)).collect() }
    }

    pub fn is_everything(&self) -> bool {
        self.items.iter().any(CompiledItem::is_everything)
    }
}

/// The first match of any item in the source's direction. No item may match everything.
pub(super) fn first(
    query: &CompiledQuery,
    mut source: Source<'_>,
    types: &Types,
) -> Result<Option<Posting>, ReadError> {
    let mut best = None;
    for item in &query.items {
        if let Some(found) = ItemSearch::new(item, source, types).next()? {
            best = Some(found);
            match source.direction {
                Direction::Forward => source.upto = found.position - 1,
                Direction::Backward => source.after = found.position,
            }
        }
    }
    Ok(best)
}

/// At most `limit` matches, in the source's direction. No item may match everything.
pub(super) fn find(
    query: &CompiledQuery,
    source: Source<'_>,
    limit: usize,
    types: &Types,
) -> Result<Vec<Posting>, ReadError> {
    let mut found: Vec<Posting> = Vec::new();
    if limit == 1 {
        found.extend(first(query, source, types)?);
        return Ok(found);
    }
    let mut searches = Vec::with_capacity(query.items.len());
    for item in &query.items {
        let mut search = ItemSearch::new(item, source, types);
        if let Some(head) = search.next()? {
            searches.push((head, search));
        }
    }
    while found.len() < limit {
        let nearest = |(_, (head, _)): &(usize, &(Posting, ItemSearch<'_>))| match source.direction {
            Direction::Forward => head.position,
            Direction::Backward => u64::MAX - head.position,
        };
        let Some((index, (head, _))) = searches.iter().enumerate().min_by_key(nearest) else { break };
        if found.last().is_none_or(|last| last.position != head.position) {
            found.push(*head);
        }
        let (head, search) = &mut searches[index];
        match search.next()? {
            Some(next) => *head = next,
            None => drop(searches.swap_remove(index)),
        }
    }
    Ok(found)
}

/// Matches of one item, one after the other.
struct ItemSearch<'a> {
    /// Lists that all must have the position: the tags.
    required: Vec<Cursor<'a>>,
    /// Lists of which one must have it: the types, where they help.
    one_of: Vec<Cursor<'a>>,
    codes: CodeSet,
    direction: Direction,
    /// The next position that may match; none when there is no more.
    target: Option<u64>,
}

impl<'a> ItemSearch<'a> {
    fn new(item: &CompiledItem, source: Source<'a>, types: &Types) -> Self {
        let uses_types = !item.types.is_empty()
            && (item.tags.is_empty()
                || types.count(item.codes.iter()).saturating_mul(RARE_TYPES_ONE_IN) < source.view.indexed_upto);
        let cursor = |list: &List| Cursor::new(*list, source);
        Self {
            required: item.tags.iter().map(cursor).collect(),
            one_of: if uses_types { item.types.iter().map(cursor).collect() } else { Vec::new() },
            codes: item.codes,
            direction: source.direction,
            target: match source.direction {
                Direction::Forward => source.after.checked_add(1),
                Direction::Backward => Some(source.upto),
            },
        }
    }

    fn next(&mut self) -> Result<Option<Posting>, ReadError> {
        while let Some(target) = self.target {
            let Some(found) = self.agree(target)? else { break };
            let after_found = match self.direction {
                Direction::Forward => found.position.checked_add(1),
                Direction::Backward => found.position.checked_sub(1),
            };
            self.target = after_found;
            if self.codes.is_empty() || self.codes.contains(found.code) {
                return Ok(Some(found));
            }
        }
        self.target = None;
        Ok(None)
    }

    /// The nearest position at or beyond the target that all lists have.
    fn agree(&mut self, mut target: u64) -> Result<Option<Posting>, ReadError> {
        loop {
            let mut agreed: Option<Posting> = None;
            let mut is_unanimous = true;
            for cursor in &mut self.required {
                let Some(found) = cursor.seek(target)? else { return Ok(None) };
                is_unanimous &= found.position == target || agreed.is_none();
                target = found.position;
                agreed = Some(found);
            }
            if !self.one_of.is_empty() {
                let Some(found) = self.seek_one_of(target)? else { return Ok(None) };
                is_unanimous &= found.position == target || agreed.is_none();
                target = found.position;
                agreed = Some(found);
            }
            if is_unanimous {
                return Ok(agreed);
            }
        }
    }

    fn seek_one_of(&mut self, target: u64) -> Result<Option<Posting>, ReadError> {
        let mut nearest: Option<Posting> = None;
        for cursor in &mut self.one_of {
            let Some(found) = cursor.seek(target)? else { continue };
            let is_nearer = nearest.is_none_or(|nearest| match self.direction {
                Direction::Forward => found.position < nearest.position,
                Direction::Backward => found.position > nearest.position,
            });
            if is_nearer {
                nearest = Some(found);
            }
        }
        Ok(nearest)
    }
}

/// A set of type codes below 256; larger ones are never members, and there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CodeSet([u64; 4]);

impl CodeSet {
    fn insert(&mut self, code: u16) {
        if let Some(word) = self.0.get_mut(usize::from(code / 64)) {
            *word |= 1 << (code % 64);
        }
    }

    fn contains(&self, code: u16) -> bool {
        self.0.get(usize::from(code / 64)).is_some_and(|word| word & 1 << (code % 64) != 0)
    }

    fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    fn iter(&self) -> impl Iterator<Item = u16> {
        (0..256).filter(|code| self.contains(*code))
    }
}
