//! How a log is run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::faults::Faults;
use crate::keys::{MASTER_KEY_FILE, Place};

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
    /// A second place for the ledger of erasures and the kept checkpoints, which outlives data folder and key store;
    /// none = there is none.
    pub ledger: Option<PathBuf>,
    /// Whether the log comes from a backup: then a ledger that lacks an erasure which log or keys know is refused.
    pub is_restoring: bool,
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
            ledger: None,
            is_restoring: false,
            checkpoint_interval: Duration::from_hours(1),
            faults: Faults::default(),
        }
    }
}

impl Options {
    /// The folder of the keys of the log in a data folder.
    pub fn key_folder(&self, root: &Path) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| root.join("keys"))
    }

    /// The file of the master key of the log in a data folder.
    pub fn master_key_file(&self, root: &Path) -> PathBuf {
        self.master_key.clone().unwrap_or_else(|| self.key_folder(root).join(MASTER_KEY_FILE))
    }

    /// Where the keys of the log in a data folder are.
    pub(crate) fn place_of_keys(&self, root: &Path) -> Place {
        let (folder, master_key) = (self.key_folder(root), self.master_key_file(root));
        Place { folder, master_key, ledger: self.ledger.clone(), is_restoring: self.is_restoring }
    }
}
