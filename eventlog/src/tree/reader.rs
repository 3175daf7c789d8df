//! Reads nodes of the tree from what is stored of it, for roots and proofs.
//!
//! Nodes are read by tiles of 256 neighbors: leaves, then stored nodes, then those in memory. A proof needs a tile of
//! each kind along its path and one of each along the right edge, and neighbors in the log share all of them.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use tlog_tiles::tlog::{self, Hash, HashReader, node_hash, split_stored_hash_index};

use super::{BLOCK_LEVEL, BLOCK_RECORDS, SPAN_BLOCKS, SPAN_LEVEL};
use crate::error::ReadError;

/// Tiles that are kept, of 8 KiB each.
const TILES_KEPT: usize = 64;

/// Where nodes come from. All that are asked for are complete and durable.
pub(crate) trait NodeSource {
    /// The leaf hashes of `count` records from index `first`.
    fn leaves(&self, first: u64, count: u64) -> Result<Vec<Hash>, ReadError>;
    /// The nodes of `count` blocks from block `first`.
    fn blocks(&self, first: u64, count: u64) -> Result<Vec<Hash>, ReadError>;
    /// The nodes of `count` spans from span `first`.
    fn spans(&self, first: u64, count: u64) -> Result<Vec<Hash>, ReadError>;
}

/// Nodes of the tree as of a size.
pub(crate) struct TreeReader<S> {
    source: S,
    size: u64,
    tiles: RefCell<FxHashMap<(u8, u64), Vec<Hash>>>,
    /// What went wrong within a call of the tree library, whose errors are its own.
    error: RefCell<Option<ReadError>>,
}

impl<S: NodeSource> TreeReader<S> {
    /// The tree of the first `size` records, all of which are durable.
    pub fn new(source: S, size: u64) -> Self {
        Self { source, size, tiles: RefCell::default(), error: RefCell::default() }
    }

    /// Its root.
    pub fn root(&self) -> Result<Hash, ReadError> {
        self.root_of(self.size)
    }

    /// The root of the tree when it had fewer records.
    pub fn root_of(&self, size: u64) -> Result<Hash, ReadError> {
        tlog::tree_hash(size.min(self.size), self).map_err(|error| self.cause(&error))
    }

    /// The audit path of the record with this index.
    pub fn inclusion(&self, index: u64) -> Result<Vec<Hash>, ReadError> {
        tlog::prove_record(self.size, index, self).map_err(|error| self.cause(&error))
    }

    /// The proof that the tree of `older` records is the beginning of this one; `older` ≥ 1.
    pub fn consistency(&self, older: u64) -> Result<Vec<Hash>, ReadError> {
        tlog::prove_tree(self.size, older, self).map_err(|error| self.cause(&error))
    }

    fn cause(&self, error: &tlog::Error) -> ReadError {
        self.error.take().unwrap_or_else(|| ReadError::Storage(format!("the Merkle tree could not be read: {error}")))
    }

    fn node(&self, level: u8, place: u64) -> Result<Hash, ReadError> {
        let base = match level {
            ..BLOCK_LEVEL => 0,
            BLOCK_LEVEL..SPAN_LEVEL => BLOCK_LEVEL,
            _ => {
                let width = 1 << (level - SPAN_LEVEL);
                return Ok(subtree(&self.source.spans(place * width, width)?));
            }
        };
        let width = 1_u64 << (level - base);
        let first = place * width;
        let tile = first / BLOCK_RECORDS;
        let mut tiles = self.tiles.borrow_mut();
        if tiles.len() >= TILES_KEPT {
            tiles.clear();
        }
        let hashes = match tiles.entry((base, tile)) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(free) => free.insert(self.tile(base, tile)?),
        };
        let inside = usize::try_from(first % BLOCK_RECORDS).unwrap_or(usize::MAX);
        let nodes = usize::try_from(width).ok().and_then(|width| hashes.get(inside..inside.checked_add(width)?));
        let beyond =
            || ReadError::Storage(format!("the Merkle tree of {} records has no node {level}/{place}", self.size));
        nodes.map(subtree).ok_or_else(beyond)
    }

    /// The complete nodes of one tile.
    fn tile(&self, base: u8, tile: u64) -> Result<Vec<Hash>, ReadError> {
        let complete = self.size >> base;
        let first = tile * BLOCK_RECORDS;
        let count = complete.saturating_sub(first).min(if base == 0 { BLOCK_RECORDS } else { SPAN_BLOCKS });
        if base == 0 { self.source.leaves(first, count) } else { self.source.blocks(first, count) }
    }
}

impl<S: NodeSource> HashReader for TreeReader<S> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        let read = |index: &u64| {
            let (level, place) = split_stored_hash_index(*index);
            self.node(level, place)
        };
        indexes.iter().map(read).collect::<Result<_, _>>().map_err(|error| {
            self.error.replace(Some(error));
            tlog::Error::IndexesNotInTree
        })
    }
}

/// The root of a complete subtree; the number of nodes is a power of two.
pub(crate) fn subtree(nodes: &[Hash]) -> Hash {
    match nodes {
        [] => tlog::EMPTY_HASH,
        [only] => *only,
        _ => {
            let (left, right) = nodes.split_at(nodes.len() / 2);
            node_hash(subtree(left), subtree(right))
        }
    }
}
