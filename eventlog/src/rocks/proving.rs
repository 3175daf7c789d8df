//! Checkpoints, proofs and exports of an open log.

use std::io::Write;

use letopis_domain::ids::Position;

use super::checkpoints::IssueError;
use super::rocks_log::RocksLog;
use super::shared::Shared;
use super::tree::{StoredNodes, TreeHead};
use crate::error::ReadError;
use crate::frame::Frame;
use crate::log::Log;
use crate::proof::{
    Checkpoint, CheckpointError, ConsistencyProof, Continuation, ExportHeader, ExportSummary, ExportWriter, ShownEvent,
    TlogProof, shown,
};
use crate::tree::{Hash, TreeReader};

/// A proof or an export that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The checkpoint covers more than there is.
    #[error("the checkpoint covers {size} records, the log has {head}: it is of another log, or records were lost")]
    Ahead {
        /// Records of the checkpoint.
        size: u64,
        /// Records of the log.
        head: u64,
    },
    /// The checkpoint has another root.
    #[error("the checkpoint over {size} records does not fit this log: it is of another log, or the log was changed")]
    OtherRoot {
        /// Records of the checkpoint.
        size: u64,
    },
    /// The position is not covered.
    #[error("position {position} is not among the {size} records of the checkpoint")]
    NotCovered {
        /// What was asked for.
        position: Position,
        /// Records of the checkpoint.
        size: u64,
    },
    /// The later checkpoint covers less.
    #[error("the checkpoint over {older} records is not older than the one over {size}")]
    NotOlder {
        /// Records of the one taken for older.
        older: u64,
        /// Records of the other.
        size: u64,
    },
    /// The record does not fit the tree.
    #[error("the record at position {0} does not fit the Merkle tree: it was changed; verify the log")]
    Changed(Position),
    /// No key of this log has signed it.
    #[error("the checkpoint is none of this log: {0}")]
    NotOwn(CheckpointError),
    /// Something could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The keys cannot be used.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The export could not be written.
    #[error("the export could not be written: {0}")]
    Write(#[from] std::io::Error),
}

/// What an auditor is given.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// What it is about, e.g. `account:…`; stands in the header and in the signed manifest.
    pub about: &'a str,
    /// The events, ascending.
    pub positions: &'a [Position],
    /// The checkpoint that proves them.
    pub checkpoint: &'a Checkpoint,
    /// Older checkpoints of which the auditor may hold one.
    pub since: &'a [Checkpoint],
}

impl RocksLog {
    /// Number of records and root of the tree over them.
    pub fn root(&self) -> (u64, Hash) {
        let TreeHead { size, root } = self.shared().tree.head();
        (size, root)
    }

    /// Signs a checkpoint of everything that is durable, and keeps it before it leaves the log.
    ///
    /// # Errors
    /// When there is no key, or the checkpoint cannot be kept.
    pub fn checkpoint(&self) -> Result<Checkpoint, IssueError> {
        let shared = self.shared();
        shared.checkpoints.issue(&shared.tree, shared.env.now())
    }

    /// The newest checkpoint that left the log.
    pub fn last_checkpoint(&self) -> Option<Checkpoint> {
        self.shared().checkpoints.last()
    }

