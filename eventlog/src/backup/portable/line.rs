//! A line of a portable file, which ends with its checksum.

use std::io;
use std::path::PathBuf;

use letopis_domain::values::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::keys::LedgerEnd;

/// What the first line says first.
pub(super) const FORMAT: &str = "letopis log 1";

/// A portable file that cannot be brought back.
#[derive(Debug, thiserror::Error)]
pub enum PortableError {
    /// A line is not what was written, or not at its place.
    #[error("line {line} of {}: {what}", .file.display())]
    Refused {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The file system said no.
    #[error("{} could not be read: {source}", .file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// How it ended.
        source: io::Error,
    },
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::backup) struct Manifest {
    pub format: String,
    /// The log.
    pub log: Uuid,
    /// How many records follow.
    pub records: u64,
    /// How far the ledger of erasures went.
    pub ledger: LedgerEnd,
    pub exported_at: Timestamp,
}

/// A line per kept checkpoint, before the records.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointLine {
    /// The line as the log keeps it.
    pub checkpoint: Box<RawValue>,
}

/// A line per record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordLine {
    pub position: u64,
    /// The event for people, without what is personal.
    pub event: Box<RawValue>,
    /// Its personal values, `erased`, or null.
    pub personal: Box<RawValue>,
    /// The stored bytes, in base64.
    pub frame: String,
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SummaryLine {
    pub records: u64,
    /// The root of the Merkle tree over them, in base64.
    pub root: String,
    /// BLAKE3 of all lines before this one, in hexadecimal.
    pub blake3: String,
}
