//! The keys, in memory for looking up and in the file for good.
//!
//! Of a key's text only its SHA-256 is kept. A slow hash with salt, as for passwords, would add nothing: the secret has
//! 256 random bits, so there is no dictionary to try and no second key with the same text. A key is found by its id,
//! which is no secret, and its hash is then compared in constant time.
//!
//! Creating, revoking and flushing write and sync a file, and so block; looking up never does.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use letopis_domain::values::Timestamp;
use parking_lot::{Mutex, RwLock};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::keys::error::KeyStoreError;
use crate::keys::file::{KeyFile, StoredKey, TextHash};
use crate::keys::record::{ApiKey, NewKey, Order};
use crate::keys::text::{self, KeyId};
use crate::principal::{Credential, Principal};
use crate::refusal::Refusal;

/// Last uses are written no more often than this.
pub const USES_WRITTEN_EVERY_MS: i64 = 60_000;

const NAME_LETTERS_MAX: usize = 100;
const MINUTE_MICROS: i64 = 60_000_000;
const NEVER: i64 = i64::MIN;

/// The API keys of one server. At most one process has a file of keys open.
pub struct KeyStore {
    keys: RwLock<HashMap<KeyId, Entry>>,
    has_new_uses: AtomicBool,
    writer: Mutex<Writer>,
}

struct Entry {
    stored: StoredKey,
    /// The minute of the last use, in microseconds; ahead of what is stored.
    used_at: AtomicI64,
}

/// Whoever holds it changes the keys; nobody else does meanwhile.
struct Writer {
    file: KeyFile,
    uses_written_at: Option<Timestamp>,
}

impl KeyStore {
    /// Opens the file, which need not exist; its folder must.
    ///
    /// # Errors
    /// When another process has it open, others than its owner may read or write it, or it is damaged or of another
    /// version: nothing is ever taken for an empty file.
    pub fn open(path: &Path) -> Result<Self, KeyStoreError> {
        let file = KeyFile::hold(path)?;
        let mut keys = HashMap::new();
        for stored in file.read()? {
            let id = stored.key.id;
            if keys.insert(id, Entry::of(stored)).is_some() {
                return Err(file.damaged(&format!("the id {id} is there twice")));
            }
        }
        let writer = Mutex::new(Writer { file, uses_written_at: None });
        Ok(Self { keys: RwLock::new(keys), has_new_uses: AtomicBool::new(false), writer })
    }

    /// Makes a key, and returns its text, once. It is in the file before this returns.
    ///
    /// # Errors
    /// When two keys of the same employee and name are active, the order makes no sense, or the file cannot be written;
    /// then there is no key.
    pub fn create(&self, order: Order, now: Timestamp) -> Result<NewKey, KeyStoreError> {
        check(&order, now)?;
        let writer = self.writer.lock();
        let mut all = self.snapshot();
        refuse_a_third(&all, &order, now)?;
        let (id, text) = self.draw_unused()?;
        let key = ApiKey {
            id,
            name: order.name,
            employee: order.employee,
            scopes: order.scopes,
            created_at: now,
            expires_at: order.expires_at,
            revoked_at: None,
            last_used_at: None,
        };
        let stored = StoredKey { sha256: hash(&text), key: key.clone() };
        all.push(stored.clone());
        writer.file.replace(all)?;
        self.keys.write().insert(id, Entry::of(stored));
        Ok(NewKey { key, text })
    }

