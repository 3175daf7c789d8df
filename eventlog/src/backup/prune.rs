//! Removing old backups.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use super::error::{failed, storage};
use super::take::{engine, lock, remembered};
use super::{BackupError, checkpoints_file, list};

/// Removes all backups of a folder but the newest `keep`, and the files that only they used; the numbers of those that
/// were removed.
///
/// # Errors
/// When the folder is none of backups, a backup to it is under way, or something cannot be removed.
pub fn prune(folder: &Path, keep: NonZeroUsize) -> Result<Vec<u32>, BackupError> {
    // What is no backup folder gets no lock.
    list(folder)?;
    let _lock = lock(folder)?;
    let before = list(folder)?;
    let (old, kept) = before.split_at(before.len().saturating_sub(keep.get()));
    if old.is_empty() {
        return Ok(Vec::new());
    }
    let named = kept.iter().map(|info| Ok(remembered(folder, info.id)?.checkpoints));
    let named = named.collect::<Result<BTreeSet<_>, BackupError>>()?;
    engine(folder)?.purge_old_backups(keep.get()).map_err(storage)?;
    for copy in checkpoints_file::all(folder)? {
        if !named.iter().flatten().any(|name| copy.ends_with(name)) {
            fs::remove_file(&copy).map_err(failed("removing", &copy))?;
        }
    }
    Ok(old.iter().map(|info| info.id).collect())
}
