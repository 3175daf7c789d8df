//! Checkpoints that left the log, each kept before it leaves: `log/checkpoints`, one JSON object per line.
//!
//! So the log can always be held against everything that it ever vouched for. The keys are read for every signature:
//! they may be made, and replaced, while the log is open.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use letopis_domain::values::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::tree::LiveTree;
use crate::proof::{Checkpoint, CheckpointError, KeyError, SIGNING_KEYS_FILE, SigningKeys, VerifyingKeys};

/// A checkpoint that cannot be signed.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// There is no key.
    #[error("there is no signing key at {}; 'letopis key generate' makes one", .0.display())]
    NoKey(PathBuf),
    /// The keys cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The name of the log changed.
    #[error("the signing key is of '{found}', but the log has signed as '{known}'")]
    Renamed {
        /// The name of the key.
        found: String,
        /// The name in the checkpoints.
        known: String,
    },
    /// Signing failed.
    #[error("the checkpoint could not be signed: {0}")]
    Sign(CheckpointError),
    /// It could not be kept, and so it must not leave.
    #[error("the checkpoint could not be written to {}: {source}", .file.display())]
    Keep {
        /// The file.
        file: PathBuf,
        /// How it ended.
        source: io::Error,
    },
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    at: Timestamp,
    checkpoint: String,
}

/// The file of kept checkpoints.
pub(super) struct Checkpoints {
    file: PathBuf,
    keys: PathBuf,
    last: Mutex<Option<Checkpoint>>,
}

/// A kept checkpoint and its line, from 1; or what is wrong with the line.
pub(super) type Kept = (usize, Result<Checkpoint, String>);

impl Checkpoints {
    /// Opens the file. A line that a crash left unfinished never left the log and is cut.
    pub fn open(file: PathBuf, keys: PathBuf, was_stopped_cleanly: bool) -> io::Result<Self> {
        let bytes = read(&file)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if whole < bytes.len() && !was_stopped_cleanly {
            tracing::warn!(file = %file.display(), "the last checkpoint was not written completely and is cut off; it never left the log");
            let opened = File::options().write(true).open(&file)?;
            opened.set_len(whole as u64)?;
            opened.sync_all()?;
        }
        let last = parse(&bytes[..whole]).into_iter().rev().find_map(|(_, read)| read.ok());
        Ok(Self { file, keys, last: Mutex::new(last) })
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The newest.
    pub fn last(&self) -> Option<Checkpoint> {
        self.last.lock().clone()
    }

    /// All of them, oldest first. Their signatures are checked against the public keys, where there are any.
    pub fn all(&self) -> Result<Vec<Kept>, String> {
        let bytes = read(&self.file).map_err(|error| error.to_string())?;
        let keys = VerifyingKeys::load(&self.keys).map_err(|error| error.to_string())?;
        // They are not needed for this, but must be good when they are.
        SigningKeys::load(&self.keys).map_err(|error| error.to_string())?;
        let check = |checkpoint: Checkpoint| {
            if keys.is_empty() {
                return Ok(checkpoint);
            }
            Checkpoint::open(checkpoint.note(), &keys).map_err(|error| error.to_string())
        };
        Ok(parse(&bytes).into_iter().map(|(line, read)| (line, read.and_then(check))).collect())
    }

    /// Signs the tree and keeps the checkpoint. When nothing changed since the last one, it is that one again.
    pub fn issue(&self, tree: &LiveTree, now: Timestamp) -> Result<Checkpoint, IssueError> {
        let keys = self.signing_keys()?;
        let mut last = self.last.lock();
        // Under the lock, so that sizes never decrease along the file.
        let head = tree.head();
        if let Some(known) = last.as_ref().filter(|last| last.origin() != keys.origin()) {
            return Err(IssueError::Renamed { found: keys.origin().to_owned(), known: known.origin().to_owned() });
        }
        // Signatures are deterministic, so that only another tree or another key makes another checkpoint.
        let checkpoint = Checkpoint::sign(&keys, head.size, head.root).map_err(IssueError::Sign)?;
        if last.as_ref() != Some(&checkpoint) {
            self.keep(&checkpoint, now).map_err(|source| IssueError::Keep { file: self.file.clone(), source })?;
            *last = Some(checkpoint.clone());
        }
        Ok(checkpoint)
    }

    /// Issues one where there is a key and something was appended since the last one. A failure is only told.
    pub fn issue_when_due(&self, tree: &LiveTree, now: Timestamp) {
        let known = self.last.lock().as_ref().map_or(0, Checkpoint::size);
        if known == tree.head().size {
            return;
        }
        match self.issue(tree, now) {
            Ok(_) | Err(IssueError::NoKey(_)) => {}
            Err(error) => tracing::error!(%error, "no checkpoint was made of the event log"),
        }
    }

    /// The keys that sign now.
    pub fn signing_keys(&self) -> Result<SigningKeys, IssueError> {
        SigningKeys::load(&self.keys)?.ok_or_else(|| IssueError::NoKey(self.keys.join(SIGNING_KEYS_FILE)))
    }

    fn keep(&self, checkpoint: &Checkpoint, at: Timestamp) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Line { at, checkpoint: checkpoint.note().to_owned() })?;
        line.push(b'\n');
        let is_first = !self.file.exists();
        let mut file = File::options().create(true).append(true).open(&self.file)?;
        let before = file.metadata()?.len();
        if let Err(error) = file.write_all(&line).and_then(|()| file.sync_all()) {
            // What was not kept must not look as if it were; the next opening would cut half a line as well.
            let _ = file.set_len(before);
            return Err(error);
        }
        match self.file.parent() {
            Some(folder) if is_first => File::open(folder)?.sync_all(),
            _ => Ok(()),
        }
    }
}

fn parse(bytes: &[u8]) -> Vec<Kept> {
    let lines = (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n'));
    let read = |line: &[u8]| {
        let whole = line.strip_suffix(b"\n").ok_or("it is not finished")?;
        let line: Line = serde_json::from_slice(whole).map_err(|error| error.to_string())?;
        Checkpoint::read(&line.checkpoint).map_err(|error| error.to_string())
    };
    lines.map(|(number, line)| (number, read(line))).collect()
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}
