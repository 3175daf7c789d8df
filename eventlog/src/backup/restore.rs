//! Bringing a log back into a data folder: records, keys and checkpoints, and every erasure that the ledger knows.
//!
//! All of it grows beside its place and is moved there at the end, keys first: a data folder whose `log` is there was
//! restored to the end, and a restore that failed or was killed can be repeated.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use letopis_domain::ids::Position;
use letopis_domain::values::Timestamp;
use rust_rocksdb::backup::RestoreOptions;
use uuid::Uuid;

use super::error::{failed, storage};
use super::portable::Portable;
use super::take::{engine, remembered};
use super::{BackupError, BackupInfo, check, checkpoints_file, contradiction, erasures, list};
use crate::environment::Environment;
use crate::keys::{KeySet, LEDGER_FILE, LedgerEnd, LedgerFile, MASTER_KEY_FILE, SLOTS_FILE};
use crate::log::Log;
use crate::proof::{SIGNING_KEYS_FILE, VERIFYING_KEYS_FILE};
use crate::rocks::{Options, UNFINISHED_RESTORE};

/// In the unfinished key folder while keys are being moved: a line with the BLAKE3 of every file of slots that a try has
/// moved or was about to move. It is not moved itself.
const MOVING_FILE: &str = "moving";

/// What is brought back.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// A backup.
    Backup {
        /// The backup folder.
        folder: &'a Path,
        /// The backup's number; none = the newest.
        id: Option<u32>,
    },
    /// A portable file.
    Portable(&'a Path),
}

/// A restore.
pub struct Restore<'a> {
    /// What is brought back.
    pub source: Source<'a>,
    /// The data folder, which has no log.
    pub data: &'a Path,
    /// A set of keys to bring back, too; none = they are in their place.
    pub keys_from: Option<&'a Path>,
    /// Where keys, master key and ledger are; the ledger must be named.
    pub options: &'a Options,
    /// The name under which the log signs from then on, if it contradicts checkpoints that left it.
    pub contradict_as: Option<&'a str>,
}

/// A log that was brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Which backup; none when it was a portable file.
    pub backup: Option<BackupInfo>,
    /// Its last position.
    pub head: Position,
    /// Erasures of the ledger.
    pub erasures: u64,
    /// When the last of them was recorded.
    pub last_erased_at: Option<Timestamp>,
    /// How many of them the log did not record yet.
    pub applied: u64,
    /// Whether it signs under another name now.
    pub is_renamed: bool,
}

/// What is done of a restore. A test comes in between and looks what a kill would leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// What an earlier try left is gone.
    Cleared,
    /// The keys are there, unfinished.
    KeysStaged,
    /// So are the records.
    RecordsStaged,
    /// The log was opened, and so has destroyed what the ledger says.
    Opened,
    /// It records the erasures that it lacked.
    ErasuresRecorded,
    /// It was verified.
    Verified,
    /// It was closed.
    Closed,
    /// One more file of the keys is in its place.
    KeysMoved,
    /// The log is in its place.
    LogMoved,
}

/// What is known of a source before its records are brought back.
struct Origin {
    log: Uuid,
    head: Position,
    ledger: LedgerEnd,
    path: PathBuf,
    backup: Option<BackupInfo>,
}

