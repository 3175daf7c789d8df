//! Tables of rows that are only appended and close once, kept in memory and stored in segments.
//!
//! A segment is 64 consecutive rows as one stored value: a checkpoint writes the segments that changed since the
//! last one, so that appending costs little and closing an old row rewrites 64 rows, not the table.

use letopis_domain::values::Money;
use serde::{Serialize, de::DeserializeOwned};

use crate::names::{Dictionary, Ref};
use crate::store::StoreError;

/// Rows of one stored value.
pub(crate) const SEGMENT_ROWS: usize = 64;

/// A row as the tables need it.
pub(crate) trait Row: Serialize + DeserializeOwned + Clone {
    /// The row as it stood at a position; none if it opened later.
    fn as_of(&self, position: u64) -> Option<Self>;
}

/// Rows of one piece of memory: a table grows piece by piece and never moves what it has, which would hold up
/// readers and the projector for longer the more history there is.
const CHUNK_ROWS: usize = 128 * SEGMENT_ROWS;

/// Rows in the order of the log.
pub(crate) struct Table<R> {
    chunks: Vec<Vec<R>>,
    /// One bit per segment that differs from the store.
    dirty: Vec<u64>,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self { chunks: Vec::new(), dirty: Vec::new() }
    }
}

impl<R> std::ops::Index<usize> for Table<R> {
    type Output = R;

    fn index(&self, index: usize) -> &R {
        &self.chunks[index / CHUNK_ROWS][index % CHUNK_ROWS]
    }
}

impl<R> Table<R> {
    pub(crate) fn len(&self) -> usize {
        let full = self.chunks.len().saturating_sub(1) * CHUNK_ROWS;
        full + self.chunks.last().map_or(0, Vec::len)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &R> {
        self.chunks.iter().flatten()
    }

    pub(crate) fn last(&self) -> Option<&R> {
        self.chunks.last().and_then(|chunk| chunk.last())
    }

    pub(crate) fn row(&self, row: Ref) -> Option<&R> {
        let index = row.index()?;
        self.chunks.get(index / CHUNK_ROWS)?.get(index % CHUNK_ROWS)
    }

    fn append(&mut self, row: R) {
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK_ROWS) {
            self.chunks.push(Vec::with_capacity(CHUNK_ROWS));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(row);
        }
    }

    pub(crate) fn push(&mut self, row: R) -> Ref {
        let index = self.len();
        self.append(row);
        self.touch(index);
        Ref::at(index)
    }

    pub(crate) fn change(&mut self, row: Ref, change: impl FnOnce(&mut R)) {
        let Some(index) = row.index() else { return };
        if let Some(row) = self.chunks.get_mut(index / CHUNK_ROWS).and_then(|chunk| chunk.get_mut(index % CHUNK_ROWS)) {
            change(row);
            self.touch(index);
        }
    }

    /// The rows of one segment, which never lie in two chunks.
    fn segment(&self, segment: u32) -> &[R] {
        let from = segment as usize * SEGMENT_ROWS;
        let Some(chunk) = self.chunks.get(from / CHUNK_ROWS) else { return &[] };
        let from = (from % CHUNK_ROWS).min(chunk.len());
        &chunk[from..(from + SEGMENT_ROWS).min(chunk.len())]
    }

    fn touch(&mut self, index: usize) {
        let segment = index / SEGMENT_ROWS;
        if self.dirty.len() <= segment / 64 {
            self.dirty.resize(segment / 64 + 1, 0);
        }
        self.dirty[segment / 64] |= 1 << (segment % 64);
    }
}

/// What the store needs of a table, whatever its rows.
pub(crate) trait Stored: Send + Sync {
    /// The segments that differ from the store; they count as stored from here on.
    fn take_changed(&mut self) -> Vec<u32>;
    /// Takes back what `take_changed` said: nothing counts as stored any more.
    fn distrust(&mut self);
    /// How many segments there are.
    fn segments(&self) -> u32;
    /// The rows of one segment as bytes.
    fn encode(&self, segment: u32) -> Result<Vec<u8>, StoreError>;
    /// Appends the rows of the next segment.
    fn decode(&mut self, bytes: &[u8]) -> Result<(), StoreError>;
    /// Feeds the rows of one segment as they stood at a position, in order.
    fn feed(&self, segment: u32, position: u64, sink: &mut dyn FnMut(&[u8])) -> Result<(), StoreError>;
}

fn count(segments: usize) -> u32 {
    u32::try_from(segments).unwrap_or(u32::MAX)
}

fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    bincode::serde::encode_to_vec(value, bincode::config::standard())
        .map_err(|error| StoreError::Rows(error.to_string()))
}

