//! A file that is written for somebody who asked: only its owner may read it, and it appears whole or not at all.
//!
//! A server writes it where a client says. So nothing that is there is followed or overwritten, unless that is asked for.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

/// Where a file is to be written.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct NewFile {
    /// Its absolute path.
    pub path: PathBuf,
    /// Whether one that is there gives way.
    pub may_replace: bool,
}

impl NewFile {
    /// Writes it.
    ///
    /// # Errors
    /// When something of that name is there and may not be replaced, or `write` fails.
    pub fn write<T>(&self, write: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let (path, unfinished) = (&self.path, self.unfinished());
        let failed = || format!("failed to write {}", path.display());
        self.check()?;
        if self.may_replace {
            remove(&unfinished).with_context(failed)?;
        }
        // Whatever has this name, a link as well, is not opened.
        let file = File::options().write(true).create_new(true).mode(0o600).open(&unfinished);
        let file = file.with_context(|| {
            format!("failed to create {}; remove it if no export is under way, or say --force", unfinished.display())
        })?;
        let mut out = BufWriter::new(file);
        let written = write(&mut out).and_then(|written| {
            out.flush().with_context(failed)?;
            out.get_ref().sync_all().with_context(failed)?;
            self.put_in_place(&unfinished).with_context(failed)?;
            Ok(written)
        });
        if written.is_err() {
            // What went wrong is told already; a leftover is only untidy.
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    /// Refuses what may not be replaced.
    ///
    /// # Errors
    /// When something of that name is there.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if !self.may_replace && self.path.symlink_metadata().is_ok() {
            bail!("{} is there already; say --force to replace it", self.path.display());
        }
        Ok(())
    }

    /// Gives the file its name. A link to it is made where nothing may be replaced: a rename would replace what came
    /// meanwhile.
    fn put_in_place(&self, unfinished: &Path) -> io::Result<()> {
        if self.may_replace {
            fs::rename(unfinished, &self.path)?;
        } else {
            fs::hard_link(unfinished, &self.path)?;
            fs::remove_file(unfinished)?;
        }
        self.path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }

    fn unfinished(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".unfinished");
        PathBuf::from(name)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn write(file: &NewFile, text: &str) -> anyhow::Result<()> {
        file.write(|out| Ok(out.write_all(text.as_bytes())?))
    }

    #[test]
    fn only_the_owner_reads_it_and_what_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export");
        let file = NewFile { path: path.clone(), may_replace: false };
        write(&file, "first").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = write(&file, "second").unwrap_err();
        assert!(refused.to_string().contains("--force"), "{refused:#}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        write(&NewFile { may_replace: true, ..file }, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
    }

    #[test]
    fn no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, victim) = (folder.path().join("export"), folder.path().join("victim"));
        fs::write(&victim, "precious").unwrap();
        let file = NewFile { path: path.clone(), may_replace: false };
        symlink(&victim, file.unfinished()).unwrap();
        assert!(write(&file, "export").is_err());
        fs::remove_file(file.unfinished()).unwrap();
        symlink(&victim, &path).unwrap();
        assert!(write(&file, "export").is_err());
        write(&NewFile { may_replace: true, ..file }, "export").unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious", "the link gave way, not what it led to");
        assert_eq!(fs::read_to_string(&path).unwrap(), "export");
    }

    #[test]
    fn what_could_not_be_written_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = NewFile { path: folder.path().join("export"), may_replace: false };
        let broken: anyhow::Result<()> = file.write(|out| {
            out.write_all(b"half")?;
            anyhow::bail!("it broke")
        });
        assert!(broken.is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
