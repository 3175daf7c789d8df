//! Replacing the master key: every key of a store is wrapped anew, and the old wrapping goes.
//!
//! First the old master key is copied to where the operator wants it: older sets of keys need it. The new master key and
//! then the new slots are written beside the old ones and synced. The slots are renamed, which
//! decides, and once that is durable so is the master key. Whoever opens the store in between finds one master key that
//! fits the slots: settling finishes what was decided, and drops what was not.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::error::{KeyError, failed};
use super::files::{Place, lock, read_header};
use super::master::{self, MasterKey, sync_folder_of};
use super::pages::{PAGE_SLOTS, STRETCH_SIZE, Twin, page_of};
use super::secrets::Secrets;
use super::slot::{Header, Living, SLOT_SIZE, Slot, SlotBytes, WrapFor, Wrapped};
use super::slots::{Contents, Slots};
use super::store::unwrap;

/// A replacement of the master key. Nobody else may use the store.
pub(crate) struct Rewrap<'a> {
    /// The store.
    pub place: &'a Place,
    /// The file of the new master key; it is drawn there if there is none.
    pub new_master_key: &'a Path,
    /// Where the old master key is copied to, which sets of keys from before need.
    pub old_master_key_to: &'a Path,
}

/// What is done of a replacement, and durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RewrapStep {
    /// The new master key lies beside the old one.
    MasterKeyBeside,
    /// The slots that it wraps lie beside the old ones.
    SlotsBeside,
    /// They are in their place; the old master key still is.
    SlotsInPlace,
    /// The new master key is in its place.
    MasterKeyInPlace,
}

/// The key that fits a store, and what it opens.
pub(super) struct Fitting {
    pub master: MasterKey,
    pub header: Header,
    pub secrets: Secrets,
    /// Whether it lies beside its place: a replacement was decided and not finished.
    pub is_beside: bool,
}

impl Rewrap<'_> {
    /// Wraps every key anew, and tells how many there are. `pass` hears of every step, and stops it there by an error.
    pub fn run(&self, pass: &mut dyn FnMut(RewrapStep) -> Result<(), KeyError>) -> Result<u64, KeyError> {
        let (place, path) = (self.place, self.place.slots());
        [&*place.master_key, &*path].into_iter().try_for_each(refuse_link)?;
        let file = File::options().read(true).write(true).open(&path).map_err(failed("opening", &path))?;
        let _lock = lock(&file, &path)?;
        let bytes = fs::read(&path).map_err(failed("reading", &path))?;
        let old = fitting(place, &bytes)?;
        if let Some(reason) = settle(place, old.is_beside)? {
            return Err(still_beside(place, reason));
        }
        let new = self.new_key()?;
        if *new == *old.master {
            return Err(KeyError::SameMasterKey(self.new_master_key.to_owned()));
        }
        self.keep_old(&old.master)?;
        let (rewrapped, count) = rewrapped(file, &path, &bytes, &old, &new)?;
        let (new_key, new_slots) = (beside(&place.master_key), beside(&path));
        master::write(&new_key, &new)?;
        sync_folder_of(&new_key)?;
        pass(RewrapStep::MasterKeyBeside)?;
        write(&new_slots, &rewrapped)?;
        check(place, &new_slots, &new, count)?;
        pass(RewrapStep::SlotsBeside)?;
        put(&new_slots, &path)?;
        pass(RewrapStep::SlotsInPlace)?;
        if let Some(reason) = put_master_key(place)? {
            return Err(still_beside(place, reason));
        }
        pass(RewrapStep::MasterKeyInPlace)?;
        Ok(count)
    }

    fn new_key(&self) -> Result<MasterKey, KeyError> {
        match master::read(self.new_master_key)? {
            Some(key) => Ok(key),
            None => master::create(self.new_master_key),
        }
    }

    /// Copies the old master key. A copy that is there is good, and made sure of; what replaces the old key is none.
    fn keep_old(&self, old: &MasterKey) -> Result<(), KeyError> {
        let (path, real) = (self.old_master_key_to, |path: &Path| fs::canonicalize(path).ok());
        if !path.exists() && !path.is_symlink() {
            return master::put(path, old);
        }
        let is_copy = master::read(path).ok().flatten().is_some_and(|copy| *copy == **old);
        if !is_copy || real(path) == real(&self.place.master_key) {
            return Err(KeyError::NoPlaceForOldMasterKey(path.to_owned()));
        }
        File::open(path).and_then(|file| file.sync_all()).map_err(failed("syncing", path))?;
        sync_folder_of(path)
    }
}

/// The master key that fits the slots: the one in its place, or the one that a replacement has left beside it.
pub(super) fn fitting(place: &Place, bytes: &[u8]) -> Result<Fitting, KeyError> {
    let open = |master: MasterKey, is_beside| {
        let (header, secrets) = read_header(place, &master, bytes)?;
        Ok(Fitting { master, header, secrets, is_beside })
    };
    let missing =
        || KeyError::UnreadableMasterKey { file: place.master_key.clone(), reason: "there is no such file".to_owned() };
    let in_place = master::read(&place.master_key).and_then(|master| master.ok_or_else(missing));
    let in_place = in_place.and_then(|master| open(master, false));
    if in_place.is_ok() {
        return in_place;
    }
    let new = master::read(&beside(&place.master_key)).ok().flatten();
    new.and_then(|new| open(new, true).ok()).map_or(in_place, Ok)
}

