//! The ledger of erasures: one line per erased subject, kept outside the log, so that a restored backup learns what
//! was erased after it was made.
//!
//! A line is synced before the key that it is about is destroyed, and one line at a time: a power cut tears at most
//! the last one. Each line carries the hash of the one before.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use letopis_domain::ids::Position;
use letopis_domain::values::Timestamp;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::{KeyError, failed};
use super::master::sync_folder_of;

/// One erasure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Line {
    /// Who was erased.
    pub subject: Uuid,
    /// What named the key, in hexadecimal; zeros when there never was one.
    pub fingerprint: String,
    /// The log.
    pub log: Uuid,
    /// The slot of the key.
    pub slot: u32,
    /// Where the log records the erasure.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// BLAKE3 of the line before, in hexadecimal; zeros on the first line.
    pub previous: String,
}

/// An open ledger.
pub(super) struct Ledger {
    path: PathBuf,
    file: File,
    lines: Vec<Line>,
    subjects: FxHashSet<Uuid>,
    last_hash: String,
    /// Why nothing more is written.
    failure: Option<String>,
}

/// What reading found.
enum Found {
    Whole,
    /// The last line was never written completely; the ledger is whole up to this size.
    TornAfter(u64),
}

impl Ledger {
    /// Opens the ledger of a log, or begins one. A last line that was never written completely is cut off.
    pub fn open(path: &Path, log: Uuid) -> Result<Self, KeyError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed("reading", path)(error)),
        };
        let file = File::options().create(true).append(true).mode(0o600).open(path).map_err(failed("opening", path))?;
        let mut ledger = Self {
            path: path.to_owned(),
            file,
            lines: Vec::new(),
            subjects: FxHashSet::default(),
            last_hash: "0".repeat(64),
            failure: None,
        };
        if let Found::TornAfter(size) = ledger.take_in(&bytes, log)? {
            let (file, line) = (path.display(), ledger.lines.len() + 1);
            tracing::warn!(%file, line, "the last line of the ledger of erasures was not written completely and is cut off");
            ledger.file.set_len(size).map_err(failed("cutting", path))?;
        }
        ledger.file.sync_all().map_err(failed("syncing", path))?;
        sync_folder_of(path)?;
        Ok(ledger)
    }

    /// Writes the last line anew. The sync of it may have failed in a process before: then it reads as if it were there
    /// until the power fails, and is not on disk.
    pub fn make_sure(&self) -> Result<(), KeyError> {
        let bytes = fs::read(&self.path).map_err(failed("reading", &self.path))?;
        let before_end = &bytes[..bytes.len().saturating_sub(1)];
        let start = before_end.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let file = File::options().write(true).open(&self.path).map_err(failed("opening", &self.path))?;
        let written = file.write_all_at(&bytes[start..], start as u64).and_then(|()| file.sync_all());
        written.map_err(failed("writing", &self.path))
    }

    /// Every erasure, oldest first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Whether it has a line about the subject.
    pub fn knows(&self, subject: &Uuid) -> bool {
        self.subjects.contains(subject)
    }

    /// Appends an erasure; it is durable when this returns. After a failure nobody knows what is on disk, and nothing
    /// more is written.
    pub fn append(&mut self, line: Line) -> Result<(), KeyError> {
        if let Some(reason) = &self.failure {
            return Err(KeyError::Failed(reason.clone()));
        }
        let appended = self.try_append(line);
        if let Err(error) = &appended {
            self.failure = Some(error.to_string());
        }
        appended
    }

    fn try_append(&mut self, mut line: Line) -> Result<(), KeyError> {
        line.previous.clone_from(&self.last_hash);
        let unwritable = |error: serde_json::Error| failed("writing", &self.path)(error.into());
        let mut text = serde_json::to_string(&line).map_err(unwritable)?;
        let hash = hash(text.as_bytes());
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(failed("writing", &self.path))?;
        self.file.sync_data().map_err(failed("syncing", &self.path))?;
        self.last_hash = hash;
        self.subjects.insert(line.subject);
        self.lines.push(line);
        Ok(())
    }

    fn take_in(&mut self, bytes: &[u8], log: Uuid) -> Result<Found, KeyError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b'\n');
            let (text, after) = end.map_or((rest, &[][..]), |end| (&rest[..end], &rest[end + 1..]));
            // What a power cut leaves of a line has no end, or holes that read as zeros.
            if after.is_empty() && (end.is_none() || text.contains(&0)) {
                return Ok(Found::TornAfter((bytes.len() - rest.len()) as u64));
            }
            let line = self.read(text, log)?;
            self.last_hash = hash(text);
            self.subjects.insert(line.subject);
            self.lines.push(line);
            rest = after;
        }
        Ok(Found::Whole)
    }

    fn read(&self, text: &[u8], log: Uuid) -> Result<Line, KeyError> {
        let damaged = |reason: String| KeyError::DamagedLedger {
            file: self.path.clone(),
            line: self.lines.len() as u64 + 1,
            reason,
        };
        let line: Line = serde_json::from_slice(text).map_err(|error| damaged(error.to_string()))?;
        if line.previous != self.last_hash {
            return Err(damaged("it does not follow the line before".to_owned()));
        }
        if line.log != log {
            return Err(damaged(format!("it is about log {}, not {log}", line.log)));
        }
        Ok(line)
    }
}

fn hash(line: &[u8]) -> String {
    HEXLOWER.encode(blake3::hash(line).as_bytes())
}
