//! One record and its proof in one file: C2SP `tlog-proof`, whose extra data is the record itself.

use data_encoding::BASE64;
use letopis_domain::ids::Position;
use tlog_tiles::tlog::{check_record, record_hash};

use super::checkpoint::{Checkpoint, CheckpointError};
use super::hashes::decimal;
use super::keys::VerifyingKeys;
use crate::tree::Hash;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2⁶⁴ records is no deeper.
const HASHES_MAX: usize = 64;

/// A proof file that proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// It does not read as a proof.
    #[error("line {line} of the proof is not readable: {what} is expected")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What should stand there.
        what: &'static str,
    },
    /// The file does not carry the record, and none was given.
    #[error("the proof does not carry the record it is about")]
    NoRecord,
    /// Its checkpoint cannot be trusted.
    #[error("the checkpoint of the proof cannot be trusted: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The record is not in the tree.
    #[error("the record is not the one at position {0} of the log with this checkpoint: it or the proof was changed")]
    NotIncluded(Position),
}

/// A record, its place and the path from it to the root of a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct TlogProof {
    /// Its place, from 0: the position less one.
    pub index: u64,
    /// The audit path, from the leaf's sibling up.
    pub hashes: Vec<Hash>,
    /// The stored bytes of the record; none where the reader has them from elsewhere.
    pub frame: Option<Vec<u8>>,
    /// The checkpoint, a signed note.
    pub checkpoint: String,
}

impl TlogProof {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is no `tlog-proof`.
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(malformed(1, "a checkpoint after an empty line"))?;
        let mut lines = (1..).zip(head.split('\n')).peekable();
        if lines.next().is_none_or(|(_, line)| line != FIRST_LINE) {
            return Err(malformed(1, FIRST_LINE));
        }
        let extra = lines.next_if(|(_, line)| line.starts_with("extra "));
        let frame = extra.map(|(at, line)| BASE64.decode(&line.as_bytes()["extra ".len()..]).map_err(|_| at));
        let frame = frame.transpose().map_err(|at| malformed(at, "base64 after 'extra '"))?;
        let index = lines.next().and_then(|(_, line)| line.strip_prefix("index "));
        let index = index.and_then(decimal).ok_or(malformed(2, "a number after 'index '"))?;
        let mut hashes = Vec::new();
        for (at, line) in lines {
            let hash = Hash::parse_hash(line).ok().filter(|_| hashes.len() < HASHES_MAX);
            hashes.push(hash.ok_or(malformed(at, "a hash in base64"))?);
        }
        Ok(Self { index, hashes, frame, checkpoint: checkpoint.to_owned() })
    }

    /// The file.
    pub fn to_text(&self) -> String {
        let extra = self.frame.as_ref().map(|frame| format!("extra {}\n", BASE64.encode(frame))).unwrap_or_default();
        let hashes = self.hashes.iter().map(|hash| hash.to_string() + "\n").collect::<String>();
        format!("{FIRST_LINE}\n{extra}index {}\n{hashes}\n{}", self.index, self.checkpoint)
    }

    /// The position of the record.
    pub const fn position(&self) -> Position {
        Position(self.index.saturating_add(1))
    }

    /// Whether it proves its record under a checkpoint.
    pub(crate) fn fits(&self, checkpoint: &Checkpoint) -> bool {
        let frame = self.frame.as_deref().unwrap_or_default();
        check_inclusion(self.index, frame, &self.hashes, checkpoint).is_ok()
    }

    /// Checks that the record it carries stands at its position in the log of its checkpoint, which it returns.
    ///
    /// # Errors
    /// When the checkpoint cannot be trusted, or the record is not there.
    pub fn verify(&self, keys: &VerifyingKeys) -> Result<Checkpoint, TlogProofError> {
        let frame = self.frame.as_deref().ok_or(TlogProofError::NoRecord)?;
        let checkpoint = Checkpoint::open(&self.checkpoint, keys)?;
        check_inclusion(self.index, frame, &self.hashes, &checkpoint)?;
        Ok(checkpoint)
    }
}

/// Checks that a frame stands at an index of the log of a checkpoint.
pub(super) fn check_inclusion(
    index: u64,
    frame: &[u8],
    hashes: &[Hash],
    checkpoint: &Checkpoint,
) -> Result<(), TlogProofError> {
    let included = check_record(&hashes.to_vec(), checkpoint.size(), checkpoint.root(), index, record_hash(frame));
    included.map_err(|_| TlogProofError::NotIncluded(Position(index.saturating_add(1))))
}

const fn malformed(line: usize, what: &'static str) -> TlogProofError {
    TlogProofError::Malformed { line, what }
}
