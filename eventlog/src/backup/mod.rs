//! Backups of a log: taken while it is in use, incremental, checked after writing; and the way back.
//!
//! A backup folder holds any number of backups of one log, which share the table files that they have in common. Only
//! records are backed up: everything else is derived from them. The keys of data subjects are a set of their own, in
//! another place.

mod check;
mod checkpoints_file;
mod contradiction;
mod erasures;
mod error;
mod portable;
mod prune;
mod restore;
mod take;

pub use error::BackupError;
pub use portable::{PortableError, PortableSummary};
pub use restore::{Restore, Restored, Source};
pub use take::{BackupInfo, list};

#[cfg(test)]
mod tests;
