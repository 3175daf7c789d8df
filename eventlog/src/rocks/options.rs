//! How a log is run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::faults::Faults;
use crate::keys::Place;

/// How a log is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Memory for blocks of records and index, in bytes.
    pub block_cache_bytes: usize,
    /// Events whose postings are gathered in memory before they go to disk: more make a smaller index, cost
    /// about 250 bytes each and have to be derived again after a crash.
    pub generation_events: u64,
    /// Whether the tables of the index are compressed. Only in tables that are not does a search for bytes find all
    /// that is there: zstd codes literals by the bit.
    pub is_compressed: bool,
    /// Whether a folder that is missing is created.
    pub may_create: bool,
    /// The folder of the key store and of the signing keys; none = `keys` in the data folder.
    pub keys: Option<PathBuf>,
    /// The file of the master key; none = `master.key` in the folder of the key store.
    pub master_key: Option<PathBuf>,
    /// How often a checkpoint is signed while the log grows.
    pub checkpoint_interval: Duration,
    /// Misbehavior on purpose, for tests of the tests.
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            block_cache_bytes: 256 << 20,
            generation_events: 128 << 10,
            is_compressed: true,
            may_create: true,
            keys: None,
            master_key: None,
            checkpoint_interval: Duration::from_hours(1),
            faults: Faults::default(),
        }
    }
}

impl Options {
    /// Where the keys of the log in a data folder are.
    pub(super) fn place_of_keys(&self, root: &Path) -> Place {
        let folder = self.keys.clone().unwrap_or_else(|| root.join("keys"));
        let master_key = self.master_key.clone().unwrap_or_else(|| folder.join("master.key"));
        Place { folder, master_key }
    }
}
