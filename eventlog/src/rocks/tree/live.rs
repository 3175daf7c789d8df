//! The durable tree as readers see it.

use std::ops::{ControlFlow, Range};

use parking_lot::RwLock;
use tlog_tiles::tlog::record_hash;

use super::TreeHead;
use crate::error::ReadError;
use crate::log::Direction;
use crate::rocks::records::Records;
use crate::tree::{Hash, NodeSource};

/// Size and root, and the nodes over each 65,536 records.
pub(in crate::rocks) struct LiveTree {
    now: RwLock<TreeHead>,
    spans: RwLock<Vec<Hash>>,
}

impl LiveTree {
    pub const fn new(head: TreeHead, spans: Vec<Hash>) -> Self {
        Self { now: RwLock::new(head), spans: RwLock::new(spans) }
    }

    /// The tree of everything that is durable.
    pub fn head(&self) -> TreeHead {
        *self.now.read()
    }

    /// Takes in a group that is durable, and the spans it completed.
    pub fn publish(&self, head: TreeHead, spans: &mut Vec<Hash>) {
        if !spans.is_empty() {
            self.spans.write().append(spans);
        }
        *self.now.write() = head;
    }

    fn spans(&self, range: Range<usize>) -> Option<Vec<Hash>> {
        self.spans.read().get(range).map(<[Hash]>::to_vec)
    }
}

/// The nodes of a log.
#[derive(Clone, Copy)]
pub(in crate::rocks) struct StoredNodes<'a> {
    pub records: &'a Records,
    pub tree: &'a LiveTree,
}

impl NodeSource for StoredNodes<'_> {
    fn leaves(&self, first: u64, count: u64) -> Result<Vec<Hash>, ReadError> {
        let mut leaves = Vec::new();
        self.records.scan(first, first + count, Direction::Forward, &mut |_, bytes| {
            leaves.push(record_hash(bytes));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(leaves)
    }

    fn blocks(&self, first: u64, count: u64) -> Result<Vec<Hash>, ReadError> {
        let mut next = first;
        let mut nodes = Vec::new();
        self.records.each_block(first..first + count, |block, node| {
            if block == next {
                nodes.push(node);
                next += 1;
            }
        })?;
        if next != first + count {
            return Err(ReadError::Storage(format!("the Merkle tree lacks the node of block {next}")));
        }
        Ok(nodes)
    }

    fn spans(&self, first: u64, count: u64) -> Result<Vec<Hash>, ReadError> {
        let range = usize::try_from(first).unwrap_or(usize::MAX)..usize::try_from(first + count).unwrap_or(usize::MAX);
        let lacking = || ReadError::Storage(format!("the Merkle tree lacks nodes after span {first}"));
        self.tree.spans(range).ok_or_else(lacking)
    }
}
