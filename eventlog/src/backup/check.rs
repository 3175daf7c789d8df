//! Reads the files of a backup again and holds them against the checksums that were taken while they were copied.
//!
//! The engine writes one text file per backup, `meta/<id>`: some header lines, and one line per file with its path, the
//! word `crc32` and the CRC32C in decimal.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::BackupError;
use super::checkpoints_file;
use super::error::failed;
use super::take::remembered;

const READ_SIZE_BYTES: usize = 1 << 20;

/// Checks every file of a backup.
pub(super) fn check(folder: &Path, id: u32) -> Result<(), BackupError> {
    let remembered = remembered(folder, id)?;
    checkpoints_file::read(folder, id, remembered.checkpoints.as_deref())?;
    let meta = folder.join("meta").join(id.to_string());
    let text = fs::read_to_string(&meta).map_err(failed("reading", &meta))?;
    let mut checked = 0;
    for (path, stored) in text.lines().filter_map(entry) {
        let file = folder.join(path);
        let damaged = |what: String| BackupError::Damaged { id, file: file.clone(), what };
        let stored = stored.ok_or_else(|| damaged("has no checksum".to_owned()))?;
        let found = checksum(&file).map_err(|error| damaged(format!("cannot be read: {error}")))?;
        if found != stored {
            return Err(damaged(format!("has the checksum {found}, and {stored} was written")));
        }
        checked += 1;
    }
    if checked == 0 {
        return Err(BackupError::Damaged { id, file: meta, what: "names no files".to_owned() });
    }
    Ok(())
}

/// Path and checksum of a line that names a file.
fn entry(line: &str) -> Option<(&str, Option<u32>)> {
    let (path, rest) = line.split_once(' ')?;
    let is_file = ["shared/", "shared_checksum/", "private/"].iter().any(|folder| path.starts_with(folder));
    let checksum = rest.split(' ').skip_while(|word| *word != "crc32").nth(1);
    is_file.then(|| (path, checksum.and_then(|checksum| checksum.parse().ok())))
}

fn checksum(file: &Path) -> std::io::Result<u32> {
    let mut file = File::open(file)?;
    let mut buffer = vec![0; READ_SIZE_BYTES];
    let mut checksum = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(checksum);
        }
        checksum = crc32c::crc32c_append(checksum, &buffer[..read]);
    }
}
