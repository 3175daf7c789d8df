//! The right edge of a growing tree: the roots of its complete subtrees, from which its own root follows.

use smallvec::SmallVec;
use tlog_tiles::tlog::{EMPTY_HASH, Hash, node_hash};

use super::{BLOCK_LEVEL, SPAN_LEVEL};

/// A tree as far as it must be known to grow: one hash per bit that is set in its size.
#[derive(Clone, Default)]
pub(crate) struct Frontier {
    size: u64,
    /// The roots of the complete subtrees, the largest first.
    peaks: SmallVec<[Hash; 32]>,
}

/// Nodes that a leaf completed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Completed {
    /// The node of its block.
    pub block: Option<Hash>,
    /// The node of its span.
    pub span: Option<Hash>,
}

impl Frontier {
    /// Number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds the next leaf by its hash.
    pub fn push(&mut self, leaf: Hash) -> Completed {
        self.push_node(0, leaf)
    }

    /// Adds a whole block by its node, while the size is a multiple of a block's.
    pub fn push_block(&mut self, node: Hash) -> Completed {
        self.push_node(BLOCK_LEVEL, node)
    }

    fn push_node(&mut self, level: u8, node: Hash) -> Completed {
        debug_assert_eq!(self.size % (1 << level), 0);
        let mut completed = Completed::default();
        let (mut level, mut node) = (level, node);
        let mut left_of_it = self.size >> level;
        self.size += 1 << level;
        loop {
            match level {
                BLOCK_LEVEL => completed.block = Some(node),
                SPAN_LEVEL => completed.span = Some(node),
                _ => {}
            }
            // A left sibling that is complete becomes one with it.
            let left = if left_of_it & 1 == 1 { self.peaks.pop() } else { None };
            let Some(left) = left else { break };
            node = node_hash(left, node);
            level += 1;
            left_of_it >>= 1;
        }
        self.peaks.push(node);
        completed
    }

    /// The root of the tree as it is.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(smallest) = peaks.next() else { return EMPTY_HASH };
        peaks.fold(*smallest, |right, left| node_hash(*left, right))
    }
}
