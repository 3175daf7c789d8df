//! Removing old backups.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use super::error::{failed, storage};
use super::take::{check_log, engine, lock, remembered};
use super::{BackupError, checkpoints_file, list};
use crate::rocks::RocksLog;

impl RocksLog {
    /// Removes all backups of a folder but the newest `keep`, and the files that only they used; the numbers of those
    /// that were removed.
    ///
    /// # Errors
    /// When the folder is none of backups, one of them is of another log, a backup to it is under way, or something cannot
    /// be removed.
    pub fn prune_backups(&self, folder: &Path, keep: NonZeroUsize) -> Result<Vec<u32>, BackupError> {
        // What is no backup folder gets no lock.
        list(folder)?;
        let _lock = lock(folder)?;
        let all = list(folder)?;
        let known = all.iter().map(|info| remembered(folder, info.id)).collect::<Result<Vec<_>, _>>()?;
        known.iter().try_for_each(|known| check_log(folder, known, self.id()))?;
        let count = all.len().saturating_sub(keep.get());
        if count == 0 {
            return Ok(Vec::new());
        }
        let named: BTreeSet<_> = known.iter().skip(count).filter_map(|known| known.checkpoints.as_ref()).collect();
        engine(folder)?.purge_old_backups(keep.get()).map_err(storage)?;
        for copy in checkpoints_file::all(folder)? {
            if !named.iter().any(|name| copy.ends_with(name)) {
                fs::remove_file(&copy).map_err(failed("removing", &copy))?;
            }
        }
        Ok(all.iter().take(count).map(|info| info.id).collect())
    }
}
