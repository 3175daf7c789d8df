//! Checkpoints that left the log, each kept before it leaves: `log/checkpoints`, one JSON object per line.
//!
//! So the log can always be held against everything that it ever vouched for. The keys are read for every signature:
//! they may be made, and replaced, while the log is open.

use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use letopis_domain::values::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::faults::{CrashPoint, Faults};
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
    faults: Faults,
    kept: Mutex<State>,
    /// Whether syncs fail, to see it dealt with.
    #[cfg(test)]
    pub is_failing: std::sync::atomic::AtomicBool,
}

/// What is known of the file.
struct State {
    last: Option<Checkpoint>,
    /// Why nothing more is kept.
    failure: Option<String>,
    /// What is behind the last whole line, and must go.
    torn: Option<u64>,
    /// Where the last whole line begins.
    last_line: u64,
}

/// A kept checkpoint and its line, from 1; or what is wrong with the line.
pub(super) type Kept = (usize, Result<Checkpoint, String>);

impl Checkpoints {
    /// Reads the file. A last line that a crash left unfinished never left the log: it has no line feed, or holes that
    /// read as zeros.
    pub fn open(file: PathBuf, keys: PathBuf, was_clean: bool, faults: Faults) -> io::Result<Self> {
        let bytes = read(&file)?;
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let is_torn = |line: &&&[u8]| !was_clean && (!line.ends_with(b"\n") || line.contains(&0));
        let torn = lines.last().filter(is_torn).map(|line| bytes.len() - line.len());
        let whole = torn.unwrap_or(bytes.len());
        let last_line =
            bytes[..whole.saturating_sub(1)].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let last = parse(&bytes[..whole]).into_iter().rev().find_map(|(_, read)| read.ok());
        let (torn, last_line) = (torn.map(|size| size as u64), last_line as u64);
        Ok(Self {
            file,
            keys,
            faults,
            kept: Mutex::new(State { last, failure: None, torn, last_line }),
            #[cfg(test)]
            is_failing: std::sync::atomic::AtomicBool::new(false),
        })
    }

    /// Cuts off what never left the log. After an unclean stop the last line is written anew: the sync of it may have
    /// failed, and then it is in memory and not on disk.
    pub fn settle(&self, was_clean: bool) -> io::Result<()> {
        let mut kept = self.kept.lock();
        if was_clean || !self.file.exists() {
            return Ok(());
        }
        let file = File::options().read(true).write(true).open(&self.file)?;
        if let Some(size) = kept.torn.take() {
            tracing::warn!(file = %self.file.display(), "the last checkpoint was not written completely and is cut off; it never left the log");
            file.set_len(size)?;
        }
        let mut line = Vec::new();
        (&file).seek(io::SeekFrom::Start(kept.last_line))?;
        (&file).read_to_end(&mut line)?;
        file.write_all_at(&line, kept.last_line)?;
        file.sync_all()
    }

    /// Keeps no more. Fails when nobody knows what is on disk.
    pub fn close(&self) -> Result<(), String> {
        let mut kept = self.kept.lock();
        match kept.failure.replace("the log is closed".to_owned()) {
            Some(reason) => Err(reason),
            None => Ok(()),
        }
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The newest.
    pub fn last(&self) -> Option<Checkpoint> {
        self.kept.lock().last.clone()
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
        let mut kept = self.kept.lock();
        // Under the lock, so that sizes never decrease along the file.
        let head = tree.head();
        if let Some(known) = kept.last.as_ref().filter(|last| last.origin() != keys.origin()) {
            return Err(IssueError::Renamed { found: keys.origin().to_owned(), known: known.origin().to_owned() });
        }
        // Signatures are deterministic, so that only another tree or another key makes another checkpoint.
        let checkpoint = Checkpoint::sign(&keys, head.size, head.root).map_err(IssueError::Sign)?;
        if kept.last.as_ref() != Some(&checkpoint) {
            let failed = |source| IssueError::Keep { file: self.file.clone(), source };
            if let Some(reason) = &kept.failure {
                return Err(failed(io::Error::other(reason.clone())));
            }
            self.faults.pass(CrashPoint::CheckpointSigned);
            match self.keep(&checkpoint, now) {
                Ok(()) => {}
                Err(Unkept::Clean(error)) => return Err(failed(error)),
                Err(Unkept::Unknown(error)) => {
                    kept.failure = Some(error.to_string());
                    return Err(failed(error));
                }
            }
            kept.last = Some(checkpoint.clone());
            self.faults.pass(CrashPoint::CheckpointKept);
        }
        Ok(checkpoint)
    }

    /// Issues one where there is a key and something was appended since the last one. A failure is only told.
    pub fn issue_when_due(&self, tree: &LiveTree, now: Timestamp) {
        let known = self.kept.lock().last.as_ref().map_or(0, Checkpoint::size);
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

    fn keep(&self, checkpoint: &Checkpoint, at: Timestamp) -> Result<(), Unkept> {
        let line = Line { at, checkpoint: checkpoint.note().to_owned() };
        let mut line = serde_json::to_vec(&line).map_err(|error| Unkept::Clean(error.into()))?;
        line.push(b'\n');
        let is_first = !self.file.exists();
        let opened = File::options().create(true).append(true).open(&self.file);
        let opened = opened.and_then(|file| Ok((file.metadata()?.len(), file)));
        let (before, mut file) = opened.map_err(Unkept::Clean)?;
        // What was not kept must not look as if it were; the next opening would cut it off as well.
        if let Err(error) = file.write_all(&line) {
            return Err(file.set_len(before).map_or_else(Unkept::Unknown, |()| Unkept::Clean(error)));
        }
        self.sync(&file, is_first).map_err(|error| {
            let _ = file.set_len(before);
            Unkept::Unknown(error)
        })
    }

    fn sync(&self, file: &File, is_first: bool) -> io::Result<()> {
        #[cfg(test)]
        if self.is_failing.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(io::Error::other("it was asked to fail"));
        }
        file.sync_all()?;
        match self.file.parent() {
            Some(folder) if is_first => File::open(folder)?.sync_all(),
            _ => Ok(()),
        }
    }
}

/// A checkpoint that was not kept.
enum Unkept {
    /// The file is as it was.
    Clean(io::Error),
    /// Nobody knows what is on disk.
    Unknown(io::Error),
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
