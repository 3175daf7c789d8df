//! The master key: 32 random bytes in a file that its owner alone may read.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use super::cipher::{self, KEY_SIZE};
use super::error::{KeyError, failed};

const COMMENT: &str = "# Master key of a Letopis key store. Whoever has it and the store reads all personal data; \
                       without it nobody does.";

/// Wraps every other key of a store.
pub(super) type MasterKey = Zeroizing<[u8; KEY_SIZE]>;

/// Reads the key of a file; none when there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<MasterKey>, KeyError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("reading", path)(error)),
    };
    let unreadable = |reason: &str| KeyError::UnreadableMasterKey { file: path.to_owned(), reason: reason.to_owned() };
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Err(unreadable("it must have one line besides comments"));
    };
    let bytes = HEXLOWER.decode(line.as_bytes()).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| unreadable("it is not a number in lower-case hexadecimal"))?;
    let key: [u8; KEY_SIZE] = bytes.as_slice().try_into().map_err(|_| unreadable("it must have 64 digits"))?;
    Ok(Some(MasterKey::new(key)))
}

/// Draws a key and writes its file, which appears whole or not at all.
pub(super) fn create(path: &Path) -> Result<MasterKey, KeyError> {
    let mut key = MasterKey::default();
    cipher::random(&mut *key).map_err(KeyError::Random)?;
    put(path, &key)?;
    Ok(key)
}

/// Writes the file of a key, which appears whole or not at all; durable when this returns.
pub(super) fn put(path: &Path, key: &MasterKey) -> Result<(), KeyError> {
    let new = with_suffix(path, ".new");
    let _ = fs::remove_file(&new);
    write(&new, key)?;
    fs::rename(&new, path).map_err(failed("renaming", &new))?;
    sync_folder_of(path)
}

/// A name beside a file that no file of somebody else has.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Writes and syncs the file of a key, which must not exist.
pub(super) fn write(path: &Path, key: &MasterKey) -> Result<(), KeyError> {
    let text = Zeroizing::new(format!("{COMMENT}\n{}\n", *Zeroizing::new(HEXLOWER.encode(&**key))));
    let file = File::options().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(failed("creating", path))?;
    file.write_all(text.as_bytes()).map_err(failed("writing", path))?;
    file.sync_all().map_err(failed("syncing", path))
}

/// Makes the names in a file's folder durable.
pub(super) fn sync_folder_of(path: &Path) -> Result<(), KeyError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed("syncing", folder))
}