    /// Every checkpoint that left the log and can be read, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>, ReadError> {
        let kept = self.shared().checkpoints.all().map_err(ReadError::Storage)?;
        Ok(kept.into_iter().filter_map(|(_, read)| read.ok()).collect())
    }

    /// A checkpoint that somebody else holds, alone or at the end of a continuation, if a key of this log has signed it. Whether the log goes on from it is for
    /// its proof to say: what is kept of it here may be lost.
    ///
    /// # Errors
    /// When the keys cannot be read, or none of them has signed it.
    pub fn held_checkpoint(&self, note: &str) -> Result<Checkpoint, ProofError> {
        let keys = self.shared().checkpoints.verifying_keys()?;
        Checkpoint::open(Continuation::held(note), &keys).map_err(ProofError::NotOwn)
    }

    /// Makes proofs against a checkpoint of this log, one after the other.
    ///
    /// # Errors
    /// When the checkpoint does not fit the log.
    pub fn prover<'a>(&'a self, checkpoint: &'a Checkpoint) -> Result<Prover<'a>, ProofError> {
        let (shared, size) = (self.shared(), checkpoint.size());
        if size > shared.head() {
            return Err(ProofError::Ahead { size, head: shared.head() });
        }
        let reader = TreeReader::new(shared.nodes(), size);
        if reader.root()? != checkpoint.root() {
            return Err(ProofError::OtherRoot { size });
        }
        Ok(Prover { shared, checkpoint, reader })
    }

    /// Proves that the record at a position is part of the log of a checkpoint.
    ///
    /// # Errors
    /// When the checkpoint does not fit the log or does not cover the position.
    pub fn prove(&self, position: Position, checkpoint: &Checkpoint) -> Result<TlogProof, ProofError> {
        self.prover(checkpoint)?.prove(position)
    }

    /// Proves that the log of one checkpoint is the beginning of the log of a later one.
    ///
    /// # Errors
    /// When one of them does not fit the log, or the first is the later one.
    pub fn prove_consistency(&self, from: &Checkpoint, to: &Checkpoint) -> Result<ConsistencyProof, ProofError> {
        self.prover(to)?.consistency(from)
    }

    /// Shows an event for people, personal values in the clear; none when there is none at the position.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn shown(&self, position: Position) -> Result<Option<ShownEvent>, ReadError> {
        let Some(recorded) = self.get(position)? else { return Ok(None) };
        let bytes = self.shared().records.existing_frame(position.0)?;
        let damaged = |reason: String| ReadError::Damaged { position, reason };
        let frame = Frame::read(&bytes).map_err(|error| damaged(error.to_string()))?;
        Ok(Some(ShownEvent { position, event: shown::event(&frame)?, personal: shown::personal(&recorded)? }))
    }

    /// Shows that the log goes on from a checkpoint that somebody else holds, up to a checkpoint of now.
    ///
    /// # Errors
    /// When the checkpoint is not of this log, or none can be signed.
    pub fn continuation(&self, since: &Checkpoint) -> Result<Continuation, ProofError> {
        let now = self.checkpoint()?;
        let proof = self.prove_consistency(since, &now)?;
        Ok(Continuation { proof, checkpoint: now.note().to_owned() })
    }

    /// Writes an auditor's file: events with their stored bytes and proofs, and a signed manifest.
    ///
    /// # Errors
    /// When there is no key, something cannot be proved, or `out` fails.
    pub fn export(&self, export: &Export<'_>, out: &mut dyn Write) -> Result<ExportSummary, ProofError> {
        let keys = self.shared().checkpoints.signing_keys()?;
        let prover = self.prover(export.checkpoint)?;
        let consistency = export.since.iter().map(|since| prover.consistency(since)).collect::<Result<_, _>>()?;
        let header = ExportHeader::new(export.about, export.checkpoint, consistency);
        let mut writer = ExportWriter::begin(&header, out)?;
        for position in export.positions {
            let proof = prover.prove(*position)?;
            let event = self.get(*position)?;
            writer.event(&proof, event.as_deref()).map_err(|error| match error {
                crate::proof::WriteEventError::Read(error) => ProofError::Read(error),
                crate::proof::WriteEventError::Io(error) => ProofError::Write(error),
            })?;
        }
        Ok(writer.finish(&keys, export.checkpoint)?)
    }
}

/// Makes proofs against one checkpoint.
pub struct Prover<'a> {
    shared: &'a Shared,
    checkpoint: &'a Checkpoint,
    reader: TreeReader<StoredNodes<'a>>,
}

impl Prover<'_> {
    /// Proves that the record at a position is part of the log of the checkpoint. The proof carries the record.
    ///
    /// # Errors
    /// When the checkpoint does not cover the position, or the record does not fit the tree.
    pub fn prove(&self, position: Position) -> Result<TlogProof, ProofError> {
        let size = self.checkpoint.size();
        let index = position.0.checked_sub(1).filter(|index| *index < size);
        let index = index.ok_or(ProofError::NotCovered { position, size })?;
        let frame = self.shared.records.existing_frame(position.0)?.to_vec();
        let hashes = self.reader.inclusion(index)?;
        let checkpoint = self.checkpoint.note().to_owned();
        let proof = TlogProof { index, hashes, frame: Some(frame), checkpoint };
        proof.fits(self.checkpoint).then_some(proof).ok_or(ProofError::Changed(position))
    }

    /// Proves that the log of an older checkpoint is the beginning of this one's.
    ///
    /// # Errors
    /// When the older one covers more or has another root.
    pub fn consistency(&self, older: &Checkpoint) -> Result<ConsistencyProof, ProofError> {
        let (from, size) = (older.size(), self.checkpoint.size());
        if from > size {
            return Err(ProofError::NotOlder { older: from, size });
        }
        if self.reader.root_of(from)? != older.root() {
            return Err(ProofError::OtherRoot { size: from });
        }
        // Every log begins with the empty one.
        let hashes = if from == 0 { Vec::new() } else { self.reader.consistency(from)? };
        Ok(ConsistencyProof { from, hashes })
    }
}
