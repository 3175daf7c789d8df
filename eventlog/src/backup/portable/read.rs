//! Brings a portable file back as records, byte for byte; whatever is damaged, cut or in another order is refused with
//! the number of its line.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde::Deserialize;

use super::line::{CheckpointLine, FORMAT, Manifest, PortableError, RecordLine, SummaryLine};
use crate::checked_line::decode;
use crate::rocks::{RawError, RawWriter};

/// Longest line: a record of the largest parts, in text.
const LINE_SIZE_MAX_BYTES: u64 = 64 << 20;
/// How often progress is told.
const PROGRESS_RECORDS: u64 = 10_000;

/// A portable file whose first line was read.
pub(in crate::backup) struct Portable {
    path: PathBuf,
    file: BufReader<File>,
    line: u64,
    hash: blake3::Hasher,
    manifest: Manifest,
}

impl Portable {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self, PortableError> {
        let file = File::open(path).map_err(|source| PortableError::Io { file: path.to_owned(), source })?;
        let manifest = Manifest {
            format: String::new(),
            log: uuid::Uuid::nil(),
            records: 0,
            ledger: crate::keys::LedgerEnd { lines: 0, hash: String::new() },
            exported_at: letopis_domain::values::Timestamp::MIN,
        };
        let (file, hash) = (BufReader::new(file), blake3::Hasher::new());
        let mut portable = Self { path: path.to_owned(), file, line: 0, hash, manifest };
        let first = portable.next()?.ok_or_else(|| portable.refused("the file is empty"))?;
        portable.manifest = portable.parse(&first)?;
        if portable.manifest.format != FORMAT {
            return Err(portable.refused("this is no log in a format that is known here"));
        }
        Ok(portable)
    }

    /// What its first line says.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Writes its records into a folder that has none; the kept checkpoints, as the log keeps them.
    pub fn restore(mut self, records: &Path, report: &mut dyn FnMut(u64, u64)) -> Result<Vec<u8>, PortableError> {
        let mut writer = RawWriter::create(records, self.manifest.log).map_err(|error| self.raw(&error))?;
        let (mut checkpoints, mut count) = (Vec::new(), 0);
        loop {
            let before = self.hash.finalize().to_hex().to_string();
            let Some(line) = self.next()? else {
                return Err(self.refused("the file ends here without its summary: it is cut"));
            };
            if line.starts_with("{\"position\":") {
                let record: RecordLine = self.parse(&line)?;
                count += 1;
                self.push(&mut writer, &record, count)?;
                if count % PROGRESS_RECORDS == 0 {
                    report(count, self.manifest.records);
                }
            } else if line.starts_with("{\"checkpoint\":") && count == 0 {
                let kept: CheckpointLine = self.parse(&line)?;
                checkpoints.extend_from_slice(kept.checkpoint.get().as_bytes());
                checkpoints.push(b'\n');
            } else {
                let summary: SummaryLine = self.parse(&line)?;
                self.finish(writer, &summary, &before)?;
                return Ok(checkpoints);
            }
        }
    }

    fn push(&self, writer: &mut RawWriter, record: &RecordLine, count: u64) -> Result<(), PortableError> {
        if record.position != count {
            let found = record.position;
            return Err(self.refused(format!(
                "position {count} should come here, and it is {found}: lines are missing or in another order"
            )));
        }
        let bytes = BASE64.decode(record.frame.as_bytes());
        let bytes = bytes.map_err(|_| self.refused("its frame is not base64"))?;
        writer.push(&bytes).map_err(|error| self.raw(&error))
    }

    fn finish(&mut self, writer: RawWriter, summary: &SummaryLine, hash: &str) -> Result<(), PortableError> {
        let (records, root) = writer.finish().map_err(|error| self.raw(&error))?;
        if (records, records) != (summary.records, self.manifest.records) {
            let (said, first) = (summary.records, self.manifest.records);
            let what = format!("the file has {records} records; its first line says {first}, this one {said}");
            return Err(self.refused(what));
        }
        if root.to_string() != summary.root {
            return Err(self.refused(format!("the Merkle root of the records is {root}, written was {}", summary.root)));
        }
        if hash != summary.blake3 {
            return Err(self.refused("the lines before are not those that were written"));
        }
        match self.next()? {
            None => Ok(()),
            Some(_) => Err(self.refused("there is more after the summary")),
        }
    }

    /// The next line without its checksum; none at the end of the file.
    fn next(&mut self) -> Result<Option<String>, PortableError> {
        let mut line = Vec::new();
        let read = (&mut self.file).take(LINE_SIZE_MAX_BYTES).read_until(b'\n', &mut line);
        read.map_err(|source| PortableError::Io { file: self.path.clone(), source })?;
        self.line += 1;
        if line.is_empty() {
            return Ok(None);
        }
        self.hash.update(&line);
        let whole = line.strip_suffix(b"\n").ok_or_else(|| self.refused("it is cut, or too long"))?;
        decode(whole).map(Some).map_err(|what| self.refused(what))
    }

    fn parse<'a, T: Deserialize<'a>>(&self, line: &'a str) -> Result<T, PortableError> {
        serde_json::from_str(line).map_err(|error| self.refused(format!("it does not read: {error}")))
    }

    fn raw(&self, error: &RawError) -> PortableError {
        self.refused(error.to_string())
    }

    fn refused(&self, what: impl Into<String>) -> PortableError {
        PortableError::Refused { file: self.path.clone(), line: self.line, what: what.into() }
    }
}
