//! The data folder: who holds it, where the log's parts are, and whether the last stop was clean.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use letopis_domain::ids::Position;
use letopis_domain::values::Timestamp;

use crate::tree::Hash;

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has it.
    #[error("the data folder {} is in use by another process (it holds {}); stop it first", .folder.display(), .lock.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The file whose lock is taken.
        lock: PathBuf,
    },
    /// There is none, and none is to be made.
    #[error("there is no data folder at {}", .0.display())]
    Missing(PathBuf),
    /// A restore into it came to no end.
    #[error(
        "a restore into {} was not finished: run it again, or, to begin an empty log there instead, remove {} and, if there is one, the folder of that name in the key folder",
        .folder.display(),
        .unfinished.display()
    )]
    RestoreUnfinished {
        /// The folder.
        folder: PathBuf,
        /// What the restore has left.
        unfinished: PathBuf,
    },
    /// The file system said no.
    #[error("the data folder cannot be used: {what} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// How it ended.
        source: io::Error,
    },
}

/// Where a restore lets a log grow until it is whole, inside the data folder, and keys inside the key folder.
pub(crate) const UNFINISHED_RESTORE: &str = "restore-unfinished";

/// What the log knew when it was closed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct CleanStop {
    /// Its head.
    pub head: Position,
    /// The root of its Merkle tree.
    pub root: Hash,
    /// The latest instant that was asked about; later stamps lie above it.
    pub answered_upto: Timestamp,
}

/// A data folder that this process holds until it is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    _lock: File,
}

impl CleanStop {
    fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.strip_suffix('\n')?.split_once('\n')?;
        let (root, answered) = rest.split_once('\n')?;
        let head = head.strip_prefix("head ")?.parse().ok()?;
        let root = Hash::parse_hash(root.strip_prefix("root ")?).ok()?;
        let answered = answered.strip_prefix("answered ")?.parse().ok()?;
        Some(Self { head, root, answered_upto: Timestamp::from_micros(answered) })
    }
}

impl Folder {
    /// Takes the folder's lock; where it is missing it is created, if it may be. Nothing is begun where a restore has
    /// yet to bring a log: it would be taken for the one that was lost.
    pub fn hold(root: &Path, may_create: bool) -> Result<Self, FolderError> {
        let (log, unfinished) = (root.join("log"), root.join(UNFINISHED_RESTORE));
        let missing = || FolderError::Missing(root.to_owned());
        // Nothing is made in a folder of something else.
        if !may_create && !log.is_dir() && !unfinished.is_dir() {
            return Err(missing());
        }
        fs::create_dir_all(root).map_err(failed("creating", root))?;
        let lock = lock(root)?;
        // Who holds the lock looks: a restore that goes on is in its way, one that was not finished is found.
        if unfinished.is_dir() && !log.join("records").is_dir() {
            return Err(FolderError::RestoreUnfinished { folder: root.to_owned(), unfinished });
        }
        if !log.is_dir() {
            if !may_create {
                return Err(missing());
            }
            fs::create_dir(&log).map_err(failed("creating", &log))?;
            let parent = root.parent().filter(|parent| !parent.as_os_str().is_empty());
            sync_folder(parent.unwrap_or(Path::new(".")))?;
        }
        Ok(Self { root: root.to_owned(), _lock: lock })
    }

    pub fn records(&self) -> PathBuf {
        self.root.join("log").join("records")
    }

    pub fn index(&self) -> PathBuf {
        self.root.join("log").join("index")
    }

