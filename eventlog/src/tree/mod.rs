//! The Merkle tree over the stored records: RFC 6962, SHA-256, one leaf per record in the order of positions.
//!
//! Of its nodes only those of level 8 are stored, one per block of 256 records. What lies above follows from them,
//! what lies below follows from the records of the block.

mod frontier;
mod reader;

pub use tlog_tiles::tlog::Hash;

pub(crate) use frontier::Frontier;
pub(crate) use reader::{NodeSource, TreeReader};

/// The level of the nodes that are stored.
pub(crate) const BLOCK_LEVEL: u8 = 8;
/// Records under a stored node.
pub(crate) const BLOCK_RECORDS: u64 = 1 << BLOCK_LEVEL;
/// The level of the nodes that are kept in memory, one per 65,536 records.
pub(crate) const SPAN_LEVEL: u8 = 16;
/// Blocks under a node that is kept in memory.
pub(crate) const SPAN_BLOCKS: u64 = 1 << (SPAN_LEVEL - BLOCK_LEVEL);

#[cfg(test)]
mod tests;
