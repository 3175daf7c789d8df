//! The files of a key store: where they are, how they are made, and who holds them.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use uuid::Uuid;
use zeroize::Zeroizing;

use super::cipher::{self, KEY_SIZE};
use super::error::{KeyError, failed};
use super::master::{self, MasterKey};
use super::pages::{STRETCH_SIZE, Twin, slot_in};
use super::secrets::Secrets;
use super::slot::{Header, SlotBytes, WrapFor};

/// Where a key store is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its folder.
    pub folder: PathBuf,
    /// The file of the master key.
    pub master_key: PathBuf,
    /// The second place of the ledger of erasures, if it has one.
    pub ledger: Option<PathBuf>,
    /// Whether a log is being brought back: what a replacement of the master key has left is then left alone.
    pub is_restoring: bool,
}

/// The slots, in the folder of a key store.
pub const SLOTS_FILE: &str = "subject-keys";
/// The ledger of erasures, in the folder of a key store.
pub const LEDGER_FILE: &str = "erasures";
/// The master key, in the folder of a key store unless it is kept apart.
pub const MASTER_KEY_FILE: &str = "master.key";

impl Place {
    pub(super) fn slots(&self) -> PathBuf {
        self.folder.join(SLOTS_FILE)
    }

    pub(super) fn ledger(&self) -> PathBuf {
        self.folder.join(LEDGER_FILE)
    }
}

/// The header, and the secrets that it holds.
pub(super) fn read_header(place: &Place, master: &MasterKey, bytes: &[u8]) -> Result<(Header, Secrets), KeyError> {
    let file = place.slots();
    let damaged = |reason| KeyError::DamagedHeader { file: file.clone(), reason };
    let [first, second] = Twin::BOTH.map(|twin| Header::decode(slot_in(&twin.read(bytes, 0), 0)));
    let header = match (first, second) {
        (Ok(one), Ok(other)) if one != other => return Err(damaged("its two copies contradict each other")),
        (Ok(header), _) | (_, Ok(header)) => header,
        (Err(reason), Err(_)) => return Err(damaged(reason)),
    };
    let wrap_for = WrapFor { log: header.log, slot: 0, subject: Uuid::nil() };
    let secret = wrap_for
        .unwrap(master, &header.secret)
        .ok_or_else(|| KeyError::WrongMasterKey { master_key: place.master_key.clone(), file: file.clone() })?;
    Ok((header, Secrets::new(&secret)))
}

/// Makes a store for a new log. Its file appears whole or not at all.
pub(super) fn create(place: &Place) -> Result<(), KeyError> {
    let (folder, path) = (&place.folder, place.slots());
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("creating", folder))?;
    master::sync_folder_of(folder)?;
    let master = match master::read(&place.master_key)? {
        Some(master) => master,
        None => master::create(&place.master_key)?,
    };
    let mut id = [0; 16];
    cipher::random(&mut id).map_err(KeyError::Random)?;
    let log = uuid::Builder::from_random_bytes(id).into_uuid();
    let mut secret = Zeroizing::new([0; KEY_SIZE]);
    cipher::random(&mut *secret).map_err(KeyError::Random)?;
    let secret = WrapFor { log, slot: 0, subject: Uuid::nil() }.wrap(&master, &secret).map_err(KeyError::Random)?;
    let new = folder.join("subject-keys.new");
    let _ = fs::remove_file(&new);
    let file = File::options().write(true).create_new(true).mode(0o600).open(&new).map_err(failed("creating", &new))?;
    let write = || {
        use std::os::unix::fs::FileExt;
        let header: SlotBytes = Header { log, secret }.encode();
        let mut stretch = vec![0; STRETCH_SIZE];
        for twin in Twin::BOTH {
            let place = usize::try_from(twin.offset(0)).unwrap_or(0);
            stretch[place..place + header.len()].copy_from_slice(&header);
        }
        file.write_all_at(&stretch, 0)?;
        file.sync_all()
    };
    write().map_err(failed("writing", &new))?;
    fs::rename(&new, &path).map_err(failed("renaming", &new))?;
    master::sync_folder_of(&path)
}

/// Holds the file against other processes for as long as what this returns lives.
pub(super) fn lock(file: &File, path: &Path) -> Result<File, KeyError> {
    let lock = file.try_clone().map_err(failed("locking", path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(KeyError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed("locking", path)(error)),
    }
}
