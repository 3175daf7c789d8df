//! The folder: one file per UTC day.

use std::fmt;
use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use letopis_domain::values::Timestamp;

use crate::error::{AccessLogError, failed};

/// Only the owner may look into the folder.
const FOLDER_MODE: u32 = 0o700;
/// Only the owner may read and write a file.
pub const FILE_MODE: u32 = 0o600;

const LOCK_FILE: &str = "lock";
const EXTENSION: &str = "jsonl";
/// Of the empty file beside a day that holds lines of days before it.
const LATE_EXTENSION: &str = "late";

/// A day in UTC; its text is like `2026-11-22`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

impl Day {
    /// The day of an instant; years out of 0 to 9999, which a name cannot hold, count as the nearest that it can.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let date = at.to_datetime().date_naive();
        let year = date.year().clamp(0, 9_999);
        Self(date.with_year(year).unwrap_or(date).clamp(
            NaiveDate::from_ymd_opt(0, 1, 1).unwrap_or(NaiveDate::MIN),
            NaiveDate::from_ymd_opt(9_999, 12, 31).unwrap_or(NaiveDate::MAX),
        ))
    }

    /// How many days it is before another; negative when it is later.
    #[must_use]
    pub fn days_before(self, other: Self) -> i64 {
        other.0.signed_duration_since(self.0).num_days()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = AccessLogError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Self).map_err(|_| AccessLogError::Cursor)?;
        // Other spellings of the same day are no names of files.
        if day.to_string() == text { Ok(day) } else { Err(AccessLogError::Cursor) }
    }
}

/// The folder of a log.
#[derive(Clone, Debug)]
pub struct Days {
    folder: PathBuf,
}

impl Days {
    /// Of a folder that may not be there yet.
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf() }
    }

    /// Makes the folder where it is missing, and closes it to others.
    pub fn make(&self) -> Result<(), AccessLogError> {
        if !self.folder.exists() {
            DirBuilder::new()
                .recursive(true)
                .mode(FOLDER_MODE)
                .create(&self.folder)
                .map_err(failed("creating", &self.folder))?;
            if let Some(parent) = self.folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                sync_folder(parent).map_err(failed("syncing", parent))?;
            }
        }
        fs::set_permissions(&self.folder, Permissions::from_mode(FOLDER_MODE)).map_err(failed("closing", &self.folder))
    }

    /// The folder for one writer, as long as the file is held.
    pub fn lock(&self) -> Result<File, AccessLogError> {
        let path = self.folder.join(LOCK_FILE);
        let lock = File::options().create(true).truncate(false).write(true).mode(FILE_MODE).open(&path);
        let lock = lock.map_err(failed("opening", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(AccessLogError::InUse(self.folder.clone())),
            Err(TryLockError::Error(error)) => Err(failed("locking", &path)(error)),
        }
    }

    /// The file of a day.
    pub fn file(&self, day: Day) -> PathBuf {
        self.folder.join(format!("{day}.{EXTENSION}"))
    }

    fn late_file(&self, day: Day) -> PathBuf {
        self.folder.join(format!("{day}.{LATE_EXTENSION}"))
    }

    /// The days that have a file, oldest first. Other files are none of ours.
    pub fn list(&self) -> Result<Vec<Day>, AccessLogError> {
        let mut days = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed("reading", &self.folder))? {
            let name = entry.map_err(failed("reading", &self.folder))?.file_name();
            let day = name.to_str().and_then(|name| name.strip_suffix(EXTENSION)?.strip_suffix('.'));
            days.extend(day.and_then(|day| Day::from_str(day).ok()));
        }
        days.sort_unstable();
        Ok(days)
    }

    /// Opens the file of a day for reading; none when retention has removed it.
    pub fn open(&self, day: Day) -> Result<Option<File>, AccessLogError> {
        let path = self.file(day);
        match File::open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("opening", &path)(error)),
        }
    }

    /// Whether a day may hold lines of days before it, because the clock was set back.
    pub fn is_late(&self, day: Day) -> bool {
        // What cannot be told is looked through.
        self.late_file(day).try_exists().unwrap_or(true)
    }

    /// Notes that a day holds lines of days before it.
    pub fn mark_late(&self, day: Day) -> io::Result<()> {
        File::options().create(true).append(true).mode(FILE_MODE).open(self.late_file(day))?;
        self.sync()
    }

    /// Removes a day. Its mark goes last: a mark without its day does no harm.
    pub fn remove(&self, day: Day) -> Result<(), AccessLogError> {
        for path in [self.file(day), self.late_file(day)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed("removing", &path)(error)),
                _ => (),
            }
        }
        Ok(())
    }

    /// Makes names durable.
    pub fn sync(&self) -> io::Result<()> {
        sync_folder(&self.folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
