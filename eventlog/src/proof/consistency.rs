//! The proof that one tree is the beginning of another, alone or together with the checkpoint of the longer one.

use serde::{Deserialize, Serialize};
use tlog_tiles::tlog::check_tree;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::hashes::{HASHES_MAX, decimal};
use super::keys::VerifyingKeys;
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

/// Why a log is not shown to go on from a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum ContinuationError {
    /// It does not read as one.
    #[error("line {line} of the continuation is not readable: {what} is expected")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What should stand there.
        what: &'static str,
    },
    /// Its checkpoint cannot be trusted.
    #[error("the checkpoint of the continuation cannot be trusted: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// It begins elsewhere.
    #[error("it goes on from {from} records, and the trusted checkpoint covers {trusted}; ask for one since that")]
    OtherStart {
        /// Records that it goes on from.
        from: u64,
        /// Records of the trusted checkpoint.
        trusted: u64,
    },
    /// It is of another log.
    #[error("it is of the log '{found}', and the trusted checkpoint of '{trusted}'")]
    OtherLog {
        /// What it says.
        found: String,
        /// What the trusted checkpoint says.
        trusted: String,
    },
    /// The later log does not begin with the earlier one.
    #[error(
        "the log of {size} records does not go on from the trusted checkpoint over {trusted}: history was rewritten, or the proof was changed"
    )]
    Inconsistent {
        /// Records of the later checkpoint.
        size: u64,
        /// Records of the trusted one.
        trusted: u64,
    },
}

/// A later checkpoint, with the proof that its log goes on from an earlier one. As text it is what C2SP `tlog-witness`
/// calls the body of an `add-checkpoint` request: the line `old SIZE`, the hashes, an empty line, the later checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Continuation {
    /// The proof.
    pub proof: ConsistencyProof,
    /// The later checkpoint, a signed note.
    pub checkpoint: String,
}

impl Continuation {
    /// How its text begins.
    pub const START: &'static str = "old ";

    /// The text.
    pub fn to_text(&self) -> String {
        let hashes = self.proof.hashes.iter().map(|hash| hash.to_string() + "\n").collect::<String>();
        format!("{}{}\n{hashes}\n{}", Self::START, self.proof.from, self.checkpoint)
    }

    /// The checkpoint that somebody holds by a text: the text itself, or the later one of a continuation.
    #[must_use]
    pub fn held(text: &str) -> &str {
        match text.split_once("\n\n") {
            Some((head, checkpoint)) if head.starts_with(Self::START) => checkpoint,
            _ => text,
        }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, ContinuationError> {
        let malformed = |line, what| ContinuationError::Malformed { line, what };
        let (head, checkpoint) = text.split_once("\n\n").ok_or(malformed(1, "a checkpoint after an empty line"))?;
        let mut lines = (1..).zip(head.split('\n'));
        let size = lines.next().and_then(|(_, line)| line.strip_prefix(Self::START));
        let from = size.and_then(decimal).ok_or(malformed(1, "a number after 'old '"))?;
        let mut hashes = Vec::new();
        for (at, line) in lines {
            let hash = Hash::parse_hash(line).ok().filter(|_| hashes.len() < HASHES_MAX);
            hashes.push(hash.ok_or(malformed(at, "a hash in base64"))?);
        }
        Ok(Self { proof: ConsistencyProof { from, hashes }, checkpoint: checkpoint.to_owned() })
    }

    /// Checks that the later log goes on from a trusted checkpoint; gives the later checkpoint.
    ///
    /// # Errors
    /// When it does not, or the later checkpoint cannot be trusted.
    pub fn verify(&self, trusted: &Checkpoint, keys: &VerifyingKeys) -> Result<Checkpoint, ContinuationError> {
        let later = Checkpoint::open(&self.checkpoint, keys)?;
        if later.origin() != trusted.origin() {
            let (found, trusted) = (later.origin().to_owned(), trusted.origin().to_owned());
            return Err(ContinuationError::OtherLog { found, trusted });
        }
        if self.proof.from != trusted.size() {
            return Err(ContinuationError::OtherStart { from: self.proof.from, trusted: trusted.size() });
        }
        if !self.proof.proves(trusted, &later) {
            return Err(ContinuationError::Inconsistent { size: later.size(), trusted: trusted.size() });
        }
        Ok(later)
    }
}
