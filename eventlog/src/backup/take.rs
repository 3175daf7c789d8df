//! Taking a backup of an open log, and listing what a backup folder holds.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use letopis_domain::ids::Position;
use letopis_domain::values::Timestamp;
use rust_rocksdb::Env;
use rust_rocksdb::backup::{BackupEngine, BackupEngineInfo, BackupEngineOptions, CreateBackupOptions};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::BackupError;
use super::error::{failed, storage};
use super::{check, checkpoints_file};
use crate::keys::LedgerEnd;
use crate::rocks::RocksLog;

/// Threads that copy files.
const COPY_THREADS: i32 = 2;

/// A backup in its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupInfo {
    /// Its number; later ones are higher.
    pub id: u32,
    /// When it was begun.
    pub taken_at: Timestamp,
    /// What was durable when it was begun, and so is in it.
    pub head: Position,
    /// The size of its files, also of those that it shares with others.
    pub size_bytes: u64,
    /// How many files it has.
    pub files: u32,
}

/// What a backup remembers besides the records: RocksDB keeps it as text of the application.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Remembered {
    /// The log.
    pub log: Uuid,
    /// What was durable when it was begun.
    pub head: Position,
    /// How far the ledger of erasures went.
    pub ledger: LedgerEnd,
    /// BLAKE3 of the kept checkpoints, which names their copy; none when there were none.
    pub checkpoints: Option<String>,
}

impl RocksLog {
    /// Backs the records up to a folder, reads every file of the backup again and holds it against its checksum.
    /// Appends and reads go on meanwhile. Files that an earlier backup in the folder has are not copied again.
    ///
    /// # Errors
    /// When the folder cannot be written or has backups of another log, another backup to it is under way, or a file is
    /// not what was written.
    pub fn backup(&self, folder: &Path) -> Result<BackupInfo, BackupError> {
        fs::create_dir_all(folder).map_err(failed("creating", folder))?;
        let _lock = lock(folder)?;
        let mut engine = engine(folder)?;
        let newest = engine.get_backup_info().last().and_then(read);
        newest.map_or(Ok(()), |newest| check_log(folder, &newest, self.id()))?;
        // First the checkpoints: none that is in the backup covers more than its records.
        let checkpoints = self.kept_checkpoints().map_err(|error| BackupError::Storage(error.to_string()))?;
        let checkpoints = checkpoints_file::keep(folder, &checkpoints)?;
        let (log, ledger, head) = (self.id(), self.ledger_end(), crate::log::Log::head(self));
        let mut options = CreateBackupOptions::default();
        options.set_flush_before_backup(true);
        let metadata = serde_json::to_vec(&Remembered { log, head, ledger, checkpoints });
        let metadata = metadata.map_err(|error| BackupError::Storage(error.to_string()))?;
        let id = self.with_records(|db| engine.create_new_backup_with_metadata(db, &options, &metadata));
        let id = id.map_err(storage)?;
        check::check(folder, id)?;
        let taken = engine.get_backup_info().into_iter().find(|info| info.backup_id == id);
        taken.as_ref().map(described).ok_or_else(|| BackupError::Missing { folder: folder.to_owned(), id: Some(id) })
    }
}

/// The backups of a folder, oldest first.
///
/// # Errors
/// When the folder is none of backups.
pub fn list(folder: &Path) -> Result<Vec<BackupInfo>, BackupError> {
    if !folder.join("meta").is_dir() {
        return Err(BackupError::Missing { folder: folder.to_owned(), id: None });
    }
    Ok(engine(folder)?.get_backup_info().iter().map(described).collect())
}

pub(super) fn engine(folder: &Path) -> Result<BackupEngine, BackupError> {
    let mut options = BackupEngineOptions::new(folder).map_err(storage)?;
    options.set_sync(true);
    options.set_share_table_files(true);
    options.set_share_files_with_checksum(true);
    options.set_max_background_operations(COPY_THREADS);
    let env = Env::new().map_err(storage)?;
    BackupEngine::open(&options, &env).map_err(storage)
}

/// What a backup remembers.
pub(super) fn remembered(folder: &Path, id: u32) -> Result<Remembered, BackupError> {
    let all = engine(folder)?.get_backup_info();
    let info = all.iter().find(|info| info.backup_id == id);
    let damaged = || BackupError::Damaged {
        id,
        file: folder.join("meta").join(id.to_string()),
        what: "does not say what it is a backup of".to_owned(),
    };
    info.and_then(read).ok_or_else(damaged)
}

/// Refuses a backup of another log: nobody wants the copies of two in one folder, where the newer push the older out.
pub(super) fn check_log(folder: &Path, known: &Remembered, log: Uuid) -> Result<(), BackupError> {
    if known.log == log {
        return Ok(());
    }
    Err(BackupError::OtherLog { folder: folder.to_owned(), backups: known.log, log })
}

fn read(info: &BackupEngineInfo) -> Option<Remembered> {
    serde_json::from_slice(&info.app_metadata).ok()
}

/// Taken by whoever writes to the folder.
pub(super) fn lock(folder: &Path) -> Result<File, BackupError> {
    let path = folder.join("lock");
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(failed("opening", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(BackupError::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed("locking", path)(source)),
    }
}

fn described(info: &BackupEngineInfo) -> BackupInfo {
    let head = read(info).map_or(Position::START, |remembered| remembered.head);
    BackupInfo {
        id: info.backup_id,
        taken_at: Timestamp::from_micros(info.timestamp.saturating_mul(1_000_000)),
        head,
        size_bytes: info.size,
        files: info.num_files,
    }
}
