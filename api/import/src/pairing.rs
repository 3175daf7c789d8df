//! Pairs: rows that start something wait here for the rows that end it, first in, first out.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use letopis_domain::values::Timestamp;
use rustc_hash::FxHashMap;

use super::condition::Condition;
use super::scope::Slot;
use super::template::Template;
use super::value::Value;

/// A pair, compiled.
#[derive(Clone, Debug)]
pub struct PairDefinition {
    /// Its name.
    pub name: String,
    /// What start and end have in common.
    pub key: Template,
    /// Which rows start.
    pub start: Condition,
    /// Which rows end.
    pub end: Condition,
    /// The time of either; none = the section's.
    pub time: Option<Template>,
    /// What is kept of the starting row.
    pub kept: Vec<Slot>,
}

/// A row that waits for its end.
#[derive(Clone, Debug)]
pub struct Started {
    /// Columns of the row.
    pub kept: Vec<Value>,
    /// When it started.
    pub at: Timestamp,
    /// Where the row stands, should it be rejected with its end.
    pub row: RowText,
    /// Whether the row was counted already: it had commands of its own, or ended in another pair that it started.
    pub is_counted: Rc<Cell<bool>>,
}

/// A row as the reject file shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowText {
    /// Its number.
    pub number: u64,
    /// Its line.
    pub line: u64,
    /// Its text.
    pub text: String,
}

/// The rows that wait, of all pairs of a section.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    by_key: Vec<FxHashMap<String, VecDeque<Started>>>,
}

impl Waiting {
    /// Nothing waits yet.
    pub fn new(pairs: usize) -> Self {
        Self { by_key: vec![FxHashMap::default(); pairs] }
    }

    /// A row waits.
    pub fn start(&mut self, pair: usize, key: String, started: Started) {
        self.by_key[pair].entry(key).or_default().push_back(started);
    }

    /// The row that has waited longest for this key.
    pub fn end(&mut self, pair: usize, key: &str) -> Option<Started> {
        let queue = self.by_key[pair].get_mut(key)?;
        let started = queue.pop_front();
        if queue.is_empty() {
            self.by_key[pair].remove(key);
        }
        started
    }

    /// What waits at the end of the section: it has no end.
    pub fn rest(self) -> impl Iterator<Item = Started> {
        self.by_key.into_iter().flat_map(FxHashMap::into_values).flatten()
    }
}