    /// The checkpoints that left the log.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("log").join("checkpoints")
    }

    /// Makes the names of the log's folders durable: a file can be synced and yet be lost with the folder it lies in.
    pub fn sync_names(&self) -> Result<(), FolderError> {
        sync_folder(&self.root)?;
        self.sync_log_folder()
    }

    /// Says that everything up to and with the head is in files, none of it in a WAL only. The marker appears whole or
    /// not at all.
    pub fn write_clean_stop(&self, stop: CleanStop) -> Result<(), FolderError> {
        let (path, new) = (self.clean_stop(), self.root.join("log").join("clean-stop.new"));
        let mut file = File::create(&new).map_err(failed("creating", &new))?;
        let CleanStop { head, root, answered_upto } = stop;
        let text = with_checksum(&format!("head {head}\nroot {root}\nanswered {}\n", answered_upto.micros()));
        file.write_all(text.as_bytes()).map_err(failed("writing", &new))?;
        file.sync_all().map_err(failed("syncing", &new))?;
        fs::rename(&new, &path).map_err(failed("renaming", &new))?;
        self.sync_log_folder()
    }

    /// What the last clean stop said; none after an unclean one, and when it is not whole.
    pub fn read_clean_stop(&self) -> Result<Option<CleanStop>, FolderError> {
        let path = self.clean_stop();
        match fs::read(&path) {
            Ok(bytes) => {
                let stop = std::str::from_utf8(&bytes).ok().and_then(checked).and_then(CleanStop::parse);
                if stop.is_none() {
                    tracing::warn!(path = %path.display(), "the marker of a clean stop is not whole; the stop counts as unclean");
                }
                Ok(stop)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("reading", &path)(error)),
        }
    }

    /// From here on a stop is unclean until it says otherwise.
    pub fn remove_clean_stop(&self) -> Result<(), FolderError> {
        let path = self.clean_stop();
        match fs::remove_file(&path) {
            Ok(()) => self.sync_log_folder(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed("removing", &path)(error)),
        }
    }

    fn clean_stop(&self) -> PathBuf {
        self.root.join("log").join("clean-stop")
    }

    fn sync_log_folder(&self) -> Result<(), FolderError> {
        sync_folder(&self.root.join("log"))
    }
}

/// Takes the lock of a data folder.
fn lock(root: &Path) -> Result<File, FolderError> {
    let path = root.join("lock");
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(failed("opening", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(FolderError::InUse { folder: root.to_owned(), lock: path }),
        Err(TryLockError::Error(source)) => Err(FolderError::Io { what: "locking", path, source }),
    }
}

/// A bit that flips in a number makes another number: the last line says what the lines before it must sum up to.
fn with_checksum(text: &str) -> String {
    format!("{text}crc32c {:08x}\n", crc32c::crc32c(text.as_bytes()))
}

/// The text before the checksum, if they fit.
fn checked(text: &str) -> Option<&str> {
    let (before, _) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    let before = text.get(..=before.len())?;
    (with_checksum(before) == text).then_some(before)
}

fn sync_folder(path: &Path) -> Result<(), FolderError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(failed("syncing", path))
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Io { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restore_that_goes_on_holds_the_folder_and_one_that_ended_early_is_told() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(UNFINISHED_RESTORE)).unwrap();
        let restoring = lock(root.path()).unwrap();
        for may_create in [true, false] {
            let refused = Folder::hold(root.path(), may_create).unwrap_err();
            assert!(matches!(refused, FolderError::InUse { .. }), "{refused}");
        }
        drop(restoring);
        for may_create in [true, false] {
            let refused = Folder::hold(root.path(), may_create).unwrap_err();
            assert!(matches!(refused, FolderError::RestoreUnfinished { .. }), "{refused}");
        }
        assert!(!root.path().join("log").exists());
    }

    #[test]
    fn a_marker_whose_bit_flipped_counts_as_none() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::hold(root.path(), true).unwrap();
        let answered_upto = Timestamp::from_micros(-345);
        let stop = CleanStop { head: Position(12), root: Hash([7; 32]), answered_upto };
        folder.write_clean_stop(stop).unwrap();
        assert_eq!(folder.read_clean_stop().unwrap(), Some(stop));
        let text = fs::read(folder.clean_stop()).unwrap();
        for bit in 0..text.len() * 8 {
            let mut flipped = text.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fs::write(folder.clean_stop(), flipped).unwrap();
            assert_eq!(folder.read_clean_stop().unwrap(), None, "bit {bit}");
        }
    }
}
