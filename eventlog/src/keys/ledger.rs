//! The ledger of erasures: one line per erased subject, kept outside the log, so that a restored backup learns what
//! was erased after it was made.
//!
//! Those who are erased together have their lines in one batch, which is written and synced before any of their keys is
//! destroyed, and one batch at a time: a power cut tears at most the last one. Each line carries the hash of the one
//! before, and a checksum of its own: none comes after the last. The ledger lies beside the keys and, where one is named,
//! in a second place, which survives when data folder and keys are lost together.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::privacy::PersonalDataErased;
use letopis_domain::values::Timestamp;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::{KeyError, failed};
use crate::checked_line;
use crate::copies::{self, Copies, OneCopy, start_of_line};

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

impl Line {
    /// Whether one event of the log says both.
    pub fn is_of_one_event(&self, other: &Self) -> bool {
        (self.position, self.recorded_at) == (other.position, other.recorded_at) && self.fact == other.fact
    }
}

/// An open ledger.
pub(super) struct Ledger {
    copies: Copies,
    /// Where the batch begins that was the last one when it was opened.
    last_batch: usize,
    lines: Vec<Line>,
    subjects: FxHashSet<Uuid>,
    last_hash: String,
    /// Why nothing more is written.
    failure: Option<String>,
}

impl Ledger {
    /// Opens the ledger of a log, or begins one; a second place holds the same. A last batch that was never written
    /// completely is cut to the lines that were.
    pub fn open(path: &Path, second: Option<&Path>, log: Uuid) -> Result<Self, KeyError> {
        let copies = Copies::new(path, second);
        let mut found = copies.read()?;
        for copy in &mut found {
            cut_torn_batch(copy)?;
        }
        let longest = match copies.longest(&found) {
            Ok(longest) => longest,
            Err(differ) => {
                // Damage is better named by its line than by a difference.
                for copy in &found {
                    Chain::read(copy, Some(log))?;
                }
                return Err(differ.into());
            }
        };
        let chain = longest.map_or_else(|| Ok(Chain::default()), |longest| Chain::read(longest, Some(log)))?;
        if let Some(longest) = longest {
            copies::level(&found, longest)?;
        }
        copies.create()?;
        let subjects = chain.lines.iter().map(|line| line.subject).collect();
        let last_hash = chain.hash_after(chain.lines.len()).to_owned();
        Ok(Self { copies, last_batch: chain.last_batch, lines: chain.lines, subjects, last_hash, failure: None })
    }

    /// Writes the last batch anew: see [`Copies::make_sure`].
    pub fn make_sure(&self) -> Result<(), KeyError> {
        Ok(self.copies.make_sure(|_| self.last_batch)?)
    }

