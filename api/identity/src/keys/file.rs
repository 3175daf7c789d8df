//! The file of the keys: `{"version": 1, "keys": […]}`, for its owner only, replaced as a whole or not at all.
//!
//! It holds hashes, which are useless to a thief, but whoever can write it can add a key: hence its mode is demanded.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::keys::error::KeyStoreError;
use crate::keys::record::ApiKey;

const VERSION: u64 = 1;

/// SHA-256 of the whole text of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct TextHash(pub [u8; 32]);

impl Serialize for TextHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for TextHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(de::Error::custom)?;
        bytes.try_into().map(Self).map_err(|_| de::Error::custom("a hash has 64 hexadecimal digits"))
    }
}

/// A key in the file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredKey {
    pub sha256: TextHash,
    pub key: ApiKey,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u64,
    keys: Vec<StoredKey>,
}

/// Enough of the file to know whether the rest can be understood.
#[derive(Deserialize)]
struct OnlyVersion {
    version: u64,
}

/// The file, held against other processes as long as this value lives.
pub(super) struct KeyFile {
    path: PathBuf,
    _held: File,
}

impl KeyFile {
    /// Holds the file against others, and removes what a crash has left beside it. The file itself need not exist.
    pub(super) fn hold(path: &Path) -> Result<Self, KeyStoreError> {
        let beside = beside(path, ".lock");
        let mut options = File::options();
        let held = options.create(true).truncate(false).write(true).mode(0o600).open(&beside);
        let held = held.map_err(failed("open", &beside))?;
        held.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => KeyStoreError::InUse { path: path.to_owned() },
            TryLockError::Error(source) => failed("lock", &beside)(source),
        })?;
        let file = Self { path: path.to_owned(), _held: held };
        remove(&file.unfinished())?;
        Ok(file)
    }

    /// What the file holds; nothing when there is none.
    pub(super) fn read(&self) -> Result<Vec<StoredKey>, KeyStoreError> {
        let about = match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            about => about.map_err(failed("look at", &self.path))?,
        };
        if !about.is_file() {
            return Err(KeyStoreError::NotAFile { path: self.path.clone() });
        }
        if about.mode() & 0o077 != 0 {
            return Err(KeyStoreError::OpenToOthers { path: self.path.clone(), mode: about.mode() & 0o7777 });
        }
        let bytes = fs::read(&self.path).map_err(failed("read", &self.path))?;
        let version = serde_json::from_slice::<OnlyVersion>(&bytes).map_err(|error| self.damaged(&error))?.version;
        if version != VERSION {
            return Err(KeyStoreError::UnknownVersion { path: self.path.clone(), found: version });
        }
        let content: Content = serde_json::from_slice(&bytes).map_err(|error| self.damaged(&error))?;
        Ok(content.keys)
    }

    /// Puts a file with these keys in the place of the old one. After a crash there is the one or the other.
    pub(super) fn replace(&self, keys: Vec<StoredKey>) -> Result<(), KeyStoreError> {
        let unfinished = self.unfinished();
        remove(&unfinished)?;
        let mut bytes = serde_json::to_vec_pretty(&Content { version: VERSION, keys })
            .map_err(|error| failed("write", &unfinished)(error.into()))?;
        bytes.push(b'\n');
        let write = || {
            let mut file = File::options().write(true).create_new(true).mode(0o600).open(&unfinished)?;
            file.write_all(&bytes)?;
            file.sync_all()
        };
        write().map_err(failed("write", &unfinished))?;
        fs::rename(&unfinished, &self.path).map_err(failed("replace", &self.path))?;
        let folder = folder_of(&self.path);
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("sync", folder))
    }

    /// The error for content that parses and makes no sense.
    pub(super) fn damaged(&self, message: &dyn std::fmt::Display) -> KeyStoreError {
        KeyStoreError::Damaged { path: self.path.clone(), message: message.to_string() }
    }

    fn unfinished(&self) -> PathBuf {
        beside(&self.path, ".unfinished")
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn remove(path: &Path) -> Result<(), KeyStoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyStoreError {
    let path = path.to_owned();
    move |source| KeyStoreError::Io { doing, path, source }
}
