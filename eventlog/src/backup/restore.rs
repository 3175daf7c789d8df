//! Bringing a backup back into a new data folder.

use std::fs;
use std::io;
use std::path::Path;

use rust_rocksdb::backup::RestoreOptions;

use super::error::{failed, storage};
use super::take::engine;
use super::{BackupError, BackupInfo, check, list};

/// A backup that was brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Which one.
    pub backup: BackupInfo,
}

/// Brings the records of a backup back into a data folder that holds no log; none = the newest backup. Its files are
/// checked before and while they are copied. Everything derived from the records is derived when the log is opened.
///
/// # Errors
/// When there is no such backup, it is damaged, or the folder holds a log.
pub fn restore(folder: &Path, id: Option<u32>, data: &Path) -> Result<Restored, BackupError> {
    let backups = list(folder)?;
    let wanted = match id {
        None => backups.last(),
        Some(id) => backups.iter().find(|backup| backup.id == id),
    };
    let missing = || BackupError::Missing { folder: folder.to_owned(), id };
    let backup = *wanted.ok_or_else(missing)?;
    check::check(folder, backup.id)?;
    let log = data.join("log");
    refuse_contents(&log)?;
    refuse_contents(&data.join("views"))?;
    let records = log.join("records");
    fs::create_dir_all(&records).map_err(failed("creating", &records))?;
    let options = RestoreOptions::default();
    engine(folder)?.restore_from_backup(&records, &records, &options, backup.id).map_err(storage)?;
    sync(&records).and_then(|()| sync(&log)).and_then(|()| sync(data)).map_err(failed("syncing", data))?;
    Ok(Restored { backup })
}

fn refuse_contents(folder: &Path) -> Result<(), BackupError> {
    let count = match fs::read_dir(folder) {
        Ok(entries) => entries.count(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(failed("reading", folder)(error)),
    };
    if count == 0 { Ok(()) } else { Err(BackupError::NotEmpty(folder.to_owned())) }
}

/// Syncs the files of a folder and the folder itself.
fn sync(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            fs::File::open(path)?.sync_all()?;
        }
    }
    fs::File::open(folder)?.sync_all()
}
