//! Why a backup cannot be taken, or not be brought back.

use std::io;
use std::path::PathBuf;

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
}

pub(super) fn failed(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.into();
    move |source| BackupError::Io { what, path, source }
}

pub(super) fn storage(error: rust_rocksdb::Error) -> BackupError {
    BackupError::Storage(error.into_string())
}
