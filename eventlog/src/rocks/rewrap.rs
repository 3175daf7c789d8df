//! Replacing the master key of a log that nobody uses.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::{Folder, FolderError};
use super::open::OpenError;
use super::options::Options;
use super::rocks_log::{CloseError, RocksLog};
use crate::environment::Environment;
use crate::keys::{KeyError, Rewrap};

/// A master key that could not be replaced. The old one is good, unless it says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum RewrapError {
    /// The log does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The log does not close.
    #[error(transparent)]
    Close(#[from] CloseError),
    /// The folder cannot be held.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Somebody came in between.
    #[error("another process has used the data folder {} meanwhile; stop it, and try again", .0.display())]
    Used(PathBuf),
    /// The keys cannot be wrapped anew.
    #[error(transparent)]
    Keys(#[from] KeyError),
}

/// The files of a replacement.
#[derive(Clone, Copy, Debug)]
pub struct MasterKeys<'a> {
    /// The new key; it is drawn there if there is none, and stays there as well.
    pub new: &'a Path,
    /// Where the old key is copied to before anything is decided: every set of keys that was copied before needs it.
    pub old_to: &'a Path,
}

/// A master key that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrapped {
    /// How many keys of people it wraps, besides the secret of the log.
    pub keys: u64,
    /// Where it is: in the place of the old one.
    pub master_key: PathBuf,
}

/// Wraps every key of a log by another master key, which takes the place of the old one. The log is opened and closed
/// first, so that log and keys are known to fit, and nothing is left to be finished. A crash leaves the old master key or
/// the new one, with the keys that it wraps: the next opening finishes or drops what was begun.
///
/// # Errors
/// When the log is in use, does not open, something cannot be read or written, or a file is a symbolic link, which would
/// be replaced and not what it leads to.
pub fn rewrap(
    folder: &Path,
    env: Arc<dyn Environment>,
    options: &Options,
    master_keys: MasterKeys<'_>,
) -> Result<Rewrapped, RewrapError> {
    let options = Options { may_create: false, ..options.clone() };
    let log = RocksLog::open(folder, env, &options)?;
    log.close()?;
    drop(log);
    let held = Folder::hold(folder, false)?;
    if held.read_clean_stop()?.is_none() {
        return Err(RewrapError::Used(folder.to_owned()));
    }
    let place = options.place_of_keys(folder);
    let keys = Rewrap { place: &place, new_master_key: master_keys.new, old_master_key_to: master_keys.old_to }
        .run(&mut |_| Ok(()))?;
    Ok(Rewrapped { keys, master_key: place.master_key })
}
