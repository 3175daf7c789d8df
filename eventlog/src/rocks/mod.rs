//! The log on RocksDB.
//!
//! `records` holds the frames and is the truth; `index` is derived from it: `tail` in memory for the newest
//! positions, posting blocks on disk for the rest. `append` is the caller's side of an append and `sequencer`
//! the other; `search` answers queries; `open` brings a folder up and `verify` checks it.

mod append;
mod checkpointer;
mod checkpoints;
mod cursor;
mod derive;
mod files;
mod folder;
mod index;
mod indexer;
mod keys;
mod open;
mod pass;
mod postings;
mod proving;
mod records;
mod rocks_log;
mod search;
mod sequencer;
mod shared;
mod tail;
mod tree;
mod verify;
mod wal;

pub use checkpoints::IssueError;
pub use folder::FolderError;
pub use open::OpenError;
pub use proving::{Export, ProofError, Prover};
pub use rocks_log::{CloseError, Faults, Options, RocksLog};
pub use tree::TreeError;
pub use verify::{Problem, Verification};

pub(crate) use records::storage_error;

#[cfg(test)]
mod tests;