fn of_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    let (value, _) = bincode::serde::decode_from_slice(bytes, bincode::config::standard())
        .map_err(|error| StoreError::Rows(error.to_string()))?;
    Ok(value)
}

impl<R: Row + Send + Sync> Stored for Table<R> {
    fn take_changed(&mut self) -> Vec<u32> {
        let mut changed = Vec::new();
        for (word, bits) in self.dirty.iter_mut().enumerate() {
            while *bits != 0 {
                changed.push(count(word * 64) + bits.trailing_zeros());
                *bits &= *bits - 1;
            }
        }
        changed
    }

    fn distrust(&mut self) {
        for index in (0..self.len()).step_by(SEGMENT_ROWS) {
            self.touch(index);
        }
    }

    fn segments(&self) -> u32 {
        count(self.len().div_ceil(SEGMENT_ROWS))
    }

    fn encode(&self, segment: u32) -> Result<Vec<u8>, StoreError> {
        to_bytes(&self.segment(segment))
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        for row in of_bytes::<Vec<R>>(bytes)? {
            self.append(row);
        }
        Ok(())
    }

    fn feed(&self, segment: u32, position: u64, sink: &mut dyn FnMut(&[u8])) -> Result<(), StoreError> {
        for row in self.segment(segment).iter().filter_map(|row| row.as_of(position)) {
            sink(&to_bytes(&row)?);
        }
        Ok(())
    }
}

impl<K: Serialize + DeserializeOwned + std::hash::Hash + Eq + Send + Sync> Stored for Dictionary<K> {
    fn take_changed(&mut self) -> Vec<u32> {
        let (from, until) = (self.persisted() / SEGMENT_ROWS, self.len().div_ceil(SEGMENT_ROWS));
        let changed = if self.persisted() == self.len() { from..from } else { from..until };
        self.set_persisted(self.len());
        changed.map(count).collect()
    }

    fn distrust(&mut self) {
        self.set_persisted(0);
    }

    fn segments(&self) -> u32 {
        count(self.len().div_ceil(SEGMENT_ROWS))
    }

    fn encode(&self, segment: u32) -> Result<Vec<u8>, StoreError> {
        let from = segment as usize * SEGMENT_ROWS;
        to_bytes(&self.slice(from, from + SEGMENT_ROWS).collect::<Vec<(&K, u64)>>())
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        for (key, opened) in of_bytes::<Vec<(K, u64)>>(bytes)? {
            self.intern(key, opened);
        }
        self.set_persisted(self.len());
        Ok(())
    }

    fn feed(&self, segment: u32, position: u64, sink: &mut dyn FnMut(&[u8])) -> Result<(), StoreError> {
        let from = segment as usize * SEGMENT_ROWS;
        for entry in self.slice(from, from + SEGMENT_ROWS).take_while(|(_, opened)| *opened <= position) {
            sink(&to_bytes(&entry)?);
        }
        Ok(())
    }
}

/// Whether a fact that opened and closed at these positions (0 = not yet) stood open at `position`.
pub(crate) const fn stands(opened: u64, closed: u64, position: u64) -> bool {
    opened <= position && (closed == 0 || closed > position)
}

/// The closing position as it was known at `position`.
pub(crate) const fn closing_as_of(closed: u64, position: u64) -> u64 {
    if closed > position { 0 } else { closed }
}

/// One version of an entity: its columns between two positions.
#[derive(Clone, PartialEq, Debug, Serialize, serde::Deserialize, Default)]
pub(crate) struct Version<C> {
    /// Which entity.
    pub(crate) entity: Ref,
    /// Where this version began.
    pub(crate) opened: u64,
    /// Where the next one began; 0 = not yet.
    pub(crate) closed: u64,
    /// Where the entity was created.
    pub(crate) created: u64,
    /// The row of the version before.
    pub(crate) previous: Ref,
    /// What it says.
    pub(crate) columns: C,
}

impl<C: Serialize + DeserializeOwned + Clone> Row for Version<C> {
    fn as_of(&self, position: u64) -> Option<Self> {
        let closed = closing_as_of(self.closed, position);
        (self.opened <= position).then(|| Self { closed, ..self.clone() })
    }
}

/// All versions of all entities of one kind.
pub(crate) struct Versions<C> {
    pub(crate) table: Table<Version<C>>,
    /// The newest version by entity; derived, not stored.
    latest: Vec<Ref>,
}

impl<C> Default for Versions<C> {
    fn default() -> Self {
        Self { table: Table::default(), latest: Vec::new() }
    }
}

impl<C: Clone + PartialEq> Versions<C> {
    /// Derives what is not stored.
    pub(crate) fn index(&mut self) {
        self.latest.clear();
        for index in 0..self.table.len() {
            let entity = self.table[index].entity;
            self.set_latest(entity, Ref::at(index));
        }
    }

