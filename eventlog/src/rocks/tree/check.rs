//! Holds the tree that the records make against everything that was stored of it: nodes, head row, kept checkpoints.

use std::collections::VecDeque;
use std::path::PathBuf;

use letopis_domain::ids::Position;
use tlog_tiles::tlog::record_hash;

use super::{FAMILY, TreeHead};
use crate::error::ReadError;
use crate::proof::Checkpoint;
use crate::rocks::checkpoints::Checkpoints;
use crate::rocks::records::Records;
use crate::rocks::verify::{Fault, Problem};
use crate::tree::{BLOCK_RECORDS, Frontier, Hash, SPAN_BLOCKS};

/// The tree of the records that were read so far.
pub(in crate::rocks) struct TreeCheck<'a> {
    records: &'a Records,
    frontier: Frontier,
    /// Stored nodes that are compared next, with their blocks.
    nodes: VecDeque<(u64, Hash)>,
    /// The first block whose node was not read yet.
    unread: u64,
    /// Checkpoints that are compared next, by size, with their lines.
    kept: VecDeque<(usize, Checkpoint)>,
    kept_in: PathBuf,
    /// The size of the last checkpoint that fits.
    vouched: u64,
    /// The stored head.
    stored: Option<TreeHead>,
}

impl<'a> TreeCheck<'a> {
    pub fn new(records: &'a Records, checkpoints: &Checkpoints) -> Result<Self, Fault> {
        let kept_in = checkpoints.file().to_owned();
        let problem = |what: String| Problem { position: Position::START, what, file: Some(kept_in.clone()) };
        let mut kept = Vec::new();
        for (line, read) in checkpoints.all().map_err(|error| Fault::Found(problem(error)))? {
            let bad = |reason: String| Fault::Found(problem(format!("the checkpoint of line {line}: {reason}")));
            kept.push((line, read.map_err(bad)?));
        }
        kept.sort_by_key(|(_, checkpoint)| checkpoint.size());
        let (frontier, nodes) = (Frontier::default(), VecDeque::new());
        let mut check =
            Self { records, frontier, nodes, unread: 0, kept: kept.into(), kept_in, vouched: 0, stored: None };
        check.checkpoints()?;
        Ok(check)
    }

    /// Takes the head row, which says how the tree must come out.
    pub const fn whose_head_is(mut self, stored: Option<TreeHead>) -> Self {
        self.stored = stored;
        self
    }

    /// Adds the next record.
    pub fn add(&mut self, frame: &[u8]) -> Result<(), Fault> {
        if let Some(node) = self.frontier.push(record_hash(frame)).block {
            self.block(self.frontier.size() / BLOCK_RECORDS - 1, node)?;
        }
        if self.kept.front().is_some_and(|(_, checkpoint)| checkpoint.size() == self.frontier.size()) {
            self.checkpoints()?;
        }
        Ok(())
    }

    /// Compares what is left when all records were read.
    pub fn finish(mut self) -> Result<(), Fault> {
        let size = self.frontier.size();
        let position = Position(size);
        if let Some((line, checkpoint)) = self.kept.pop_front() {
            let covered = checkpoint.size();
            let what = format!("the checkpoint of line {line} covers {covered} records, the log ends at {size}");
            return Err(Fault::Found(Problem { position, what, file: Some(self.kept_in) }));
        }
        let in_tree =
            |what: String| Fault::Found(Problem { position, what, file: Some(self.records.file_of_head(FAMILY)) });
        let mut beyond = None;
        self.records.each_block(size / BLOCK_RECORDS..u64::MAX, |block, _| {
            beyond.get_or_insert(block);
        })?;
        // A log that is in use has grown meanwhile.
        let grown = |block: u64| Ok::<_, ReadError>(self.records.frame((block + 1) * BLOCK_RECORDS)?.is_some());
        if let Some(block) = beyond
            && !grown(block)?
        {
            return Err(in_tree(format!("the Merkle tree has a node of block {block}, which is not complete")));
        }
        let found = TreeHead { size, root: self.frontier.root() };
        match self.stored {
            None if size == 0 => Ok(()),
            Some(stored) if stored == found => Ok(()),
            None => Err(in_tree("the root of the Merkle tree is missing".to_owned())),
            Some(TreeHead { size: stored, .. }) if stored != size => {
                Err(in_tree(format!("the Merkle tree says that the log has {stored} records")))
            }
            // No node covers the last records: one of them may have been changed as well as the root.
            Some(TreeHead { root, .. }) => Err(Fault::Found(Problem {
                position: Position((size / BLOCK_RECORDS * BLOCK_RECORDS + 1).min(size)),
                what: format!(
                    "from here on to position {size} a record was changed, or the stored root {root}; the records make the root {}",
                    found.root
                ),
                file: Some(self.records.file_of_record(size)),
            })),
        }
    }

    /// Compares a complete block with its stored node.
    fn block(&mut self, block: u64, node: Hash) -> Result<(), Fault> {
        if block == self.unread {
            self.unread = block + SPAN_BLOCKS;
            self.records.each_block(block..self.unread, |block, node| self.nodes.push_back((block, node)))?;
        }
        let (first, last) = (block * BLOCK_RECORDS + 1, (block + 1) * BLOCK_RECORDS);
        let position = Position(first);
        match self.nodes.front() {
            Some((stored, of)) if *stored == block && *of == node => {
                self.nodes.pop_front();
                Ok(())
            }
            Some((stored, _)) if *stored == block => Err(Fault::Found(Problem {
                position,
                what: format!(
                    "a record at one of the positions {first} to {last} was changed, or the Merkle tree's node over them"
                ),
                file: Some(self.records.file_of_record(last)),
            })),
            _ => Err(Fault::Found(Problem {
                position,
                what: format!("the Merkle tree lacks its node over positions {first} to {last}"),
                file: Some(self.records.file_of_head(FAMILY)),
            })),
        }
    }

    /// Compares the checkpoints over as many records as were read.
    fn checkpoints(&mut self) -> Result<(), Fault> {
        let size = self.frontier.size();
        while let Some((line, checkpoint)) = self.kept.pop_front_if(|(_, checkpoint)| checkpoint.size() == size) {
            let found = self.frontier.root();
            if checkpoint.root() != found {
                return Err(Fault::Found(Problem {
                    position: Position((self.vouched + 1).min(size)),
                    what: format!(
                        "from here on to position {size} the log was changed since the checkpoint of line {line} left it: its root is {}, the records make {found}",
                        checkpoint.root()
                    ),
                    file: Some(self.kept_in.clone()),
                }));
            }
            self.vouched = size;
        }
        Ok(())
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}
