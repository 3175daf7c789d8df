//! The ledger of erasures: one line per erased subject, kept outside the log, so that a restored backup learns what
//! was erased after it was made.
//!
//! A line is synced before the key that it is about is destroyed, and one line at a time: a power cut tears at most
//! the last one. Each line carries the hash of the one before, and a checksum of its own: none comes after the last. It lies beside the keys and, where one is named, in a
//! second place, which survives when data folder and keys are lost together.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use letopis_domain::ids::Position;
use letopis_domain::privacy::PersonalDataErased;
use letopis_domain::values::Timestamp;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::KeyError;
use crate::checked_line;
use crate::copies::{Copies, OneCopy};

/// What stands for the hash of the line before the first one.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

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
    /// What the log records, so that a log which does not can be told.
    pub fact: PersonalDataErased,
    /// BLAKE3 of the line before, in hexadecimal; zeros on the first line.
    pub previous: String,
}

/// An open ledger.
pub(super) struct Ledger {
    copies: Copies,
    lines: Vec<Line>,
    subjects: FxHashSet<Uuid>,
    last_hash: String,
    /// Why nothing more is written.
    failure: Option<String>,
}

impl Ledger {
    /// Opens the ledger of a log, or begins one; a second place holds the same. A last line that was never written
    /// completely is cut off.
    pub fn open(path: &Path, second: Option<&Path>, log: Uuid) -> Result<Self, KeyError> {
        let copies = Copies::new(path, second);
        let found = copies.read()?;
        // Each on its own first: damage is better named by its line than by a difference.
        for copy in &found {
            Chain::read(copy, Some(log))?;
        }
        let lines = copies.reconcile(&found)?;
        copies.create()?;
        let chain = Chain::read(&OneCopy { path: path.to_owned(), lines, is_torn: false }, Some(log))?;
        let subjects = chain.lines.iter().map(|line| line.subject).collect();
        let last_hash = chain.hash_after(chain.lines.len()).to_owned();
        Ok(Self { copies, lines: chain.lines, subjects, last_hash, failure: None })
    }

    /// Writes the last line anew: see [`Copies::make_sure`].
    pub fn make_sure(&self) -> Result<(), KeyError> {
        Ok(self.copies.make_sure()?)
    }

    /// Every erasure, oldest first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// How many lines there are and the hash of the last.
    pub fn end(&self) -> LedgerEnd {
        LedgerEnd { lines: self.lines.len() as u64, hash: self.last_hash.clone() }
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
        let file = || self.copies.own().to_owned();
        let text = checked_line::encode(&line).map_err(|error| KeyError::Io {
            what: "writing",
            path: file(),
            reason: error.to_string(),
        })?;
        let hash = hash(text.trim_end().as_bytes());
        self.copies.append(text.as_bytes())?;
        self.last_hash = hash;
        self.subjects.insert(line.subject);
        self.lines.push(line);
        Ok(())
    }
}

/// How far a ledger goes: what a backup remembers of it, so that an older one is noticed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerEnd {
    /// Its lines.
    pub lines: u64,
    /// BLAKE3 of the last one, in hexadecimal; zeros without any.
    pub hash: String,
}

/// A ledger that is only looked at: nothing of it is cut off or brought up.
#[derive(Debug)]
pub struct LedgerFile {
    path: PathBuf,
    chain: Chain,
}

impl LedgerFile {
    /// Reads a ledger. One whose last line is torn is refused: it may be a copy that was taken while it was written.
    ///
    /// # Errors
    /// When there is none, it is damaged or torn, or it is of another log than this one.
    pub fn read(path: &Path, log: Option<Uuid>) -> Result<Self, KeyError> {
        if !path.is_file() {
            return Err(KeyError::NoLedger(path.to_owned()));
        }
        let copy = OneCopy::read(path)?;
        let chain = Chain::read(&copy, log)?;
        if copy.is_torn {
            return Err(KeyError::TornLedger { file: path.to_owned(), line: chain.lines.len() as u64 + 1 });
        }
        Ok(Self { path: path.to_owned(), chain })
    }

    /// Reads the ledger of a key store, of which a crash may have torn the last line.
    ///
    /// # Errors
    /// When it is damaged or of another log.
    pub(crate) fn read_own(path: &Path, log: Option<Uuid>) -> Result<Self, KeyError> {
        let chain = Chain::read(&OneCopy::read(path)?, log)?;
        Ok(Self { path: path.to_owned(), chain })
    }

    /// How far it goes.
    pub fn end(&self) -> LedgerEnd {
        let lines = self.chain.lines.len();
        LedgerEnd { lines: lines as u64, hash: self.chain.hash_after(lines).to_owned() }
    }

    /// When the last erasure was recorded; none without any.
    pub fn last_recorded_at(&self) -> Option<Timestamp> {
        self.chain.lines.last().map(|line| line.recorded_at)
    }

    /// Refuses a ledger that does not go on from what is known of it elsewhere.
    ///
    /// # Errors
    /// When it ends before that, or has other lines.
    pub fn check_goes_on_from(&self, known: &LedgerEnd, of: &Path) -> Result<(), KeyError> {
        let lines = self.chain.lines.len() as u64;
        if lines < known.lines {
            let (known, of) = (known.lines, of.to_owned());
            return Err(KeyError::OlderLedger { file: self.path.clone(), lines, of, known });
        }
        let upto = usize::try_from(known.lines).unwrap_or(usize::MAX);
        if self.chain.hash_after(upto) != known.hash {
            return Err(KeyError::OtherLedger { file: self.path.clone(), of: of.to_owned(), line: known.lines });
        }
        Ok(())
    }
}

/// Lines that follow one another.
#[derive(Debug)]
struct Chain {
    lines: Vec<Line>,
    hashes: Vec<String>,
}

impl Chain {
    fn read(copy: &OneCopy, log: Option<Uuid>) -> Result<Self, KeyError> {
        let mut chain = Self { lines: Vec::new(), hashes: Vec::new() };
        for text in copy.lines.split_inclusive(|byte| *byte == b'\n') {
            let text = &text[..text.len() - 1];
            let damaged = |reason: String| KeyError::DamagedLedger {
                file: copy.path.clone(),
                line: chain.lines.len() as u64 + 1,
                reason,
            };
            let content = checked_line::decode(text).map_err(damaged)?;
            let line: Line = serde_json::from_str(&content).map_err(|error| damaged(error.to_string()))?;
            if line.previous != chain.hash_after(chain.lines.len()) {
                return Err(damaged("it does not follow the line before".to_owned()));
            }
            if let Some(log) = log.filter(|log| line.log != *log) {
                return Err(damaged(format!("it is about log {}, not {log}", line.log)));
            }
            chain.hashes.push(hash(text));
            chain.lines.push(line);
        }
        Ok(chain)
    }

    /// The hash of a line, counted from 1.
    fn hash_after(&self, line: usize) -> &str {
        line.checked_sub(1).and_then(|index| self.hashes.get(index)).map_or(NO_HASH, String::as_str)
    }
}

fn hash(line: &[u8]) -> String {
    HEXLOWER.encode(blake3::hash(line).as_bytes())
}