    fn set_latest(&mut self, entity: Ref, row: Ref) {
        let Some(index) = entity.index() else { return };
        if self.latest.len() <= index {
            self.latest.resize(index + 1, Ref::NONE);
        }
        self.latest[index] = row;
    }

    fn latest(&self, entity: Ref) -> Ref {
        entity.index().and_then(|index| self.latest.get(index)).copied().unwrap_or_default()
    }

    /// The newest columns.
    pub(crate) fn current(&self, entity: Ref) -> Option<&C> {
        self.table.row(self.latest(entity)).map(|version| &version.columns)
    }

    /// The version in force at a position.
    pub(crate) fn as_of(&self, entity: Ref, position: u64) -> Option<&Version<C>> {
        let mut version = self.table.row(self.latest(entity))?;
        while version.opened > position {
            version = self.table.row(version.previous)?;
        }
        Some(version)
    }

    /// The versions in force at a position, in the order in which they began.
    pub(crate) fn standing(&self, position: u64) -> impl Iterator<Item = &Version<C>> {
        self.table.iter().filter(move |version| stands(version.opened, version.closed, position))
    }

    /// Begins a version.
    pub(crate) fn set(&mut self, entity: Ref, at: u64, columns: C) {
        let previous = self.latest(entity);
        let created = self.table.row(previous).map_or(at, |version| version.created);
        self.table.change(previous, |version| version.closed = at);
        let row = self.table.push(Version { entity, opened: at, closed: 0, created, previous, columns });
        self.set_latest(entity, row);
    }

    /// Begins a version that differs from the newest one; nothing if the entity is unknown or nothing differs.
    pub(crate) fn revise(&mut self, entity: Ref, at: u64, change: impl FnOnce(&mut C)) {
        let Some(current) = self.current(entity) else { return };
        let mut columns = current.clone();
        change(&mut columns);
        if columns != *current {
            self.set(entity, at, columns);
        }
    }
}

/// The currency and amount of a sum, never across currencies.
#[derive(Default, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sums(Vec<Money>);

impl Sums {
    pub(crate) fn add(&mut self, money: Money) {
        match self.0.iter_mut().find(|sum| sum.currency == money.currency) {
            Some(sum) => sum.amount = sum.amount.saturating_add(money.amount),
            None => self.0.push(money),
        }
    }

    /// The sums in the order of their currencies.
    pub(crate) fn into_sorted(mut self) -> Vec<Money> {
        self.0.sort_by_key(|sum| sum.currency);
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Row for u64 {
        fn as_of(&self, position: u64) -> Option<Self> {
            (*self <= position).then_some(*self)
        }
    }

    fn filled(rows: usize) -> Table<u64> {
        let mut table = Table::default();
        for row in 0..rows as u64 {
            table.push(row);
        }
        table
    }

    #[test]
    fn rows_never_move_while_the_table_grows() {
        let mut table = filled(1);
        let first = std::ptr::from_ref(&table[0]);
        for row in 1..3 * CHUNK_ROWS as u64 {
            table.push(row);
        }
        assert_eq!(std::ptr::from_ref(&table[0]), first);
        assert_eq!((table.len(), table.last()), (3 * CHUNK_ROWS, Some(&(3 * CHUNK_ROWS as u64 - 1))));
        assert!(table.iter().enumerate().all(|(index, row)| index as u64 == *row && table[index] == *row));
    }

    #[test]
    fn segments_of_every_size_come_back() {
        for rows in [0, 1, SEGMENT_ROWS, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 2 * CHUNK_ROWS + SEGMENT_ROWS + 3]
        {
            let table = filled(rows);
            let mut read: Table<u64> = Table::default();
            for segment in 0..table.segments() {
                read.decode(&table.encode(segment).unwrap()).unwrap();
            }
            assert!(read.iter().eq(table.iter()), "{rows} rows");
            assert!(read.take_changed().is_empty(), "what was read is stored");
        }
    }

    #[test]
    fn only_changed_segments_are_stored_again_unless_storing_failed() {
        let mut table = filled(CHUNK_ROWS + 1);
        let all: Vec<u32> = (0..table.segments()).collect();
        assert_eq!(table.take_changed(), all);
        table.change(Ref::at(CHUNK_ROWS), |row| *row += 1);
        table.change(Ref::at(SEGMENT_ROWS), |row| *row += 1);
        table.push(0);
        assert_eq!(table.take_changed(), [1, table.segments() - 1]);
        assert!(table.take_changed().is_empty());
        table.distrust();
        assert_eq!(table.take_changed(), all);
    }
}