    /// Every key that was ever made, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<ApiKey> {
        self.snapshot().into_iter().map(|stored| stored.key).collect()
    }

    /// Whether no key was ever made. Revoked and expired keys count: who lost the last one is not given another unasked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.read().is_empty()
    }

    /// Revokes a key, for good; one that is revoked stays so since when it was. From the first moment on it is refused,
    /// even where the file cannot be written.
    ///
    /// # Errors
    /// When there is no such key, or the file cannot be written: then it would be back after a restart, so try again.
    pub fn revoke(&self, id: KeyId, now: Timestamp) -> Result<ApiKey, KeyStoreError> {
        let writer = self.writer.lock();
        let revoked = {
            let mut keys = self.keys.write();
            let entry = keys.get_mut(&id).ok_or(KeyStoreError::UnknownKey(id))?;
            entry.stored.key.revoked_at.get_or_insert(now);
            entry.to_stored().key
        };
        writer.file.replace(self.snapshot())?;
        Ok(revoked)
    }

    /// Whom the text of a key stands for.
    ///
    /// # Errors
    /// When it is not the text of a key that is active.
    pub fn authenticate(&self, text: &str, now: Timestamp) -> Result<Principal, Refusal> {
        let id = text::id_of(text)?;
        let shown = hash(text);
        let keys = self.keys.read();
        let entry = keys.get(&id);
        // An unknown id costs the same comparison.
        let known = entry.map_or([0; 32], |entry| entry.stored.sha256.0);
        let is_same = bool::from(known.ct_eq(&shown.0));
        let entry = entry.filter(|_| is_same).ok_or(Refusal::UnknownKey)?;
        let key = &entry.stored.key;
        if key.revoked_at.is_some() {
            return Err(Refusal::Revoked);
        }
        if !key.is_active(now) {
            return Err(Refusal::Expired);
        }
        if entry.note_use(now) {
            self.has_new_uses.store(true, Ordering::Release);
        }
        Ok(Principal {
            employee: key.employee,
            roles: Vec::new(),
            scopes: key.scopes,
            expires_at: key.expires_at,
            credential: Credential::ApiKey(id),
        })
    }

    /// Whether the key of this id is there and active.
    #[must_use]
    pub fn is_active(&self, id: KeyId, now: Timestamp) -> bool {
        self.keys.read().get(&id).is_some_and(|entry| entry.stored.key.is_active(now))
    }

    /// Writes when keys were last used, if that has changed and was not written within [`USES_WRITTEN_EVERY_MS`]. The
    /// owner calls it now and then. Says whether it wrote.
    ///
    /// # Errors
    /// When the file cannot be written; the uses are kept for the next time.
    pub fn flush_uses(&self, now: Timestamp) -> Result<bool, KeyStoreError> {
        let mut writer = self.writer.lock();
        // A clock that was set back must not stop the writing.
        let is_early = |at: Timestamp| (0..USES_WRITTEN_EVERY_MS).contains(&now.ms_since(at));
        if writer.uses_written_at.is_some_and(is_early) || !self.has_new_uses.swap(false, Ordering::AcqRel) {
            return Ok(false);
        }
        if let Err(error) = writer.file.replace(self.snapshot()) {
            self.has_new_uses.store(true, Ordering::Release);
            return Err(error);
        }
        writer.uses_written_at = Some(now);
        Ok(true)
    }

    fn snapshot(&self) -> Vec<StoredKey> {
        let mut all: Vec<StoredKey> = self.keys.read().values().map(Entry::to_stored).collect();
        all.sort_by_key(|stored| (stored.key.created_at, stored.key.id));
        all
    }

    fn draw_unused(&self) -> Result<(KeyId, zeroize::Zeroizing<String>), KeyStoreError> {
        loop {
            let drawn = text::draw().map_err(KeyStoreError::NoRandomness)?;
            if !self.keys.read().contains_key(&drawn.0) {
                return Ok(drawn);
            }
        }
    }
}

impl Entry {
    fn of(stored: StoredKey) -> Self {
        let used_at = AtomicI64::new(stored.key.last_used_at.map_or(NEVER, Timestamp::micros));
        Self { stored, used_at }
    }

    fn to_stored(&self) -> StoredKey {
        let mut stored = self.stored.clone();
        let used_at = self.used_at.load(Ordering::Relaxed);
        stored.key.last_used_at = (used_at != NEVER).then(|| Timestamp::from_micros(used_at));
        stored
    }

    /// Says whether it is the first use in this minute. Within a minute callers only read what they share.
    fn note_use(&self, now: Timestamp) -> bool {
        let minute = now.micros().saturating_sub(now.micros().rem_euclid(MINUTE_MICROS));
        self.used_at.load(Ordering::Relaxed) < minute && self.used_at.fetch_max(minute, Ordering::Relaxed) < minute
    }
}

fn hash(text: &str) -> TextHash {
    TextHash(Sha256::digest(text.as_bytes()).into())
}

fn check(order: &Order, now: Timestamp) -> Result<(), KeyStoreError> {
    if order.name.trim().is_empty() || order.name.chars().count() > NAME_LETTERS_MAX {
        return Err(KeyStoreError::BadOrder("its name has 1 to 100 characters"));
    }
    if order.name.chars().any(char::is_control) {
        return Err(KeyStoreError::BadOrder("its name has no control characters"));
    }
    if order.scopes.is_empty() {
        return Err(KeyStoreError::BadOrder("it has at least one scope"));
    }
    if order.expires_at.is_some_and(|end| end <= now) {
        return Err(KeyStoreError::BadOrder("it expires in the future"));
    }
    Ok(())
}

fn refuse_a_third(all: &[StoredKey], order: &Order, now: Timestamp) -> Result<(), KeyStoreError> {
    let is_same = |key: &&ApiKey| key.employee == order.employee && key.name == order.name && key.is_active(now);
    let active: Vec<KeyId> = all.iter().map(|stored| &stored.key).filter(is_same).map(|key| key.id).collect();
    match active[..] {
        [first, second, ..] => Err(KeyStoreError::TwoActive { name: order.name.clone(), active: [first, second] }),
        _ => Ok(()),
    }
}
