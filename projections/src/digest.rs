//! Digests of read models: equal digests prove that two folds of the same log gave the same rows.
//!
//! A digest covers the rows as of a position, in the order of the log, so that read models that have moved on can be
//! compared with ones that were built up to that position.

use std::fmt;

use letopis_domain::ids::Position;

use crate::facts::Facts;
use crate::generation::Generation;
use crate::models::timeline::KEY_SIZE;
use crate::store::{Store, StoreError, TIMELINE};

/// What one read model says, in 32 bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProjectionDigest {
    /// The read model.
    pub name: &'static str,
    /// How many rows there are.
    pub rows: u64,
    /// The digest.
    pub digest: [u8; 32],
}

impl fmt::Display for ProjectionDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} rows ", self.name, self.rows)?;
        self.digest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[derive(Default)]
struct Sum {
    hasher: blake3::Hasher,
    rows: u64,
}

impl Sum {
    fn add(&mut self, row: &[u8]) {
        self.hasher.update(&(row.len() as u64).to_le_bytes()).update(row);
        self.rows += 1;
    }

    fn finish(&self, name: &'static str) -> ProjectionDigest {
        ProjectionDigest { name, rows: self.rows, digest: *self.hasher.finalize().as_bytes() }
    }
}

/// Segments that are read under one lock: the projector waits a millisecond or two, never for a whole table.
const SLICE_SEGMENTS: u32 = 64;

pub(crate) fn digests(generation: &Generation, position: Position) -> Result<Vec<ProjectionDigest>, StoreError> {
    let mut digests = of_facts(generation, position)?;
    digests.push(of_timeline(generation.store()?, position)?);
    Ok(digests)
}

/// The rows may go on growing and closing between two slices: as of the position they stay the same.
fn of_facts(generation: &Generation, position: Position) -> Result<Vec<ProjectionDigest>, StoreError> {
    let names: Vec<&'static str> = generation.facts.read().tables().iter().map(|(_, name, _)| *name).collect();
    let mut sums: Vec<(&'static str, Sum)> = Vec::new();
    for (index, name) in names.into_iter().enumerate().filter(|(_, name)| *name != "timeline") {
        if sums.last().is_none_or(|(last, _)| *last != name) {
            sums.push((name, Sum::default()));
        }
        let Some((_, sum)) = sums.last_mut() else { continue };
        let mut segment = Some(0);
        while let Some(from) = segment {
            segment = feed_slice(&generation.facts.read(), index, from, position, sum)?;
        }
    }
    Ok(sums.iter().map(|(name, sum)| sum.finish(name)).collect())
}

/// Feeds a slice of a table; gives the segment at which the next one begins.
fn feed_slice(
    facts: &Facts,
    table: usize,
    from: u32,
    position: Position,
    sum: &mut Sum,
) -> Result<Option<u32>, StoreError> {
    let tables = facts.tables();
    let Some((_, _, table)) = tables.get(table) else { return Ok(None) };
    let until = table.segments().min(from + SLICE_SEGMENTS);
    for segment in from..until {
        table.feed(segment, position.0, &mut |row| sum.add(row))?;
    }
    Ok((until < table.segments()).then_some(until))
}

fn of_timeline(store: &Store, position: Position) -> Result<ProjectionDigest, StoreError> {
    let mut sum = Sum::default();
    let mut rows = store.scan(&[TIMELINE], &[TIMELINE + 1]);
    rows.seek_to_first();
    while let (Some(key), Some(value)) = (rows.key(), rows.value()) {
        let at = key.get(KEY_SIZE - 8..).unwrap_or_default();
        if at <= position.0.to_be_bytes().as_slice() {
            sum.add(key);
            sum.add(value);
        }
        rows.next();
    }
    rows.status()?;
    sum.rows /= 2;
    Ok(sum.finish("timeline"))
}
