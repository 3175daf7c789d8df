//! What can be wrong with a key store, each with the file it is about.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::copies::CopiesError;

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
    #[error("the event log has no key store at {}: say where its keys are (--keys), or restore them", .0.display())]
    Missing(PathBuf),
    /// Another process has the store.
    #[error("the key store {} is in use by another process; stop it first", .0.display())]
    InUse(PathBuf),
    /// The store belongs to another log.
    #[error("the key store {} belongs to log {store}, not to {}", .file.display(), whose(*.log))]
    OtherLog {
        /// The store's file.
        file: PathBuf,
        /// The log that it belongs to.
        store: Uuid,
        /// The log that was opened; nil for one that is new.
        log: Uuid,
    },
    /// The file of the master key holds none.
    #[error("the master key {} cannot be read: {reason}; say where it is (--master-key)", .file.display())]
    UnreadableMasterKey {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The master key opens nothing in the store.
    #[error(
        "the master key {} does not fit the key store {}; if a replacement of it was interrupted, the one that fits is in the file that was named for the new key then",
        .master_key.display(),
        .file.display()
    )]
    WrongMasterKey {
        /// The master key's file.
        master_key: PathBuf,
        /// The store's file.
        file: PathBuf,
    },
    /// A master key was to be replaced by itself.
    #[error(
        "the keys are wrapped by the master key {} already: name the file of another one, or one that does not exist, where a new key is drawn",
        .0.display()
    )]
    SameMasterKey(PathBuf),
    /// There is something else where the copy of the old master key is to be.
    #[error(
        "{} is there and holds something else than the old master key, or is its only place: name a file that does not exist, where it is copied",
        .0.display()
    )]
    NoPlaceForOldMasterKey(PathBuf),
    /// A file that is replaced by renaming is not where its name is.
    #[error("{} is a symbolic link, which would be replaced and not what it leads to: name the real file", .0.display())]
    Linked(PathBuf),
    /// The master key was replaced, and its file was not.
    #[error(
        "the keys are wrapped by the new master key, which lies at {}: it could not be put in the place of {} ({reason}); put it there while nobody uses the log, which opens by it where it lies until then",
        .beside.display(),
        .master_key.display()
    )]
    MasterKeyBeside {
        /// Where it lies.
        beside: PathBuf,
        /// Where it belongs.
        master_key: PathBuf,
        /// What was in the way.
        reason: String,
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
    /// A ledger of erasures is needed, and there is none.
    #[error("there is no ledger of erasures at {}", .0.display())]
    NoLedger(PathBuf),
    /// The last lines of a ledger that was copied are not whole.
    #[error(
        "line {line} of the ledger of erasures {} is not whole: copy the ledger again from where it is kept; if this is its only copy and the machine lost power, that erasure was never answered: remove this line and what follows it",
        .file.display()
    )]
    TornLedger {
        /// The ledger.
        file: PathBuf,
        /// The first line that is not whole, counted from 1.
        line: u64,
    },
    /// A ledger that lacks erasures.
    #[error(
        "the ledger of erasures {} is too old: it has {lines} lines, and {} knows of {known}; give the newest one, or people who were erased would come back",
        .file.display(),
        .of.display()
    )]
    OlderLedger {
        /// The ledger.
        file: PathBuf,
        /// Its lines.
        lines: u64,
        /// Who knows of more.
        of: PathBuf,
        /// Of how many.
        known: u64,
    },
    /// A ledger with another history.
    #[error(
        "the ledger of erasures {} is not the one that {} belongs to: its line {line} is another one",
        .file.display(),
        .of.display()
    )]
    OtherLedger {
        /// The ledger.
        file: PathBuf,
        /// What belongs to another.
        of: PathBuf,
        /// The line, counted from 1.
        line: u64,
    },
    /// Someone was erased of whom the ledger says nothing.
    #[error(
        "the ledger of erasures is too old: {of} was erased as the {by} says, and it has no line about that; give the newest one, or people who were erased would come back"
    )]
    UnknownErasure {
        /// Who.
        of: Uuid,
        /// Who says so.
        by: &'static str,
    },
    /// There is no copy of keys.
    #[error("{} holds no set of keys", .0.display())]
    NoSet(PathBuf),
    /// The folder is that of another log.
    #[error("the sets of keys in {} are of log {sets}, this is log {log}; name a folder of its own", .folder.display())]
    OtherSets {
        /// The folder of sets.
        folder: PathBuf,
        /// The log whose keys are in it.
        sets: Uuid,
        /// This log.
        log: Uuid,
    },
    /// The master key is in no set that would stay.
    #[error(
        "none of the sets of keys that would stay in {} has the master key, and one that would go has it: copy the keys with the master key, or keep more sets",
        .0.display()
    )]
    LastMasterKey(PathBuf),
    /// Checkpoints left the log, and the keys that check them cannot be copied.
    #[error(
        "the checkpoints that left this log cannot be checked ({0}), nor would they be where this set of keys is restored: put checkpoint.pub back, which every older set and every auditor has"
    )]
    UncheckedCheckpoints(String),
    /// A file of a set of keys is not what was copied.
    #[error("the set of keys is damaged: {}: {reason}", .file.display())]
    DamagedSet {
        /// The file.
        file: PathBuf,
        /// How it was noticed.
        reason: String,
    },
    /// The copies of the ledger cannot be used.
    #[error("the ledger of erasures cannot be used: {0}")]
    Copies(#[from] CopiesError),
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

fn whose(log: Uuid) -> String {
    if log.is_nil() { "this log, which is new".to_owned() } else { format!("log {log}, which is in the data folder") }
}

/// Names what was tried on which file.
pub(super) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |error| KeyError::Io { what, path, reason: error.to_string() }
}
