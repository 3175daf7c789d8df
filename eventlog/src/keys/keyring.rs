//! The keys in memory: what sealing and opening ask, without touching the disk.

use parking_lot::RwLock;
use rustc_hash::FxHashMap;
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

use super::cipher::KEY_SIZE;
use super::sealing;
use super::secrets::Secrets;

/// Why there is no key for a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoKey {
    /// It was destroyed.
    #[error("the key of subject {0} was destroyed")]
    Destroyed(Uuid),
    /// There never was one, as far as the store knows.
    #[error("the key of subject {0} is not in the key store, which is incomplete")]
    Absent(Uuid),
}

/// A subject's key. It has a place of its own in memory, so that nothing is left behind when the map grows.
pub(super) struct SubjectKey {
    key: [u8; KEY_SIZE],
    /// The key of the parts that are about this subject alone: most parts are.
    alone: [u8; KEY_SIZE],
}

impl SubjectKey {
    pub fn new(key: &[u8; KEY_SIZE]) -> Self {
        Self { key: *key, alone: *sealing::part_key(std::iter::once(key)) }
    }
}

impl Drop for SubjectKey {
    fn drop(&mut self) {
        self.key.zeroize();
        self.alone.zeroize();
    }
}

/// What is known of a subject.
pub(super) struct Entry {
    /// Its slot in the store.
    pub slot: u32,
    /// Its key; none once it is destroyed.
    pub key: Option<Box<SubjectKey>>,
}

impl Entry {
    /// With a key.
    pub fn living(slot: u32, key: SubjectKey) -> Self {
        Self { slot, key: Some(Box::new(key)) }
    }

    /// Without, for ever.
    pub const fn destroyed(slot: u32) -> Self {
        Self { slot, key: None }
    }
}

/// All keys of a log, and its secrets.
pub(crate) struct Keyring {
    entries: RwLock<FxHashMap<Uuid, Entry>>,
    /// The secrets of the log.
    pub secrets: Secrets,
}

impl Keyring {
    /// Without any keys.
    pub fn new(secrets: Secrets) -> Self {
        Self { entries: RwLock::default(), secrets }
    }

    /// Those of the subjects that never had a key, each once.
    pub fn missing<'a>(&self, subjects: impl Iterator<Item = &'a Uuid>) -> Vec<Uuid> {
        let entries = self.entries.read();
        let mut missing: Vec<Uuid> = subjects.filter(|subject| !entries.contains_key(subject)).copied().collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Whether the subject's key was destroyed.
    pub fn is_destroyed(&self, subject: &Uuid) -> bool {
        self.entries.read().get(subject).is_some_and(|entry| entry.key.is_none())
    }

    /// Everyone whose key was destroyed.
    pub fn destroyed(&self) -> Vec<Uuid> {
        let entries = self.entries.read();
        entries.iter().filter(|(_, entry)| entry.key.is_none()).map(|(subject, _)| *subject).collect()
    }

    /// Why there is no key for these subjects; none when there is. One that was destroyed says more than one that is
    /// absent.
    pub fn no_key(&self, subjects: &[Uuid]) -> Option<NoKey> {
        no_key(&self.entries.read(), subjects)
    }

    /// The key of a part about these subjects, which ascend.
    pub(super) fn part_key(&self, subjects: &[Uuid]) -> Result<Zeroizing<[u8; KEY_SIZE]>, NoKey> {
        let entries = self.entries.read();
        if let Some(reason) = no_key(&entries, subjects) {
            return Err(reason);
        }
        let mut keys = subjects.iter().filter_map(|subject| entries.get(subject)?.key.as_ref());
        if let [_] = subjects
            && let Some(key) = keys.next()
        {
            return Ok(Zeroizing::new(key.alone));
        }
        Ok(sealing::part_key(keys.map(|key| &key.key)))
    }

    /// The slot of a subject, and the fingerprint of its key if it lives.
    pub(super) fn place(&self, subject: &Uuid) -> Option<(u32, Option<super::slot::Fingerprint>)> {
        let entries = self.entries.read();
        let entry = entries.get(subject)?;
        Some((entry.slot, entry.key.as_ref().map(|key| self.secrets.fingerprint(&key.key))))
    }

    /// Adds subjects, or puts others in their place.
    pub(super) fn insert(&self, new: impl Iterator<Item = (Uuid, Entry)>) {
        self.entries.write().extend(new);
    }

    /// A keyring for tests, with keys that follow from their subjects.
    #[cfg(test)]
    pub fn fixed(subjects: &[Uuid]) -> Self {
        let keyring = Self::new(Secrets::new(&[7; KEY_SIZE]));
        keyring.insert(subjects.iter().map(|subject| {
            let key = SubjectKey::new(blake3::hash(subject.as_bytes()).as_bytes());
            (*subject, Entry::living(0, key))
        }));
        keyring
    }

    /// Destroys a key in memory alone.
    #[cfg(test)]
    pub fn forget(&self, subject: Uuid) {
        self.insert(std::iter::once((subject, Entry::destroyed(0))));
    }
}

fn no_key(entries: &FxHashMap<Uuid, Entry>, subjects: &[Uuid]) -> Option<NoKey> {
    let mut absent = subjects.is_empty().then_some(NoKey::Absent(Uuid::nil()));
    for subject in subjects {
        match entries.get(subject) {
            Some(Entry { key: None, .. }) => return Some(NoKey::Destroyed(*subject)),
            Some(_) => {}
            None => absent = absent.or(Some(NoKey::Absent(*subject))),
        }
    }
    absent
}
