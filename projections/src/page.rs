//! Pages in the manner of Relay: from either end, after or before a cursor.

use letopis_domain::ids::Position;
use serde::{Deserialize, Serialize};

use crate::filter::{QueryError, Where};
use crate::value::{Field, Value};

/// Which part of a list: the first so many after a cursor, or the last so many before one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageRequest<C> {
    /// The first so many.
    pub first: Option<usize>,
    /// Only what follows this cursor.
    pub after: Option<C>,
    /// The last so many.
    pub last: Option<usize>,
    /// Only what precedes this cursor.
    pub before: Option<C>,
}

impl<C> Default for PageRequest<C> {
    fn default() -> Self {
        Self { first: None, after: None, last: None, before: None }
    }
}

impl<C> PageRequest<C> {
    /// The first `count`.
    pub fn first(count: usize) -> Self {
        Self { first: Some(count), ..Self::default() }
    }

    /// The last `count`.
    pub fn last(count: usize) -> Self {
        Self { last: Some(count), ..Self::default() }
    }

    /// How many, and whether from the end.
    pub(crate) fn size(&self) -> Result<(usize, bool), QueryError> {
        match (self.first, self.last) {
            (Some(_), Some(_)) => Err(QueryError::BothEnds),
            (Some(first), None) => Ok((first, false)),
            (None, Some(last)) => Ok((last, true)),
            (None, None) => Ok((PAGE_SIZE_DEFAULT, false)),
        }
    }
}

/// Entries of a page for which no size was asked.
pub const PAGE_SIZE_DEFAULT: usize = 50;

/// One entry and its cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edge<T, C> {
    /// What to pass as `after` or `before`.
    pub cursor: C,
    /// The entry.
    pub node: T,
}

/// Part of a list, in the order of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T, C> {
    /// The entries.
    pub edges: Vec<Edge<T, C>>,
    /// Whether more follow.
    pub has_next: bool,
    /// Whether some precede.
    pub has_previous: bool,
}

impl<T, C> Page<T, C> {
    /// The entries without their cursors.
    pub fn nodes(self) -> Vec<T> {
        self.edges.into_iter().map(|edge| edge.node).collect()
    }
}

/// By which column to order, and which end first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// The column.
    pub field: Field,
    /// The greatest first.
    pub descending: bool,
}

/// What to list. Entries that tie, or for which no order is given, stand in the order of their creation in the log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ListQuery {
    /// Which rows.
    pub filter: Where,
    /// In which order.
    pub order: Vec<Order>,
    /// Which part.
    pub page: PageRequest<ListCursor>,
}

/// A place in a list: the values by which it is ordered, and the position at which the entity was created.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ListCursor {
    /// The values of the columns of the order.
    pub keys: Vec<Value>,
    /// Where the entity was created, which breaks every tie.
    pub created: Position,
}

impl ListCursor {
    /// The cursor as bytes, for the edge to wrap.
    ///
    /// # Errors
    /// Never in practice; when a value cannot be represented.
    pub fn encode(&self) -> Result<Vec<u8>, QueryError> {
        bincode::serde::encode_to_vec(self, bincode::config::standard()).map_err(|_| QueryError::ForeignCursor)
    }

    /// The cursor of bytes.
    ///
    /// # Errors
    /// When the bytes are not a cursor.
    pub fn decode(bytes: &[u8]) -> Result<Self, QueryError> {
        let config = bincode::config::standard().with_limit::<65_536>();
        match bincode::serde::decode_from_slice(bytes, config) {
            Ok((cursor, used)) if used == bytes.len() => Ok(cursor),
            _ => Err(QueryError::ForeignCursor),
        }
    }
}
