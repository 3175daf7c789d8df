//! How much room a folder takes on the disk.

use std::fs;
use std::io;
use std::path::Path;

/// Bytes of all files below a folder.
///
/// # Errors
/// When it cannot be read.
pub fn size_of(folder: &Path) -> io::Result<u64> {
    let mut size = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        size += if metadata.is_dir() { size_of(&entry.path())? } else { metadata.len() };
    }
    Ok(size)
}
