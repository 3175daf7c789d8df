//! Copies of the keys: a backup of their own, apart from that of the log.
//!
//! A folder of key sets holds numbered folders, each with the slots, the ledger of erasures and the verifying keys as they
//! were at one moment, and `set.json`, which says how long each file is and what it hashes to. A set appears whole or
//! not at all. What is secret by itself, the master key and the signing keys, is in it only when that was asked for.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use letopis_domain::ids::Position;
use letopis_domain::values::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::error::{KeyError, failed};
use super::files::{LEDGER_FILE, MASTER_KEY_FILE, SLOTS_FILE};
use super::ledger::LedgerEnd;
use super::master::sync_folder_of;
use super::store::{KeyStore, Snapshot};
use crate::proof::{SIGNING_KEYS_FILE, VERIFYING_KEYS_FILE};

const FORMAT: &str = "letopis keys 1";
const MANIFEST: &str = "set.json";

/// What a set says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Manifest {
    format: String,
    log: Uuid,
    taken_at: Timestamp,
    head: Position,
    ledger: LedgerEnd,
    files: Vec<Part>,
}

/// A file of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    name: String,
    bytes: u64,
    blake3: String,
}

/// The name of a file, and what is in it.
type Content = (&'static str, Zeroizing<Vec<u8>>);

/// A set of keys that was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet {
    folder: PathBuf,
    manifest: Manifest,
}

/// Which keys are copied, and when.
pub(crate) struct Copying<'a> {
    /// The store.
    pub store: &'a KeyStore,
    /// The head of the log: every record up to there has its keys in the set.
    pub head: Position,
    /// The time.
    pub now: Timestamp,
    /// Whether the master key and the signing keys are copied as well, which are secret by themselves.
    pub with_secrets: bool,
}

impl Copying<'_> {
    /// Copies the keys into the next folder of `into`.
    pub fn copy(&self, into: &Path) -> Result<KeySet, KeyError> {
        make_folder(into)?;
        let _lock = lock(into)?;
        let newest = numbers(into)?.last().copied().unwrap_or(0);
        // A set that is damaged must not be in the way of a good one.
        if let Ok(newest) = Manifest::read(&set_folder(into, newest)) {
            newest.check_log(into, self.store.log())?;
        }
        let number = newest + 1;
        let (folder, new) = (set_folder(into, number), into.join("set.new"));
        remove(&new)?;
        make_folder(&new)?;
        let (parts, ledger) = self.parts()?;
        let write = |(name, bytes): &(&str, Zeroizing<Vec<u8>>)| {
            put(&new.join(name), bytes)?;
            Ok(Part { name: (*name).to_owned(), bytes: bytes.len() as u64, blake3: hash(bytes) })
        };
        let files = parts.iter().map(write).collect::<Result<_, KeyError>>()?;
        let (format, log) = (FORMAT.to_owned(), self.store.log());
        let manifest = Manifest { format, log, taken_at: self.now, head: self.head, ledger, files };
        let text = serde_json::to_vec(&manifest).map_err(|error| failed("writing", &new)(error.into()))?;
        put(&new.join(MANIFEST), &text)?;
        File::open(&new).and_then(|new| new.sync_all()).map_err(failed("syncing", &new))?;
        fs::rename(&new, &folder).map_err(failed("renaming", &new))?;
        sync_folder_of(&folder)?;
        KeySet::open(&folder)
    }

    /// Names and contents of the files. Slots and ledger are read while nobody writes to them.
    fn parts(&self) -> Result<(Vec<Content>, LedgerEnd), KeyError> {
        let Snapshot { slots, ledger, ledger_end } = self.store.snapshot()?;
        let place = self.store.place();
        let mut parts = vec![(SLOTS_FILE, slots), (LEDGER_FILE, ledger)];
        let mut others = vec![(VERIFYING_KEYS_FILE, place.folder.join(VERIFYING_KEYS_FILE))];
        if self.with_secrets {
            others.push((SIGNING_KEYS_FILE, place.folder.join(SIGNING_KEYS_FILE)));
            others.push((MASTER_KEY_FILE, place.master_key.clone()));
        }
        for (name, path) in others.into_iter().filter(|(_, path)| path.exists()) {
            parts.push((name, fs::read(&path).map(Zeroizing::new).map_err(failed("reading", &path))?));
        }
        Ok((parts, ledger_end))
    }
}

impl Manifest {
    fn read(set: &Path) -> Result<Self, KeyError> {
        let file = set.join(MANIFEST);
        let damaged = |reason: String| KeyError::DamagedSet { file: file.clone(), reason };
        let text = fs::read(&file).map_err(failed("reading", &file))?;
        let manifest: Self = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        if manifest.format == FORMAT { Ok(manifest) } else { Err(damaged("its format is unknown here".to_owned())) }
    }

    fn has_master_key(&self) -> bool {
        self.files.iter().any(|part| part.name == MASTER_KEY_FILE)
    }

