//! Brings the tree back at opening, and says what is wrong when it does not fit what was stored.
//!
//! The stored nodes are taken as they are; the records that they do not cover are hashed again. The root that comes
//! out must be the stored one. Only when it is not are all records read, to find the place.

use std::ops::ControlFlow;
use std::path::PathBuf;

use letopis_domain::ids::Position;
use tlog_tiles::tlog::record_hash;

use super::{FAMILY, LiveTree, StoredNodes, TreeHead};
use crate::error::ReadError;
use crate::log::Direction;
use crate::proof::Checkpoint;
use crate::rocks::records::Records;
use crate::tree::{BLOCK_RECORDS, Frontier, Hash, TreeReader};

/// A Merkle tree that does not fit its log.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// There are records and no tree.
    #[error(
        "the log has {0} records and no Merkle tree: it was written by an earlier version, or the tree was removed"
    )]
    Missing(Position),
    /// The stored size is another than that of the log.
    #[error("the Merkle tree was stored with {stored} records, the log has {head}")]
    Size {
        /// As stored.
        stored: u64,
        /// Records of the log.
        head: u64,
    },
    /// A node is not there.
    #[error("the Merkle tree lacks its node over positions {first} to {last}")]
    NodeMissing {
        /// The first position under it.
        first: Position,
        /// The last.
        last: Position,
    },
    /// There is a node for records that do not exist.
    #[error("the Merkle tree has a node over positions from {0} on, which the log does not have")]
    NodeBeyond(Position),
    /// A node does not fit its records.
    #[error(
        "the Merkle tree's node over positions {first} to {last} does not fit the records there: one of them or the node was changed, in {}",
        .file.display()
    )]
    Node {
        /// The first position under it.
        first: Position,
        /// The last.
        last: Position,
        /// Where these records are.
        file: PathBuf,
    },
    /// The root does not fit.
    #[error(
        "the Merkle root over {head} records is {found}, stored was {stored}: a record from position {first} on or the stored root was changed, in {}",
        .file.display()
    )]
    Root {
        /// Number of records.
        head: Position,
        /// The first position that no node covers.
        first: Position,
        /// The root that comes out.
        found: Hash,
        /// The root that was stored.
        stored: Hash,
        /// Where the last records are.
        file: PathBuf,
    },
    /// The root is another than at the last clean stop.
    #[error(
        "the Merkle root over {head} records is {found}, at the last clean stop it was {stopped}: the log was changed since"
    )]
    CleanStop {
        /// Number of records.
        head: Position,
        /// The root that comes out.
        found: Hash,
        /// The root that the clean stop wrote down.
        stopped: Hash,
    },
    /// A checkpoint that left the log covers more than there is.
    #[error(
        "a checkpoint over {size} records left the log, which ends at position {head}: acknowledged records are lost; restore a backup, or, to go on without them, move log/checkpoints, its copy beside the ledger and the signing keys away and make new keys under another name: under the old one a fork would be signed"
    )]
    CheckpointAhead {
        /// Records of the checkpoint.
        size: u64,
        /// What is there.
        head: Position,
    },
    /// A checkpoint that left the log has another root.
    #[error(
        "the Merkle root over {size} records is {found}, but a checkpoint with {signed} left the log: the log was changed since"
    )]
    CheckpointDiffers {
        /// Records of the checkpoint.
        size: u64,
        /// The root that comes out.
        found: Hash,
        /// The root that was signed.
        signed: Hash,
    },
    /// Something could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// The tree of a log with this head, and the nodes of its spans. `stopped` is the root at the last clean stop.
pub(in crate::rocks) fn restore(
    records: &Records,
    head: u64,
    stopped: Option<Hash>,
) -> Result<(Frontier, Vec<Hash>), TreeError> {
    let stored = records.tree_head()?;
    if stored.is_none() && head > 0 {
        return Err(TreeError::Missing(Position(head)));
    }
    let (mut frontier, spans) = blocks(records, head)?;
    let covered = frontier.size();
    records.scan(covered, head, Direction::Forward, &mut |_, bytes| {
        frontier.push(record_hash(bytes));
        Ok(ControlFlow::Continue(()))
    })?;
    let found = frontier.root();
    let stored = stored.unwrap_or(TreeHead { size: 0, root: found });
    if stored.size != head {
        return Err(TreeError::Size { stored: stored.size, head });
    }
    if stored.root != found {
        return Err(difference(records, stored, found, covered)?);
    }
    if let Some(stopped) = stopped.filter(|stopped| *stopped != found) {
        return Err(TreeError::CleanStop { head: Position(head), found, stopped });
    }
    Ok((frontier, spans))
}

/// Holds the tree against the last checkpoint that left the log.
pub(in crate::rocks) fn check_last(
    last: Option<&Checkpoint>,
    records: &Records,
    tree: &LiveTree,
) -> Result<(), TreeError> {
    let Some(last) = last else { return Ok(()) };
    let (size, head) = (last.size(), tree.head().size);
    if size > head {
        return Err(TreeError::CheckpointAhead { size, head: Position(head) });
    }
    let found = TreeReader::new(StoredNodes { records, tree }, size).root()?;
    if found != last.root() {
        return Err(TreeError::CheckpointDiffers { size, found, signed: last.root() });
    }
    Ok(())
}

/// The tree of all complete blocks, from their stored nodes.
fn blocks(records: &Records, head: u64) -> Result<(Frontier, Vec<Hash>), TreeError> {
    let mut frontier = Frontier::default();
    let mut spans = Vec::new();
    let mut strange = None;
    records.each_block(0..u64::MAX, |block, node| {
        if strange.is_none() && block * BLOCK_RECORDS == frontier.size() {
            spans.extend(frontier.push_block(node).span);
        } else {
            strange.get_or_insert(block);
        }
    })?;
    let covered = frontier.size();
    if strange.is_some() || head.saturating_sub(covered) >= BLOCK_RECORDS {
        return Err(TreeError::NodeMissing { first: Position(covered + 1), last: Position(covered + BLOCK_RECORDS) });
    }
    if covered > head {
        return Err(TreeError::NodeBeyond(Position(head / BLOCK_RECORDS * BLOCK_RECORDS + 1)));
    }
    Ok((frontier, spans))
}

/// Finds the place where the stored tree differs from the records.
fn difference(records: &Records, stored: TreeHead, found: Hash, covered: u64) -> Result<TreeError, ReadError> {
    let mut nodes = Vec::new();
    records.each_block(0..covered / BLOCK_RECORDS, |_, node| nodes.push(node))?;
    let mut again = Frontier::default();
    let mut differing = None;
    records.scan(0, covered, Direction::Forward, &mut |position, bytes| {
        let block = again.push(record_hash(bytes)).block;
        let expected =
            usize::try_from(position / BLOCK_RECORDS).ok().and_then(|block| nodes.get(block.checked_sub(1)?));
        if block.is_some() && block.as_ref() != expected {
            differing = Some(position);
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(match differing {
        Some(last) => {
            let (first, last) = (Position(last - BLOCK_RECORDS + 1), Position(last));
            TreeError::Node { first, last, file: records.file_of_record(last.0) }
        }
        None => TreeError::Root {
            head: Position(stored.size),
            first: Position(covered + 1),
            found,
            stored: stored.root,
            file: if covered == stored.size {
                records.file_of_head(FAMILY)
            } else {
                records.file_of_record(stored.size)
            },
        },
    })
}
