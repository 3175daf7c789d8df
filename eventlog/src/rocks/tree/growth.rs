//! The sequencer's side of the tree: every sealed frame becomes a leaf, and every group gets its rows.

use tlog_tiles::tlog::record_hash;

use super::{LiveTree, TreeHead};
use crate::rocks::records::{GroupBatch, Records};
use crate::tree::{BLOCK_RECORDS, Frontier, Hash};

/// The tree up to and with the group that is being put together.
pub(in crate::rocks) struct Growth {
    frontier: Frontier,
    /// Nodes of the spans that were completed since the last group was published.
    spans: Vec<Hash>,
}

impl Growth {
    pub const fn new(frontier: Frontier) -> Self {
        Self { frontier, spans: Vec::new() }
    }

    /// Adds a sealed frame.
    pub fn add(&mut self, frame: &[u8], records: &Records, batch: &mut GroupBatch) {
        let completed = self.frontier.push(record_hash(frame));
        if let Some(node) = completed.block {
            batch.put_block(records, self.frontier.size() / BLOCK_RECORDS - 1, node);
        }
        self.spans.extend(completed.span);
    }

    /// Adds the group's head row.
    pub fn finish(&self, records: &Records, batch: &mut GroupBatch) {
        batch.put_tree_head(records, self.head());
    }

    /// Shows the tree of a group that is durable.
    pub fn publish(&mut self, live: &LiveTree) {
        live.publish(self.head(), &mut self.spans);
    }

    /// Size and root with everything that was added.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.frontier.size(), root: self.frontier.root() }
    }
}