    /// Where that begins which may be in memory only.
    #[cfg(test)]
    pub const fn unsure(&self) -> usize {
        self.last_batch
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

    /// Appends the lines of those who are erased together; they are durable when this returns. `between` is called when
    /// one place has them and the other has not. After a failure nobody knows what is on disk, and nothing more is
    /// written.
    pub fn append(&mut self, batch: &[Line], between: &dyn Fn()) -> Result<(), KeyError> {
        if let Some(reason) = &self.failure {
            return Err(KeyError::Failed(reason.clone()));
        }
        let appended = self.try_append(batch, between);
        if let Err(error) = &appended {
            self.failure = Some(error.to_string());
        }
        appended
    }

    fn try_append(&mut self, batch: &[Line], between: &dyn Fn()) -> Result<(), KeyError> {
        let (mut texts, mut last_hash) = (String::new(), self.last_hash.clone());
        for line in batch {
            let line = Line { previous: last_hash, ..line.clone() };
            let text =
                checked_line::encode(&line).map_err(|error| failed("writing", self.copies.own())(error.into()))?;
            last_hash = hash(text.trim_end().as_bytes());
            texts.push_str(&text);
        }
        self.copies.append(texts.as_bytes(), between)?;
        self.last_hash = last_hash;
        self.subjects.extend(batch.iter().map(|line| line.subject));
        self.lines.extend_from_slice(batch);
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
    /// Reads a ledger. One whose last lines are torn is refused: it may be a copy that was taken while it was written.
    ///
    /// # Errors
    /// When there is none, it is damaged or torn, or it is of another log than this one.
    pub fn read(path: &Path, log: Option<Uuid>) -> Result<Self, KeyError> {
        if !path.is_file() {
            return Err(KeyError::NoLedger(path.to_owned()));
        }
        let (copy, chain) = read_whole(path, log)?;
        if copy.is_torn {
            return Err(KeyError::TornLedger { file: path.to_owned(), line: chain.lines.len() as u64 + 1 });
        }
        Ok(Self { path: path.to_owned(), chain })
    }

    /// Reads the ledger of a key store, of which a crash may have torn the last lines.
    ///
    /// # Errors
    /// When it is damaged or of another log.
    pub(crate) fn read_own(path: &Path, log: Option<Uuid>) -> Result<Self, KeyError> {
        let (_, chain) = read_whole(path, log)?;
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

/// Reads the lines that were written completely.
fn read_whole(path: &Path, log: Option<Uuid>) -> Result<(OneCopy, Chain), KeyError> {
    let mut copy = OneCopy::read(path)?;
    cut_torn_batch(&mut copy)?;
    let chain = Chain::read(&copy, log)?;
    Ok((copy, chain))
}

/// Cuts off the lines of a last batch from the first one that a power cut left with holes, which read as zeros. Behind
/// a hole there may be whole lines: they are of that batch if one event says all of them, and somebody whom it erases
/// has no line. Otherwise a hole before them is damage to what was durable, and stays to be named.
fn cut_torn_batch(copy: &mut OneCopy) -> Result<(), KeyError> {
    let Some(hole) = copy.lines.iter().position(|byte| *byte == 0) else { return Ok(()) };
    let (before, from_hole) = copy.lines.split_at(start_of_line(&copy.lines, hole));
    let without_hole = from_hole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty() && !line.contains(&0));
    let Ok(behind) = without_hole.map(parse).collect::<Result<Vec<Line>, String>>() else { return Ok(()) };
    if let Some(line) = behind.first() {
        let before = OneCopy { path: copy.path.clone(), lines: before.to_vec(), is_torn: false };
        let known = Chain::read(&before, None)?.lines;
        let has_line = |subject: &SubjectId| known.iter().chain(&behind).any(|line| line.subject == subject.0);
        let is_complete = line.fact.erased.as_slice().iter().all(has_line);
        if is_complete || !behind.iter().all(|other| other.is_of_one_event(line)) {
            return Ok(());
        }
    }
    let size = before.len();
    copy.lines.truncate(size);
    copy.is_torn = true;
    Ok(())
}

/// Reads a line, without its line feed.
fn parse(text: &[u8]) -> Result<Line, String> {
    serde_json::from_str(&checked_line::decode(text)?).map_err(|error| error.to_string())
}

/// Lines that follow one another.
#[derive(Debug, Default)]
struct Chain {
    lines: Vec<Line>,
    hashes: Vec<String>,
    /// Where the lines of the last event begin.
    last_batch: usize,
}

impl Chain {
    fn read(copy: &OneCopy, log: Option<Uuid>) -> Result<Self, KeyError> {
        let (mut chain, mut at) = (Self::default(), 0);
        for text in copy.lines.split_inclusive(|byte| *byte == b'\n') {
            let start = at;
            at += text.len();
            let text = &text[..text.len() - 1];
            let damaged = |reason: String| KeyError::DamagedLedger {
                file: copy.path.clone(),
                line: chain.lines.len() as u64 + 1,
                reason,
            };
            let line = parse(text).map_err(damaged)?;
            if line.previous != chain.hash_after(chain.lines.len()) {
                return Err(damaged("it does not follow the line before".to_owned()));
            }
            if let Some(log) = log.filter(|log| line.log != *log) {
                return Err(damaged(format!("it is about log {}, not {log}", line.log)));
            }
            if chain.lines.last().is_none_or(|last| !last.is_of_one_event(&line)) {
                chain.last_batch = start;
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
