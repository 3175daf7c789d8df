//! Checkpoints that left the log, each kept before it leaves: `log/checkpoints`, one JSON object per line, and the same
//! beside the second place of the ledger of erasures, where there is one.
//!
//! So the log can always be held against everything that it ever vouched for. The keys are read for every signature:
//! they may be made, and replaced, while the log is open.

use std::path::{Path, PathBuf};

use letopis_domain::values::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::faults::{CrashPoint, Faults};
use super::tree::LiveTree;
use crate::copies::{Copies, CopiesError, failed, start_of_last_line};
use crate::proof::{
    Checkpoint, CheckpointError, KeyError, KeyId, SIGNING_KEYS_FILE, SigningKeys, VERIFYING_KEYS_FILE, VerifyingKeys,
};

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
        source: CopiesError,
    },
    /// Keeping failed before, and nobody knows what of it is on disk.
    #[error("no more checkpoints are signed since one could not be kept: {0}")]
    Failed(String),
    /// The log is closed.
    #[error("the event log is closed: it signs no more checkpoints")]
    Closed,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    at: Timestamp,
    checkpoint: String,
}

/// The file of kept checkpoints.
pub(super) struct Checkpoints {
    copies: Copies,
    keys: PathBuf,
    /// Whether none is signed unless it is asked for: what is being restored may be given up and begun again.
    is_silent: bool,
    faults: Faults,
    state: Mutex<State>,
    /// Whether syncs fail, to see it dealt with.
    #[cfg(test)]
    pub is_failing: std::sync::atomic::AtomicBool,
    /// How many were signed.
    #[cfg(test)]
    pub signed: std::sync::atomic::AtomicU64,
}

#[derive(Default)]
struct State {
    last: Option<Checkpoint>,
    /// The keys that signed the last one, as far as this process has seen.
    signed_by: Vec<KeyId>,
    keeping: Keeping,
}

/// Whether more are kept.
#[derive(Clone, Default)]
enum Keeping {
    /// They are.
    #[default]
    Open,
    /// Keeping one failed, in this way, and nobody knows what of it is on disk.
    Failed(String),
    /// The log is closed, and all that were kept are durable.
    Closed,
}

impl Keeping {
    fn check(&self) -> Result<(), IssueError> {
        match self {
            Self::Open => Ok(()),
            Self::Failed(reason) => Err(IssueError::Failed(reason.clone())),
            Self::Closed => Err(IssueError::Closed),
        }
    }
}

/// A kept checkpoint and its line, from 1; or what is wrong with the line.
pub(super) type Kept = (usize, Result<Checkpoint, String>);

/// Where checkpoints are kept beside the ledger of erasures.
pub(crate) fn beside(ledger: &Path) -> PathBuf {
    let mut name = ledger.as_os_str().to_owned();
    name.push(".checkpoints");
    PathBuf::from(name)
}

impl Checkpoints {
    /// Opens the file and its copy beside the ledger. A line that a crash left unfinished never left the log and is cut.
    pub fn open(
        file: &Path,
        ledger: Option<&Path>,
        keys: PathBuf,
        was_clean: bool,
        faults: Faults,
    ) -> Result<Self, CopiesError> {
        let copies = Copies::new(file, ledger.map(beside).as_deref());
        let mut found = copies.read()?;
        if was_clean {
            // A clean stop leaves nothing unfinished: it is damage, and `verify` names it.
            for copy in &mut found {
                copy.is_torn = false;
            }
        }
        let lines = copies.reconcile(&found)?;
        let last = parse(&lines).into_iter().rev().find_map(|(_, read)| read.ok());
        Ok(Self {
            copies,
            keys,
            is_silent: false,
            faults,
            state: Mutex::new(State { last, ..State::default() }),
            #[cfg(test)]
            is_failing: std::sync::atomic::AtomicBool::new(false),
            #[cfg(test)]
            signed: std::sync::atomic::AtomicU64::new(0),
        })
    }

    /// After an unclean stop the last line is written anew: the sync of it may have failed, and then it is in memory and
    /// not on disk.
    pub fn settle(&self, was_clean: bool) -> Result<(), CopiesError> {
        if was_clean { Ok(()) } else { self.copies.make_sure(start_of_last_line) }
    }

    /// Keeps no more. Fails when nobody knows what is on disk.
    pub fn close(&self) -> Result<(), String> {
        let mut state = self.state.lock();
        if let Keeping::Failed(reason) = &state.keeping {
            return Err(reason.clone());
        }
        state.keeping = Keeping::Closed;
        Ok(())
    }

    /// Signs none unless it is asked for.
    pub fn silent(self, is_silent: bool) -> Self {
        Self { is_silent, ..self }
    }

    pub fn file(&self) -> &Path {
        self.copies.own()
    }

    /// The newest.
    pub fn last(&self) -> Option<Checkpoint> {
        self.state.lock().last.clone()
    }