/// Finishes a replacement that was decided, or drops what is left of one that was not: slots that lie about would keep
/// keys of people who are erased later. Gives the reason why a master key that was decided has to stay where it lies,
/// from where it opens the store as well.
pub(super) fn settle(place: &Place, is_decided: bool) -> Result<Option<String>, KeyError> {
    // What is brought back may be older than the replacement, and what it left may be all that opens something else.
    if place.is_restoring {
        return Ok(None);
    }
    let (key, slots) = (beside(&place.master_key), beside(&place.slots()));
    let reason = if is_decided { put_master_key(place)? } else { None };
    if let Some(reason) = &reason {
        let (key, place) = (key.display(), place.master_key.display());
        tracing::warn!(%key, %place, %reason, "the master key was replaced, and the new one cannot be put in its place; put it there while nobody uses the log");
    }
    let left = [key, slots].into_iter().skip(usize::from(reason.is_some()));
    for left in left.filter(|left| left.exists()) {
        fs::remove_file(&left).map_err(failed("removing", &left))?;
        sync_folder_of(&left)?;
    }
    Ok(reason)
}

/// Puts the new master key in the place of the old one, or gives the reason why it stays beside it: a file that is a
/// mount cannot be replaced.
fn put_master_key(place: &Place) -> Result<Option<String>, KeyError> {
    match fs::rename(beside(&place.master_key), &place.master_key) {
        Ok(()) => sync_folder_of(&place.master_key).map(|()| None),
        Err(error) => Ok(Some(error.to_string())),
    }
}

fn still_beside(place: &Place, reason: String) -> KeyError {
    KeyError::MasterKeyBeside { beside: beside(&place.master_key), master_key: place.master_key.clone(), reason }
}

/// A link would be replaced, and what it leads to would stay as it is.
fn refuse_link(path: &Path) -> Result<(), KeyError> {
    if path.is_symlink() { Err(KeyError::Linked(path.to_owned())) } else { Ok(()) }
}

/// The name of a file until it replaces another one.
fn beside(path: &Path) -> PathBuf {
    master::with_suffix(path, ".rewrapping")
}

/// The file of slots with every key wrapped by the new master key, and how many keys there are.
fn rewrapped(
    file: File,
    path: &Path,
    bytes: &[u8],
    old: &Fitting,
    new: &MasterKey,
) -> Result<(Vec<u8>, u64), KeyError> {
    let (slots, Contents { whole, doubtful }) = Slots::new(Box::new(file), path, bytes, true);
    if let Some(doubtful) = doubtful.first() {
        return Err(slots.damaged(doubtful.slot, doubtful.reason));
    }
    let log = old.header.log;
    let again = |slot: u32, subject: Uuid, wrapped: &Wrapped| {
        let wrap_for = WrapFor { log, slot, subject };
        let key = wrap_for.unwrap(&old.master, wrapped);
        let key = key.ok_or_else(|| slots.damaged(slot, "its key does not unwrap"))?;
        wrap_for.wrap(new, &key).map_err(KeyError::Random)
    };
    let mut out = vec![0; bytes.len().next_multiple_of(STRETCH_SIZE)];
    put_slot(&mut out, 0, &Header { log, secret: again(0, Uuid::nil(), &old.header.secret)? }.encode());
    let mut count = 0;
    for (slot, content) in whole {
        let content = match content {
            Slot::Living(living) => {
                count += 1;
                Slot::Living(Living { wrapped: again(slot, living.subject, &living.wrapped)?, ..living })
            }
            other => other,
        };
        put_slot(&mut out, slot, &content.encode());
    }
    Ok((out, count))
}

/// Puts a slot into both copies of its page.
fn put_slot(out: &mut [u8], slot: u32, bytes: &SlotBytes) {
    for twin in Twin::BOTH {
        let page = usize::try_from(twin.offset(page_of(slot))).unwrap_or(usize::MAX);
        let place = page.saturating_add((slot % PAGE_SLOTS) as usize * SLOT_SIZE);
        if let Some(out) = out.get_mut(place..place.saturating_add(SLOT_SIZE)) {
            out.copy_from_slice(bytes);
        }
    }
}

/// Reads what was written as an opening would, before anything depends on it.
fn check(place: &Place, path: &Path, new: &MasterKey, count: u64) -> Result<(), KeyError> {
    let bytes = fs::read(path).map_err(failed("reading", path))?;
    let (header, _) = read_header(place, new, &bytes)?;
    let file = File::open(path).map_err(failed("opening", path))?;
    let (slots, contents) = Slots::new(Box::new(file), path, &bytes, true);
    let entries = unwrap(&slots, &contents.whole, new, header.log)?;
    let living = entries.iter().filter(|(_, entry)| entry.key.is_some()).count() as u64;
    if living == count { Ok(()) } else { Err(slots.damaged(0, "keys are missing after they were wrapped anew")) }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let file = File::options().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(failed("creating", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed("writing", path))?;
    sync_folder_of(path)
}

/// Gives a file the name of another, which is gone with that; durable when this returns.
fn put(from: &Path, to: &Path) -> Result<(), KeyError> {
    fs::rename(from, to).map_err(failed("renaming", from))?;
    sync_folder_of(to)
}
