//! The log on RocksDB.
//!
//! `records` holds the frames and the `tree` over them, and is the truth; `index` is derived from it: `tail` in memory
//! for the newest positions, posting blocks on disk for the rest; `lookups` and `lookup_rows` are its part about people.
//! `append` is the caller's side of an append and `sequencer` the other; `erasure` is what an erasure does to all of
//! them; `search` answers queries; `open` brings a folder up, `verify` checks it, and `proving` proves it to others.

mod append;
mod certify;
mod checkpointer;
mod checkpoints;
mod cursor;
mod derive;
mod erasure;
mod faults;
mod files;
mod folder;
mod index;
mod indexer;
mod keys;
mod lookup_rows;
mod lookups;
mod open;
mod open_keys;
mod options;
mod pass;
mod personal_check;
mod postings;
mod proving;
mod raw;
mod records;
mod rewrap;
mod rocks_log;
mod search;
mod sequencer;
mod shared;
mod slots_used;
mod tail;
mod tree;
mod verify;
mod wal;

pub use certify::{Certified, CertifyError};
pub use checkpoints::IssueError;
pub use faults::{Crash, CrashPoint, Faults};
pub use folder::FolderError;
pub use open::OpenError;
pub use options::Options;
pub use proving::{Export, ProofError, Prover};
pub use raw::RawError;
pub use rewrap::{MasterKeys, RewrapError, Rewrapped, rewrap};
pub use rocks_log::{CloseError, RocksLog};
pub use tree::TreeError;
pub use verify::{Problem, Verification};

pub(crate) use checkpoints::beside;
pub(crate) use folder::UNFINISHED_RESTORE;
pub(crate) use raw::RawWriter;
pub(crate) use records::storage_error;

#[cfg(test)]
mod tests;
