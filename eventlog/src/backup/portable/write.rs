//! Writes an open log as a portable file.

use std::io::{self, Write};

use data_encoding::BASE64;
use letopis_domain::ids::Position;
use serde::Serialize;
use serde_json::value::RawValue;
use tlog_tiles::tlog::record_hash;

use super::line::{CheckpointLine, FORMAT, Manifest, RecordLine, SummaryLine};
use crate::checked_line::encode;
use crate::error::ReadError;
use crate::log::Log;
use crate::proof::shown;
use crate::rocks::{ProofError, RocksLog};
use crate::tree::Frontier;

/// How often progress is told.
const PROGRESS_RECORDS: u64 = 10_000;

/// How much was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortableSummary {
    /// Records in the file.
    pub records: u64,
    /// The root of the Merkle tree over them, in base64.
    pub root: String,
    /// Size of the file.
    pub bytes: u64,
}

impl RocksLog {
    /// Writes every record up to the head, decoded and as it is stored. Personal values that are not erased stand in the
    /// file in the clear. `report` hears how many records of how many are written.
    ///
    /// # Errors
    /// When something cannot be read, the records are not those of the tree, or `out` fails.
    pub fn export_portable(
        &self,
        out: &mut dyn Write,
        report: &mut dyn FnMut(u64, u64),
    ) -> Result<PortableSummary, ProofError> {
        let checkpoints = self.kept_checkpoints().map_err(|error| ReadError::Storage(error.to_string()))?;
        let (ledger, records) = (self.ledger_end(), self.head().0);
        let mut lines = Lines { out, hash: blake3::Hasher::new(), bytes: 0 };
        let (format, log, exported_at) = (FORMAT.to_owned(), self.id(), self.now());
        lines.write(&Manifest { format, log, records, ledger, exported_at })?;
        for line in checkpoints.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            lines.write(&CheckpointLine { checkpoint: serde_json::from_slice(line).map_err(io::Error::from)? })?;
        }
        let mut frontier = Frontier::default();
        self.each_stored(Position(records), &mut |frame, bytes, event| {
            frontier.push(record_hash(bytes));
            let personal: Box<RawValue> = shown::personal(&event)?;
            let (position, event) = (frame.position.0, shown::event(frame)?);
            lines.write(&RecordLine { position, event, personal, frame: BASE64.encode(bytes) })?;
            if position.is_multiple_of(PROGRESS_RECORDS) {
                report(position, records);
            }
            Ok(())
        })?;
        let root = frontier.root();
        if root != self.root_of(records)? {
            return Err(ProofError::OtherRoot { size: records });
        }
        let blake3 = lines.hash.finalize().to_hex().to_string();
        let root = root.to_string();
        lines.write(&SummaryLine { records, root: root.clone(), blake3 })?;
        lines.out.flush()?;
        Ok(PortableSummary { records, root, bytes: lines.bytes })
    }
}

struct Lines<'a> {
    out: &'a mut dyn Write,
    hash: blake3::Hasher,
    bytes: u64,
}

impl Lines<'_> {
    fn write(&mut self, content: &impl Serialize) -> io::Result<()> {
        let text = encode(content)?;
        self.hash.update(text.as_bytes());
        self.bytes += text.len() as u64;
        self.out.write_all(text.as_bytes())
    }
}
