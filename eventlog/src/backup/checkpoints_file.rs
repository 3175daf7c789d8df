//! The kept checkpoints in a backup folder: a file named by its hash, which the backups that have the same share.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::BackupError;
use super::error::failed;

/// Keeps a copy of the checkpoints, durably, and gives its name; none when there are none.
pub(super) fn keep(folder: &Path, checkpoints: &[u8]) -> Result<Option<String>, BackupError> {
    if checkpoints.is_empty() {
        return Ok(None);
    }
    let name = blake3::hash(checkpoints).to_hex().to_string();
    let path = path(folder, &name);
    let home = path.parent().unwrap_or(folder);
    fs::create_dir_all(home).map_err(failed("creating", home))?;
    let new = home.join("new");
    let mut file = File::create(&new).map_err(failed("creating", &new))?;
    file.write_all(checkpoints).and_then(|()| file.sync_all()).map_err(failed("writing", &new))?;
    fs::rename(&new, &path).map_err(failed("renaming", &new))?;
    let sync = |folder: &Path| File::open(folder).and_then(|folder| folder.sync_all());
    sync(home).and_then(|()| sync(folder)).map_err(failed("syncing", home))?;
    Ok(Some(name))
}

/// Reads the copy that a backup names, and holds it against its name.
pub(super) fn read(folder: &Path, id: u32, name: Option<&str>) -> Result<Vec<u8>, BackupError> {
    let Some(name) = name else { return Ok(Vec::new()) };
    let file = path(folder, name);
    let damaged = |what: String| BackupError::Damaged { id, file: file.clone(), what };
    let bytes = fs::read(&file).map_err(|error| damaged(format!("cannot be read: {error}")))?;
    if blake3::hash(&bytes).to_hex().as_str() != name {
        return Err(damaged("is not what was written".to_owned()));
    }
    Ok(bytes)
}

/// All copies in the folder.
pub(super) fn all(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let home = path(folder, "");
    match fs::read_dir(&home) {
        Ok(entries) => Ok(entries.flatten().map(|entry| entry.path()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed("reading", home)(error)),
    }
}

fn path(folder: &Path, name: &str) -> PathBuf {
    folder.join("checkpoints").join(name)
}
