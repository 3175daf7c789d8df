//! A little program that syncs some of what it writes and not the rest: the shim itself is proved with it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Size of what is written.
pub const SIZE: usize = 5_000;

/// Bytes that systems write at once.
pub const PAGE: usize = 4_096;

/// Writes the first page of a file that an earlier probe has written, and syncs it.
pub fn write_again(folder: &Path) -> io::Result<()> {
    let mut file = File::options().write(true).open(folder.join("synced"))?;
    file.write_all(&[b'n'; PAGE])?;
    file.sync_data()
}

/// Writes files that are synced in different degrees; their names say how.
pub fn write(folder: &Path) -> io::Result<()> {
    let old = vec![b'o'; SIZE];
    let new = vec![b'n'; SIZE];
    let sync_folder = || File::open(folder)?.sync_all();
    for name in ["synced", "appended", "overwritten", "truncated", "moved", "replacing", "replaced", "removed"] {
        let mut file = File::create(folder.join(name))?;
        file.write_all(&old)?;
        file.sync_data()?;
    }
    let unsynced = File::create(folder.join("unsynced"))?;
    sync_folder()?;
    (&unsynced).write_all(&new)?;
    File::options().append(true).open(folder.join("appended"))?.write_all(&new)?;
    File::options().write(true).open(folder.join("overwritten"))?.write_all(&new)?;
    File::options().write(true).open(folder.join("truncated"))?.set_len(0)?;
    let mut nameless = File::create(folder.join("nameless"))?;
    nameless.write_all(&new)?;
    nameless.sync_all()?;
    fs::rename(folder.join("moved"), folder.join("arrived"))?;
    fs::rename(folder.join("replacing"), folder.join("replaced"))?;
    fs::remove_file(folder.join("removed"))?;
    fs::create_dir(folder.join("folder"))?;
    fs::write(folder.join("folder").join("inside"), &new)
}
