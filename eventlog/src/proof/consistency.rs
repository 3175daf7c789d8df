//! The proof that one tree is the beginning of another.

use serde::{Deserialize, Serialize};
use tlog_tiles::tlog::check_tree;

use super::checkpoint::Checkpoint;
use crate::tree::Hash;

/// Hashes by which the roots of two trees can be computed from what they share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    /// Records of the older tree.
    pub from: u64,
    /// The proof of RFC 6962, section 2.1.2.
    #[serde(with = "super::hashes")]
    pub hashes: Vec<Hash>,
}

impl ConsistencyProof {
    /// Whether it proves that the log of `older` is the beginning of that of `newer`.
    pub fn proves(&self, older: &Checkpoint, newer: &Checkpoint) -> bool {
        self.proves_roots((older.size(), older.root()), (newer.size(), newer.root()))
    }

    /// The same of sizes and roots.
    pub(super) fn proves_roots(&self, (from, older): (u64, Hash), (size, newer): (u64, Hash)) -> bool {
        if from != self.from || from > size {
            return false;
        }
        if from == 0 {
            return self.hashes.is_empty() && older == tlog_tiles::tlog::EMPTY_HASH;
        }
        check_tree(&self.hashes, size, newer, from, older).is_ok()
    }
}