    /// Refuses a set of another log: nobody wants the copies of two in one folder, where the newer push the older out.
    fn check_log(&self, folder: &Path, log: Uuid) -> Result<(), KeyError> {
        if self.log == log {
            return Ok(());
        }
        Err(KeyError::OtherSets { folder: folder.to_owned(), sets: self.log, log })
    }
}

impl KeySet {
    /// Opens a set, or the newest one of a folder of sets, and holds every file against its hash.
    ///
    /// # Errors
    /// When there is none, or a file is not what was copied.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let folder = if path.join(MANIFEST).is_file() {
            path.to_owned()
        } else {
            let newest = numbers(path)?.last().copied().ok_or_else(|| KeyError::NoSet(path.to_owned()))?;
            set_folder(path, newest)
        };
        let manifest = Manifest::read(&folder)?;
        let set = Self { folder, manifest };
        for part in &set.manifest.files {
            let (file, bytes) = set.read(part)?;
            if bytes.len() as u64 != part.bytes || hash(&bytes) != part.blake3 {
                return Err(KeyError::DamagedSet { file, reason: "it is not what was copied".to_owned() });
            }
        }
        Ok(set)
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The log whose keys they are.
    #[must_use]
    pub const fn log(&self) -> Uuid {
        self.manifest.log
    }

    /// The head of the log when they were copied: every record up to there has its keys in the set.
    #[must_use]
    pub const fn head(&self) -> Position {
        self.manifest.head
    }

    /// How far the ledger of erasures went.
    #[must_use]
    pub const fn ledger(&self) -> &LedgerEnd {
        &self.manifest.ledger
    }

    /// Whether the master key and the signing keys are in it.
    #[must_use]
    pub fn has_master_key(&self) -> bool {
        self.manifest.has_master_key()
    }

    /// Copies its files into an empty folder.
    pub(crate) fn copy_to(&self, folder: &Path) -> Result<(), KeyError> {
        make_folder(folder)?;
        for part in &self.manifest.files {
            let (_, bytes) = self.read(part)?;
            put(&folder.join(&part.name), &bytes)?;
        }
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("syncing", folder))
    }

    fn read(&self, part: &Part) -> Result<(PathBuf, Zeroizing<Vec<u8>>), KeyError> {
        let known = [SLOTS_FILE, LEDGER_FILE, VERIFYING_KEYS_FILE, SIGNING_KEYS_FILE, MASTER_KEY_FILE];
        let file = self.folder.join(&part.name);
        if !known.contains(&part.name.as_str()) {
            return Err(KeyError::DamagedSet { file, reason: "it is none of a set's files".to_owned() });
        }
        let bytes = fs::read(&file).map_err(failed("reading", &file))?;
        Ok((file, Zeroizing::new(bytes)))
    }
}

/// Removes all sets of a folder but the newest `keep`; the numbers of those that were removed. With them goes what they
/// hold of people who were erased since. Sets of another log than this one are refused, and so is to remove the last ones
/// that have the master key.
pub(crate) fn prune_sets(folder: &Path, keep: NonZeroUsize, log: Uuid) -> Result<Vec<u32>, KeyError> {
    let _lock = lock(folder)?;
    let numbers = numbers(folder)?;
    // The ones that stay must be worth it.
    KeySet::open(folder)?;
    let manifests = numbers.iter().map(|number| Manifest::read(&set_folder(folder, *number)));
    let manifests = manifests.collect::<Result<Vec<_>, _>>()?;
    manifests.iter().try_for_each(|manifest| manifest.check_log(folder, log))?;
    let count = numbers.len().saturating_sub(keep.get());
    let (going, staying) = manifests.split_at(count);
    if going.iter().any(Manifest::has_master_key) && !staying.iter().any(Manifest::has_master_key) {
        return Err(KeyError::LastMasterKey(folder.to_owned()));
    }
    let removed = folder.join("set.old");
    remove(&removed)?;
    let old = &numbers[..count];
    for number in old {
        // No half of a set is left under its name, also when the power fails.
        let set = set_folder(folder, *number);
        fs::rename(&set, &removed).map_err(failed("renaming", &set))?;
        sync_folder_of(&removed)?;
        remove(&removed)?;
    }
    sync_folder_of(&removed)?;
    Ok(old.to_vec())
}

fn set_folder(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:06}"))
}

/// The numbers of the sets in a folder, ascending.
fn numbers(folder: &Path) -> Result<Vec<u32>, KeyError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("reading", folder)(error)),
    };
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    let mut numbers: Vec<u32> = entries.flatten().filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Taken by whoever copies keys to a folder.
fn lock(folder: &Path) -> Result<File, KeyError> {
    let path = folder.join("lock");
    let lock = File::options().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let lock = lock.map_err(failed("opening", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(KeyError::InUse(path)),
        Err(TryLockError::Error(error)) => Err(failed("locking", &path)(error)),
    }
}

fn make_folder(folder: &Path) -> Result<(), KeyError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("creating", folder))
}

fn remove(folder: &Path) -> Result<(), KeyError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("removing", folder)(error)),
        _ => Ok(()),
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let file = File::options().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(failed("creating", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed("writing", path))
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
