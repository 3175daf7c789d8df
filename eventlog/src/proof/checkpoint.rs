//! Signed checkpoints: size and root of the tree as C2SP `tlog-checkpoint`.

use signed_note::{Note, NoteError};
use tlog_tiles::Checkpoint as Body;

use super::keys::{SigningKeys, VerifyingKeys};
use crate::tree::Hash;

/// A note that is no checkpoint of the log that it is taken for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It does not read as a checkpoint.
    #[error("it is no checkpoint: {0}")]
    Malformed(String),
    /// A trusted key is named, and its signature does not fit the text.
    #[error("it is forged: the signature of key {name}+{id:08x} does not fit it")]
    Forged {
        /// The name of the key.
        name: String,
        /// The id of the key.
        id: u32,
    },
    /// No trusted key has signed it.
    #[error("no key that is trusted has signed it")]
    Untrusted,
    /// It is a checkpoint of another log than the key is for.
    #[error("it is of the log '{found}', the key is of '{expected}'")]
    OtherLog {
        /// What it says.
        found: String,
        /// The name of the key that signed it.
        expected: String,
    },
}

/// Size and root of a log's tree at one moment, signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    note: String,
}

impl Checkpoint {
    /// Signs one.
    pub(crate) fn sign(keys: &SigningKeys, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        let text = format!("{}\n{size}\n{root}\n", keys.origin());
        let note = keys.sign(&text).map_err(|error| CheckpointError::Malformed(error.to_string()))?;
        Ok(Self { origin: keys.origin().to_owned(), size, root, note })
    }

    /// Reads a signed checkpoint and checks that a trusted key of its log has signed it.
    ///
    /// # Errors
    /// When it is malformed, forged, signed by nobody who is trusted, or of another log.
    pub fn open(note: &str, keys: &VerifyingKeys) -> Result<Self, CheckpointError> {
        let checkpoint = Self::read(note)?;
        let signers = verify_note(note, keys)?;
        match signers.iter().find(|signer| **signer != checkpoint.origin) {
            None => Ok(checkpoint),
            Some(other) => Err(CheckpointError::OtherLog { found: checkpoint.origin, expected: other.clone() }),
        }
    }

    /// Reads a checkpoint without asking who signed it.
    pub(crate) fn read(note: &str) -> Result<Self, CheckpointError> {
        let malformed = |reason: &dyn std::fmt::Display| CheckpointError::Malformed(reason.to_string());
        let parsed = Note::from_bytes(note.as_bytes()).map_err(|error| malformed(&error))?;
        let body = Body::from_bytes(parsed.text()).map_err(|error| malformed(&error))?;
        Ok(Self { origin: body.origin().to_owned(), size: body.size(), root: *body.hash(), note: note.to_owned() })
    }

    /// The name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Number of records, which is the last position.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree over them.
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// The signed note, as it is passed on.
    pub fn note(&self) -> &str {
        &self.note
    }
}

/// Checks the signatures of a note and names the trusted keys among them, of which there is at least one.
pub(super) fn verify_note(note: &str, keys: &VerifyingKeys) -> Result<Vec<String>, CheckpointError> {
    let parsed = Note::from_bytes(note.as_bytes()).map_err(|error| CheckpointError::Malformed(error.to_string()))?;
    let (verified, _) = parsed.verify(keys).map_err(|error| match error {
        NoteError::InvalidSignature { name, id } => CheckpointError::Forged { name, id },
        NoteError::UnverifiedNote => CheckpointError::Untrusted,
        other => CheckpointError::Malformed(other.to_string()),
    })?;
    Ok(verified.iter().map(|signature| signature.name().to_owned()).collect())
}
