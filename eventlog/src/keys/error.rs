//! What can be wrong with a key store, each with the file it is about.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// A key store that cannot be used, or a change of it that failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KeyError {
    /// The file system said no.
    #[error("the key store cannot be used: {what} {}: {reason}", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The log has records, but its keys are not where they should be.
    #[error("the event log has no key store at {}: give the folder where its keys are, or restore it", .0.display())]
    Missing(PathBuf),
    /// Another process has the store.
    #[error("the key store {} is in use by another process; stop it first", .0.display())]
    InUse(PathBuf),
    /// The store belongs to another log.
    #[error("the key store {} belongs to log {store}, not to {log}", .file.display())]
    OtherLog {
        /// The store's file.
        file: PathBuf,
        /// The log that it belongs to.
        store: Uuid,
        /// The log that was opened; nil for one that is new.
        log: Uuid,
    },
    /// The file of the master key holds none.
    #[error("the master key {} cannot be read: {reason}", .file.display())]
    UnreadableMasterKey {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The master key opens nothing in the store.
    #[error("the master key {} does not fit the key store {}", .master_key.display(), .file.display())]
    WrongMasterKey {
        /// The master key's file.
        master_key: PathBuf,
        /// The store's file.
        file: PathBuf,
    },
    /// The header of the store is not one.
    #[error("the header (slot 0) of the key store {} is damaged: {reason}", .file.display())]
    DamagedHeader {
        /// The store's file.
        file: PathBuf,
        /// How it was noticed.
        reason: &'static str,
    },
    /// The records know of keys that the store never had.
    #[error(
        "the key store {} is older than the log: it has {has} slots, but the log was written with {needed}; restore its newest copy",
        .file.display()
    )]
    Outdated {
        /// The store's file.
        file: PathBuf,
        /// The slots in use, with the header.
        has: u32,
        /// What the log says.
        needed: u32,
    },
    /// A slot of the store cannot be read.
    #[error("slot {slot} of the key store {} is damaged: {reason}", .file.display())]
    DamagedSlot {
        /// The store's file.
        file: PathBuf,
        /// The slot, counted from the header, which is 0.
        slot: u32,
        /// How it was noticed.
        reason: &'static str,
    },
    /// A line of the ledger of erasures cannot be read, or does not follow the one before.
    #[error("line {line} of the ledger of erasures {} is damaged: {reason}", .file.display())]
    DamagedLedger {
        /// The ledger.
        file: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// How it was noticed.
        reason: String,
    },
    /// There is no randomness for a key.
    #[error("no key can be made: {0}")]
    Random(String),
    /// A write failed before: nobody knows what of it is on disk.
    #[error("the key store takes no more changes since a write failed: {0}")]
    Failed(String),
    /// Every slot number is in use.
    #[error("the key store is full")]
    Full,
    /// The log is closing.
    #[error("the key store is closed")]
    Closed,
}

/// Names what was tried on which file.
pub(super) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |error| KeyError::Io { what, path, reason: error.to_string() }
}
