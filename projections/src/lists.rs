//! Lists: filter, order, page, count and group the rows of one kind as of a position.

use std::borrow::Cow;
use std::cmp::Ordering;

use indexmap::IndexMap;
use letopis_domain::ids::Position;
use rustc_hash::FxBuildHasher;

use crate::filter::{QueryError, Where};
use crate::names::Cell;
use crate::page::{Edge, ListCursor, ListQuery, Page};
use crate::scope::{Column, Columns, Scope};
use crate::value::{Bare, Field, Value};

/// How many rows share the same values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The values of the columns by which was grouped.
    pub key: Vec<Value>,
    /// How many.
    pub count: u64,
}

/// Rows that can be listed.
pub(crate) trait Rows {
    type Row: Columns + Clone + 'static;
    /// What a list shows of a row.
    type Entry;

    /// The rows as they stood, with the position at which each entity was created.
    fn standing(scope: Scope<'_>) -> impl Iterator<Item = (u64, Cow<'_, Self::Row>)>;

    fn entry(scope: Scope<'_>, created: u64, row: &Self::Row) -> Self::Entry;
}

/// A row that passed the filter, with the cells by which it is ordered.
struct Candidate<'f, R: Clone> {
    keys: Vec<Cell>,
    created: u64,
    row: Cow<'f, R>,
}

/// The order of a list.
struct Sorting {
    columns: Vec<Column>,
    descending: Vec<bool>,
}

impl Sorting {
    fn compare<'a>(
        &self,
        one: (impl Iterator<Item = Bare<'a>>, u64),
        other: (impl Iterator<Item = Bare<'a>>, u64),
    ) -> Ordering {
        for ((one, other), descending) in one.0.zip(other.0).zip(&self.descending) {
            let ordering = if *descending { other.cmp(&one) } else { one.cmp(&other) };
            if ordering != Ordering::Equal {
                return ordering;
            }
        }
        one.1.cmp(&other.1)
    }
}

pub(crate) fn list<M: Rows>(scope: Scope<'_>, query: &ListQuery) -> Result<Page<M::Entry, ListCursor>, QueryError> {
    let (size, from_end) = query.page.size()?;
    let order = Sorting {
        columns: query.order.iter().map(|by| scope.column::<M::Row>(&by.field)).collect::<Result<_, _>>()?,
        descending: query.order.iter().map(|by| by.descending).collect(),
    };
    for cursor in query.page.after.iter().chain(&query.page.before) {
        if cursor.keys.len() != order.columns.len() {
            return Err(QueryError::ForeignCursor);
        }
    }
    let sieve = scope.sieve::<M::Row>(&query.filter)?;
    let names = &scope.facts.names;
    let bare =
        |candidate: &Candidate<'_, M::Row>| candidate.keys.iter().map(|cell| names.bare(*cell)).collect::<Vec<_>>();
    let against = |candidate: &Candidate<'_, M::Row>, cursor: &ListCursor| {
        let keys = cursor.keys.iter().map(Value::bare);
        order.compare((bare(candidate).into_iter(), candidate.created), (keys, cursor.created.0))
    };
    let (mut found, mut is_preceded, mut is_followed) = (Vec::new(), false, false);
    for (created, row) in M::standing(scope).filter(|(_, row)| scope.passes(&sieve, &**row)) {
        let keys = order.columns.iter().map(|column| scope.cell(&*row, column)).collect();
        let candidate = Candidate { keys, created, row };
        if query.page.after.as_ref().is_some_and(|after| against(&candidate, after) != Ordering::Greater) {
            is_preceded = true;
        } else if query.page.before.as_ref().is_some_and(|before| against(&candidate, before) != Ordering::Less) {
            is_followed = true;
        } else {
            found.push(candidate);
        }
    }
    let compare = |one: &Candidate<'_, M::Row>, other: &Candidate<'_, M::Row>| {
        let cells = |candidate: &Candidate<'_, M::Row>| candidate.keys.clone();
        let (left, right) = (cells(one), cells(other));
        order.compare(
            (left.iter().map(|cell| names.bare(*cell)), one.created),
            (right.iter().map(|cell| names.bare(*cell)), other.created),
        )
    };
    let cut = found.len().saturating_sub(size);
    if cut > 0 && from_end {
        found.select_nth_unstable_by(cut - 1, &compare);
        found.drain(..cut);
        is_preceded = true;
    } else if cut > 0 {
        found.select_nth_unstable_by(size, &compare);
        found.truncate(size);
        is_followed = true;
    }
    found.sort_unstable_by(&compare);
    let edge = |candidate: Candidate<'_, M::Row>| Edge {
        cursor: ListCursor { keys: scope.values(&candidate.keys), created: Position(candidate.created) },
        node: M::entry(scope, candidate.created, &candidate.row),
    };
    Ok(Page { edges: found.into_iter().map(edge).collect(), has_next: is_followed, has_previous: is_preceded })
}

pub(crate) fn count<M: Rows>(scope: Scope<'_>, filter: &Where) -> Result<u64, QueryError> {
    let sieve = scope.sieve::<M::Row>(filter)?;
    Ok(M::standing(scope).filter(|(_, row)| scope.passes(&sieve, &**row)).count() as u64)
}

pub(crate) fn group<M: Rows>(scope: Scope<'_>, filter: &Where, by: &[Field]) -> Result<Vec<Group>, QueryError> {
    let sieve = scope.sieve::<M::Row>(filter)?;
    let columns = scope.columns::<M::Row>(by)?;
    let mut groups = Groups::<u64>::default();
    for (_, row) in M::standing(scope).filter(|(_, row)| scope.passes(&sieve, &**row)) {
        *groups.of(columns.iter().map(|column| scope.cell(&*row, column))) += 1;
    }
    Ok(groups.into_sorted(scope).into_iter().map(|(key, count)| Group { key, count }).collect())
}

/// Tallies by the values of columns.
pub(crate) struct Groups<T> {
    tallies: IndexMap<Vec<Cell>, T, FxBuildHasher>,
    key: Vec<Cell>,
}

impl<T> Default for Groups<T> {
    fn default() -> Self {
        Self { tallies: IndexMap::default(), key: Vec::new() }
    }
}

impl<T: Default> Groups<T> {
    /// The tally of these values.
    pub(crate) fn of(&mut self, cells: impl Iterator<Item = Cell>) -> &mut T {
        self.key.clear();
        self.key.extend(cells);
        let known = self.tallies.get_index_of(self.key.as_slice());
        let index = known.unwrap_or_else(|| self.tallies.insert_full(self.key.clone(), T::default()).0);
        &mut self.tallies[index]
    }

    /// The tallies in the order of their values, empty ones first.
    pub(crate) fn into_sorted(self, scope: Scope<'_>) -> Vec<(Vec<Value>, T)> {
        let mut sorted: Vec<_> = self.tallies.into_iter().map(|(key, tally)| (scope.values(&key), tally)).collect();
        sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
        sorted
    }
}