impl Restore<'_> {
    /// Brings it back, applies every erasure of the ledger, and verifies the log. `report` hears how many records of how
    /// many were verified.
    ///
    /// # Errors
    /// When something is missing, damaged, does not belong together, or is older than it may be; the data folder then has
    /// no log, and it can be tried again.
    pub fn run(&self, env: &Arc<dyn Environment>, report: &mut dyn FnMut(u64, u64)) -> Result<Restored, BackupError> {
        self.run_passing(env, report, &mut |_| {})
    }

    /// As [`Restore::run`]; `pass` hears of every step.
    pub(super) fn run_passing(
        &self,
        env: &Arc<dyn Environment>,
        report: &mut dyn FnMut(u64, u64),
        pass: &mut dyn FnMut(Step),
    ) -> Result<Restored, BackupError> {
        let ledger_path = self.options.ledger.as_deref().ok_or(BackupError::WithoutLedger)?;
        let _lock = self.hold()?;
        let (origin, portable) = self.origin()?;
        let ledger = LedgerFile::read(ledger_path, Some(origin.log))?;
        ledger.check_goes_on_from(&origin.ledger, &origin.path)?;
        let stage = Stage::new(self);
        stage.clear()?;
        pass(Step::Cleared);
        self.stage_keys(&stage, &origin, &ledger)?;
        pass(Step::KeysStaged);
        let checkpoints = stage_records(&stage, &origin, portable, report)?;
        pass(Step::RecordsStaged);
        let signing = contradiction::Signing { stage: &stage.log, keys: &stage.signing, ledger: ledger_path };
        let (log, is_renamed) = signing.open(&stage.data, env, &stage.options, &checkpoints, self.contradict_as)?;
        pass(Step::Opened);
        let applied = erasures::record(&log, &**env)?;
        pass(Step::ErasuresRecorded);
        let found = log.verify(report);
        if let Some(problem) = found.problem {
            return Err(BackupError::Found(problem));
        }
        pass(Step::Verified);
        let (head, erasures) = (log.head(), ledger.end().lines);
        log.close().map_err(|error| BackupError::Storage(error.to_string()))?;
        drop(log);
        pass(Step::Closed);
        stage.finish(pass)?;
        let last_erased_at = ledger.last_recorded_at();
        Ok(Restored { backup: origin.backup, head, erasures, last_erased_at, applied, is_renamed })
    }

    /// Takes the data folder, which must hold no log.
    fn hold(&self) -> Result<File, BackupError> {
        fs::create_dir_all(self.data).map_err(failed("creating", self.data))?;
        let path = self.data.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(failed("opening", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BackupError::DataInUse(self.data.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed("locking", path)(source)),
        }
        refuse_contents(&self.data.join("log"))?;
        refuse_contents(&self.data.join("views"))?;
        Ok(lock)
    }

    fn origin(&self) -> Result<(Origin, Option<Portable>), BackupError> {
        match self.source {
            Source::Backup { folder, id } => {
                let backups = list(folder)?;
                let wanted = match id {
                    None => backups.last(),
                    Some(id) => backups.iter().find(|backup| backup.id == id),
                };
                let missing = || BackupError::Missing { folder: folder.to_owned(), id };
                let backup = *wanted.ok_or_else(missing)?;
                let known = remembered(folder, backup.id)?;
                let (log, head, ledger) = (known.log, known.head, known.ledger);
                Ok((Origin { log, head, ledger, path: folder.to_owned(), backup: Some(backup) }, None))
            }
            Source::Portable(path) => {
                let portable = Portable::open(path)?;
                let manifest = portable.manifest();
                let (log, head, ledger) = (manifest.log, Position(manifest.records), manifest.ledger.clone());
                Ok((Origin { log, head, ledger, path: path.to_owned(), backup: None }, Some(portable)))
            }
        }
    }

    /// Brings the keys back, or looks whether they are there; either way their ledger must not be newer.
    fn stage_keys(&self, stage: &Stage, origin: &Origin, ledger: &LedgerFile) -> Result<(), BackupError> {
        let place = self.options.key_folder(self.data);
        let Some(from) = self.keys_from else {
            if !place.join(SLOTS_FILE).is_file() {
                return Err(BackupError::WithoutKeys(place));
            }
            let beside = place.join(LEDGER_FILE);
            if beside.is_file() {
                ledger.check_goes_on_from(&LedgerFile::read_own(&beside, Some(origin.log))?.end(), &beside)?;
            }
            return Ok(());
        };
        let set = KeySet::open(from)?;
        let folder = set.folder().to_owned();
        if set.log() != origin.log {
            return Err(BackupError::OtherKeys { folder, keys: set.log(), log: origin.log });
        }
        if set.head() < origin.head {
            return Err(BackupError::OlderKeys { folder, keys: set.head(), backup: origin.head });
        }
        ledger.check_goes_on_from(set.ledger(), &folder)?;
        set.copy_to(&stage.keys)?;
        // A master key in a place of its own must not come to lie beside what it wraps as well.
        let copied = stage.keys.join(MASTER_KEY_FILE);
        if stage.options.master_key.as_ref() != Some(&copied) {
            remove_file(&copied)?;
        }
        // Signing keys that are in their place are newer than those of any copy: others may have been added since.
        for file in [VERIFYING_KEYS_FILE, SIGNING_KEYS_FILE].map(Path::new) {
            let in_place = place.join(file);
            if in_place.exists() {
                fs::copy(&in_place, stage.keys.join(file)).map_err(failed("copying", in_place))?;
            }
        }
        sync(&stage.keys)
    }
}

/// Brings the records back, and gives the checkpoints that were kept with them.
fn stage_records(
    stage: &Stage,
    origin: &Origin,
    portable: Option<Portable>,
    report: &mut dyn FnMut(u64, u64),
) -> Result<Vec<u8>, BackupError> {
    let records = stage.log.join("records");
    fs::create_dir_all(&records).map_err(failed("creating", &records))?;
    if let Some(portable) = portable {
        return Ok(portable.restore(&records, report)?);
    }
    let id = origin.backup.map_or(0, |backup| backup.id);
    check::check(&origin.path, id)?;
    let options = RestoreOptions::default();
    engine(&origin.path)?.restore_from_backup(&records, &records, &options, id).map_err(storage)?;
    sync(&records)?;
    let known = remembered(&origin.path, id)?;
    checkpoints_file::read(&origin.path, id, known.checkpoints.as_deref())
}