    /// The last checkpoint and the file of public keys that is missing, without which nobody can check any.
    pub fn unchecked(&self) -> Result<Option<(Checkpoint, PathBuf)>, KeyError> {
        let lacks_keys = VerifyingKeys::load(&self.keys)?.is_empty();
        let last = self.last().filter(|_| lacks_keys);
        Ok(last.map(|last| (last, self.keys.join(VERIFYING_KEYS_FILE))))
    }

    /// All of them, oldest first. Their signatures are checked against the public keys, which must be there.
    pub fn all(&self) -> Result<Vec<Kept>, String> {
        let bytes = self.bytes().map_err(|error| error.to_string())?;
        let keys = VerifyingKeys::load(&self.keys).map_err(|error| error.to_string())?;
        // They are not needed for this, but must be good when they are.
        SigningKeys::load(&self.keys).map_err(|error| error.to_string())?;
        if keys.is_empty() && !bytes.is_empty() {
            let file = self.keys.join(VERIFYING_KEYS_FILE);
            return Err(format!("the kept checkpoints cannot be checked without the public keys {}", file.display()));
        }
        let check =
            |checkpoint: Checkpoint| Checkpoint::open(checkpoint.note(), &keys).map_err(|error| error.to_string());
        Ok(parse(&bytes).into_iter().map(|(line, read)| (line, read.and_then(check))).collect())
    }

    /// Signs the tree and keeps the checkpoint. When nothing was appended since the last one, it is that one again.
    pub fn issue(&self, tree: &LiveTree, now: Timestamp) -> Result<Checkpoint, IssueError> {
        self.issue_over(tree.head().size, tree, now)
    }

    /// A checkpoint over so many records at least. Those who ask at the same time wait for each other, and share what
    /// the first of them gets.
    pub(super) fn issue_over(&self, size: u64, tree: &LiveTree, now: Timestamp) -> Result<Checkpoint, IssueError> {
        let keys = self.signing_keys()?;
        let mut state = self.state.lock();
        state.keeping.check()?;
        if let Some(last) = state.last.as_ref().filter(|last| last.size() >= size && state.signed_by == keys.ids()) {
            return Ok(last.clone());
        }
        self.issue_next(&keys, &mut state, tree, now)
    }

    fn issue_next(
        &self,
        keys: &SigningKeys,
        state: &mut State,
        tree: &LiveTree,
        now: Timestamp,
    ) -> Result<Checkpoint, IssueError> {
        // Under the lock, so that sizes never decrease along the file.
        let head = tree.head();
        if let Some(known) = state.last.as_ref().filter(|last| last.origin() != keys.origin()) {
            return Err(IssueError::Renamed { found: keys.origin().to_owned(), known: known.origin().to_owned() });
        }
        // Signatures are deterministic: over the same tree the same keys make the same note, byte for byte. So one that
        // an earlier process kept is known again, and one whose signature was damaged since is not.
        let checkpoint = Checkpoint::sign(keys, head.size, head.root).map_err(IssueError::Sign)?;
        #[cfg(test)]
        self.signed.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        if state.last.as_ref() != Some(&checkpoint) {
            self.faults.pass(CrashPoint::CheckpointSigned);
            if let Err(source) = self.keep(&checkpoint, now) {
                if source.is_in_doubt() {
                    state.keeping = Keeping::Failed(source.to_string());
                }
                return Err(IssueError::Keep { file: self.file().to_owned(), source });
            }
            state.last = Some(checkpoint.clone());
            self.faults.pass(CrashPoint::CheckpointKept);
        }
        state.signed_by = keys.ids();
        Ok(checkpoint)
    }

    /// Issues one where there is a key and something was appended since the last one. A failure is only told.
    pub fn issue_when_due(&self, tree: &LiveTree, now: Timestamp) {
        if self.is_silent {
            return;
        }
        let known = self.state.lock().last.as_ref().map_or(0, Checkpoint::size);
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

    /// The keys that its checkpoints are verified with.
    pub fn verifying_keys(&self) -> Result<VerifyingKeys, IssueError> {
        Ok(VerifyingKeys::load(&self.keys)?)
    }

    /// The file as it is.
    pub fn bytes(&self) -> Result<Vec<u8>, CopiesError> {
        let file = self.copies.own();
        match std::fs::read(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read.map_err(failed("reading", file)),
        }
    }

    fn keep(&self, checkpoint: &Checkpoint, at: Timestamp) -> Result<(), CopiesError> {
        let line = Line { at, checkpoint: checkpoint.note().to_owned() };
        let mut line = serde_json::to_vec(&line).map_err(|error| failed("writing", self.file())(error.into()))?;
        line.push(b'\n');
        #[cfg(test)]
        if self.is_failing.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(failed("syncing", self.file())(std::io::Error::other("it was asked to fail")).in_doubt());
        }
        self.copies.append(&line, &|| ())
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
