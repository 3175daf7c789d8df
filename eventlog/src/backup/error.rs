//! Why a backup cannot be taken, or not be brought back.

use std::io;
use std::path::PathBuf;

use letopis_domain::ids::Position;
use uuid::Uuid;

use super::PortableError;
use crate::keys::KeyError;
use crate::rocks::{OpenError, Problem};

/// Why a backup cannot be taken, or not be brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The backup folder cannot be used.
    #[error("the backup folder cannot be used: {what} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// How it ended.
        source: io::Error,
    },
    /// Somebody else is at work in it.
    #[error("another backup to {} is under way", .0.display())]
    InUse(PathBuf),
    /// The storage engine failed.
    #[error("the backup failed: {0}")]
    Storage(String),
    /// A file is not what was written.
    #[error("backup {id} is damaged: {} {what}", .file.display())]
    Damaged {
        /// Which backup.
        id: u32,
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// There is none, or not this one.
    #[error("{} holds no {}", .folder.display(), .id.map_or_else(|| "backup".to_owned(), |id| format!("backup {id}")))]
    Missing {
        /// The backup folder.
        folder: PathBuf,
        /// Which one was wanted; none = the newest.
        id: Option<u32>,
    },
    /// Something is there already.
    #[error("{} is not empty; restore into a new folder", .0.display())]
    NotEmpty(PathBuf),
    /// Another process has the data folder.
    #[error("the data folder {} is in use by another process", .0.display())]
    DataInUse(PathBuf),
    /// No ledger was named.
    #[error(
        "name the ledger of erasures (--ledger): without it people who were erased since the backup would come back; where none was kept apart, name the newest copy of the file 'erasures' of the key folder"
    )]
    WithoutLedger,
    /// There are no keys.
    #[error("there are no keys at {}: name a set of keys to bring back (--keys-from), or where the keys are (--keys)", .0.display())]
    WithoutKeys(PathBuf),
    /// There are keys already.
    #[error("there are keys at {} already: leave --keys-from out to go on with them, or move them away", .0.display())]
    KeysThere(PathBuf),
    /// The folder is that of another log.
    #[error("the backups in {} are of log {backups}, this is log {log}; name a folder of its own", .folder.display())]
    OtherLog {
        /// The backup folder.
        folder: PathBuf,
        /// The log whose backups are in it.
        backups: Uuid,
        /// This log.
        log: Uuid,
    },
    /// The keys are of another log.
    #[error("the keys in {} are of log {keys}, the backup is of log {log}", .folder.display())]
    OtherKeys {
        /// Where they are.
        folder: PathBuf,
        /// Their log.
        keys: Uuid,
        /// That of the backup.
        log: Uuid,
    },
    /// The keys are older than the records.
    #[error(
        "the set of keys {} was copied at position {keys}, before the backup at position {backup}: whoever became known in between could not be read; take a newer set",
        .folder.display()
    )]
    OlderKeys {
        /// Where they are.
        folder: PathBuf,
        /// The head when they were copied.
        keys: Position,
        /// The head of the backup.
        backup: Position,
    },
    /// A checkpoint that left the log says something else.
    #[error(
        "auditors hold a checkpoint that this log would contradict: {contradiction}; restore a newer backup, or, to go on without the records that are lost, say --contradict-checkpoints with a new name for the log, under which it signs from then on"
    )]
    Contradicted {
        /// How.
        contradiction: String,
    },
    /// There is nothing that would be contradicted.
    #[error("no checkpoint that left the log covers more than the backup: leave --contradict-checkpoints out")]
    NothingContradicted,
    /// A log that contradicts its checkpoints cannot keep its name.
    #[error("a log that contradicts its checkpoints cannot go on as '{0}': choose another name")]
    SameName(String),
    /// The name or the keys cannot be used.
    #[error(transparent)]
    SigningKeys(#[from] crate::proof::KeyError),
    /// Keys or ledger cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// What was brought back does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What was brought back is damaged.
    #[error("the restored log is damaged {0}")]
    Found(Problem),
    /// The erasures could not be applied.
    #[error("the erasures of the ledger could not be recorded: {0}")]
    Erasures(String),
    /// A portable file that cannot be brought back.
    #[error(transparent)]
    Portable(#[from] PortableError),
}

pub(super) fn failed(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.into();
    move |source| BackupError::Io { what, path, source }
}

pub(super) fn storage(error: rust_rocksdb::Error) -> BackupError {
    BackupError::Storage(error.into_string())
}