/// Where everything grows, and where it goes.
struct Stage {
    /// The unfinished data folder.
    data: PathBuf,
    /// Its log.
    log: PathBuf,
    /// The unfinished key folder.
    keys: PathBuf,
    /// The folder whose signing keys are in use.
    signing: PathBuf,
    /// How the unfinished log is opened.
    options: Options,
    /// Where the keys go, if any are brought back.
    keys_to: Option<PathBuf>,
    /// Where the log goes.
    log_to: PathBuf,
}

impl Stage {
    fn new(restore: &Restore<'_>) -> Self {
        let (data, place) = (restore.data.join(UNFINISHED_RESTORE), restore.options.key_folder(restore.data));
        let (log, keys) = (data.join("log"), place.join(UNFINISHED_RESTORE));
        let keys_to = restore.keys_from.map(|_| place.clone());
        let signing = if restore.keys_from.is_some() { keys.clone() } else { place };
        // A master key that is in its place is the one; else it may be in the set.
        let in_place = restore.options.master_key_file(restore.data);
        let has_own = in_place.exists() || restore.options.master_key.is_some() || restore.keys_from.is_none();
        let master_key = if has_own { in_place } else { keys.join(MASTER_KEY_FILE) };
        let options = Options {
            keys: Some(signing.clone()),
            master_key: Some(master_key),
            is_restoring: true,
            ..restore.options.clone()
        };
        Self { data, log, keys, signing, options, keys_to, log_to: restore.data.join("log") }
    }

    /// Removes what a restore left that failed or was killed, but not what it knows of keys that it has moved. Keys that
    /// are in their place are not touched, unless such a restore put them there and nobody has used them since.
    fn clear(&self) -> Result<(), BackupError> {
        let moved = self.moved()?;
        if let Some(place) = &self.keys_to
            && place.join(SLOTS_FILE).exists()
            && !moved.lines().any(|moved| hash(place).is_ok_and(|hash| hash == moved))
        {
            return Err(BackupError::KeysThere(place.clone()));
        }
        remove(&self.data)?;
        if moved.is_empty() {
            remove(&self.keys)?;
        } else {
            for left in self.staged_keys()? {
                remove_file(&left)?;
            }
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&self.data).map_err(failed("creating", &self.data))
    }

    /// Moves everything to its place; with the log, which comes last, it is done.
    fn finish(&self, pass: &mut dyn FnMut(Step)) -> Result<(), BackupError> {
        if let Some(place) = &self.keys_to {
            self.note_moving(place)?;
            for staged in self.staged_keys()? {
                put(&staged, &place.join(staged.file_name().unwrap_or_default()))?;
                pass(Step::KeysMoved);
            }
        }
        if self.log_to.is_dir() {
            // It is empty.
            fs::remove_dir(&self.log_to).map_err(failed("replacing", &self.log_to))?;
        }
        put(&self.log, &self.log_to)?;
        pass(Step::LogMoved);
        remove(&self.keys)?;
        remove(&self.data)
    }

    /// The slots that tries have moved, as they say.
    fn moved(&self) -> Result<String, BackupError> {
        let file = self.keys.join(MOVING_FILE);
        match fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            read => read.map_err(failed("reading", file)),
        }
    }

    /// Says which slots are about to be moved, durably, before any file of the keys is: a later try then knows its own.
    fn note_moving(&self, place: &Path) -> Result<(), BackupError> {
        let (file, new) = (self.keys.join(MOVING_FILE), self.keys.join("moving.new"));
        let text = format!("{}{}\n", self.moved()?, hash(&self.keys)?);
        let written = File::create(&new).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(failed("writing", &new))?;
        put(&new, &file)?;
        File::open(place).and_then(|place| place.sync_all()).map_err(failed("syncing", place))
    }

    /// What is in the unfinished key folder and goes to its place.
    fn staged_keys(&self) -> Result<Vec<PathBuf>, BackupError> {
        let entries = fs::read_dir(&self.keys).map_err(failed("reading", &self.keys))?;
        let staged = entries.flatten().filter(|entry| entry.file_name() != MOVING_FILE);
        Ok(staged.map(|entry| entry.path()).collect())
    }
}

/// The BLAKE3 of the slots in a key folder, in hexadecimal.
fn hash(keys: &Path) -> Result<String, BackupError> {
    let file = keys.join(SLOTS_FILE);
    let bytes = fs::read(&file).map_err(failed("reading", file))?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

/// Moves a file or folder, durably.
fn put(from: &Path, to: &Path) -> Result<(), BackupError> {
    fs::rename(from, to).map_err(failed("moving", from))?;
    let folder = to.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("syncing", folder))
}

fn remove(folder: &Path) -> Result<(), BackupError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("removing", folder)(error)),
        _ => Ok(()),
    }
}

fn remove_file(file: &Path) -> Result<(), BackupError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("removing", file)(error)),
        _ => Ok(()),
    }
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
fn sync(folder: &Path) -> Result<(), BackupError> {
    let sync = || -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_file() {
                File::open(path)?.sync_all()?;
            }
        }
        File::open(folder)?.sync_all()
    };
    sync().map_err(failed("syncing", folder))
}
