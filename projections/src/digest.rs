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

pub(crate) fn digests(generation: &Generation, position: Position) -> Result<Vec<ProjectionDigest>, StoreError> {
    let mut digests = of_facts(&generation.facts.read(), position)?;
    digests.push(of_timeline(generation.store()?, position)?);
    Ok(digests)
}

fn of_facts(facts: &Facts, position: Position) -> Result<Vec<ProjectionDigest>, StoreError> {
    let mut sums: Vec<(&'static str, Sum)> = Vec::new();
    for (_, name, table) in facts.tables().into_iter().filter(|(_, name, _)| *name != "timeline") {
        if sums.last().is_none_or(|(last, _)| *last != name) {
            sums.push((name, Sum::default()));
        }
        if let Some((_, sum)) = sums.last_mut() {
            table.feed(position.0, &mut |row| sum.add(row))?;
        }
    }
    Ok(sums.iter().map(|(name, sum)| sum.finish(name)).collect())
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
