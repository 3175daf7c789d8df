//! The key store: one file of slots, the master key that wraps them, and the ledger of erasures.
//!
//! A key is durable before anybody gets it, and its erasure is in the ledger before it is destroyed. Opening finishes
//! what the ledger says was begun.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::privacy::PersonalDataErased;
use letopis_domain::values::Timestamp;
use parking_lot::Mutex;
use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::cipher::{self, KEY_SIZE};
use super::error::{KeyError, failed};
use super::keyring::{Entry, Keyring, SubjectKey};
use super::ledger::{Ledger, LedgerEnd, Line};
use super::master::{self, MasterKey};
use super::medium::Medium;
use super::secrets::Secrets;
use super::slot::{Destroyed, FINGERPRINT_SIZE, Fingerprint, Header, Living, Slot, SlotBytes, WrapFor};
use super::slots::{Contents, Doubtful, Slots, judge};

/// Where a key store is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its folder.
    pub folder: PathBuf,
    /// The file of the master key.
    pub master_key: PathBuf,
    /// The second place of the ledger of erasures, if it has one.
    pub ledger: Option<PathBuf>,
}

/// The slots, in the folder of a key store.
pub const SLOTS_FILE: &str = "subject-keys";
/// The ledger of erasures, in the folder of a key store.
pub const LEDGER_FILE: &str = "erasures";
/// The master key, in the folder of a key store unless it is kept apart.
pub const MASTER_KEY_FILE: &str = "master.key";

impl Place {
    fn slots(&self) -> PathBuf {
        self.folder.join(SLOTS_FILE)
    }

    fn ledger(&self) -> PathBuf {
        self.folder.join(LEDGER_FILE)
    }
}

/// One subject to be erased, as the log records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Erasure {
    /// Who.
    pub subject: Uuid,
    /// Where the log says so.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What the log says.
    pub fact: Arc<PersonalDataErased>,
}

/// Someone who was erased, as the ledger says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasedSubject {
    /// Who.
    pub subject: SubjectId,
    /// What named the key, in hexadecimal; zeros when there never was one.
    pub fingerprint: String,
    /// Where the log records it.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What the log recorded.
    pub fact: PersonalDataErased,
}

/// An open key store, held against other processes until it is dropped.
pub(crate) struct KeyStore {
    keyring: Arc<Keyring>,
    place: Place,
    log: Uuid,
    state: Mutex<State>,
}

struct State {
    master: MasterKey,
    slots: Slots,
    ledger: Ledger,
    /// Slots that may have been torn before anything used them, and the head from which on records may.
    doubtful: (Vec<Doubtful>, u64),
    _lock: File,
}

impl KeyStore {
    /// Opens the store of a log. One that is new has no id; it takes that of the store, which is made where it is
    /// missing, and must not have been used by another log.
    pub fn open(place: &Place, log: Option<Uuid>) -> Result<Self, KeyError> {
        Self::open_with(place, log, |file| Box::new(file))
    }

    /// As [`KeyStore::open`], with something between the store and its file.
    pub(super) fn open_with(
        place: &Place,
        log: Option<Uuid>,
        medium: impl FnOnce(File) -> Box<dyn Medium>,
    ) -> Result<Self, KeyError> {
        let path = place.slots();
        if !path.exists() {
            if log.is_some() {
                return Err(KeyError::Missing(place.folder.clone()));
            }
            create(place)?;
        }
        let missing = KeyError::UnreadableMasterKey {
            file: place.master_key.clone(),
            reason: "there is no such file".to_owned(),
        };
        let master = master::read(&place.master_key)?.ok_or(missing)?;
        let file = File::options().read(true).write(true).open(&path).map_err(failed("opening", &path))?;
        let lock = lock(&file, &path)?;
        let bytes = fs::read(&path).map_err(failed("reading", &path))?;
        let (header, secrets) = read_header(place, &master, &bytes)?;
        let (slots, mut contents) = Slots::new(medium(file), &path, &bytes);
        let is_used = !contents.whole.is_empty() || !contents.doubtful.is_empty();
        if log.map_or(is_used, |log| log != header.log) {
            return Err(KeyError::OtherLog { file: path, store: header.log, log: log.unwrap_or_default() });
        }
        let ledger = Ledger::open(&place.ledger(), place.ledger.as_deref(), header.log)?;
        let keyring = Arc::new(Keyring::new(secrets));
        let torn_ends = take_torn_ends(&mut contents, &ledger);
        keyring.insert(unwrap(&slots, &contents.whole, &master, header.log)?.into_iter());
        let after = judge(&slots, &contents)?;
        let doubtful = (contents.doubtful, after);
        let state = State { master, slots, ledger, doubtful, _lock: lock };
        let store = Self { keyring, place: place.clone(), log: header.log, state: Mutex::new(state) };
        store.finish_erasures(&torn_ends)?;
        Ok(store)
    }

    /// The log that the store belongs to.
    pub const fn log(&self) -> Uuid {
        self.log
    }

    /// The keys in memory.
    pub const fn keyring(&self) -> &Arc<Keyring> {
        &self.keyring
    }

    /// The first slot that cannot be read and may or may not have been used, and the head of the log after which the
    /// records must be asked about it.
    pub fn doubt(&self) -> Option<(KeyError, u64)> {
        let state = self.state.lock();
        let (slots, after) = &state.doubtful;
        let first = slots.first()?;
        Some((state.slots.damaged(first.slot, first.reason), *after))
    }

    /// No record uses the slots in doubt: nobody ever will.
    pub fn void_doubtful(&self) -> Result<(), KeyError> {
        let mut state = self.state.lock();
        let void = |doubtful: &Doubtful| (doubtful.slot, Slot::Void { batch: doubtful.slot });
        let voids: Vec<_> = state.doubtful.0.iter().map(void).collect();
        state.slots.write(&voids)?;
        state.doubtful.0.clear();
        Ok(())
    }

    /// Makes keys for those of the subjects that never had one; each comes with a head of the log up to which no record
    /// uses it. The keys are durable when this returns, with one sync for all.
    pub fn create(&self, wanted: &[(Uuid, u64)]) -> Result<(), KeyError> {
        let mut state = self.state.lock();
        let heads: FxHashMap<Uuid, u64> = wanted.iter().copied().collect();
        let missing = self.keyring.missing(heads.keys());
        let batch = state.slots.next();
        let mut slots = Vec::with_capacity(missing.len());
        let mut entries = Vec::with_capacity(missing.len());
        for (slot, subject) in (batch..u32::MAX).zip(&missing) {
            let mut key = Zeroizing::new([0; KEY_SIZE]);
            cipher::random(&mut *key).map_err(KeyError::Random)?;
            let wrap_for = WrapFor { log: self.log, slot, subject: *subject };
            let wrapped = wrap_for.wrap(&state.master, &key).map_err(KeyError::Random)?;
            let fingerprint = self.keyring.secrets.fingerprint(&key);
            let head = heads.get(subject).copied().unwrap_or_default();
            slots.push((slot, Slot::Living(Living { subject: *subject, wrapped, fingerprint, batch, head })));
            entries.push((*subject, Entry::living(slot, SubjectKey::new(&key))));
        }
        if slots.len() < missing.len() {
            return Err(KeyError::Full);
        }
        state.slots.write(&slots)?;
        self.keyring.insert(entries.into_iter());
        Ok(())
    }

    /// Destroys keys for ever, each after its line in the ledger is durable; a subject without a key can never get
    /// one. What was done before is not done again.
    pub fn destroy(&self, erasures: &[Erasure]) -> Result<(), KeyError> {
        let mut state = self.state.lock();
        let state = &mut *state;
        let mut slots = Vec::new();
        let mut seen = FxHashSet::default();
        let mut next = state.slots.next();
        for erasure in erasures {
            let known = self.keyring.place(&erasure.subject);
            let is_done = matches!(known, Some((_, None)));
            if !seen.insert(erasure.subject) {
                continue;
            }
            let (slot, fingerprint) = known.map_or((next, None), |(slot, fingerprint)| (slot, fingerprint));
            if !state.ledger.knows(&erasure.subject) {
                state.ledger.append(self.line(state, erasure, slot, fingerprint)?)?;
            }
            if is_done {
                continue;
            }
            next += u32::from(known.is_none());
            slots.push((slot, destroyed(state, erasure, slot, fingerprint)?));
        }
        state.slots.write(&slots)?;
        let entry = |(slot, content): (u32, Slot)| match content {
            Slot::Destroyed(destroyed) => Some((destroyed.subject, Entry::destroyed(slot))),
            _ => None,
        };
        self.keyring.insert(slots.into_iter().filter_map(entry));
        Ok(())
    }

    /// Every erasure in the ledger, oldest first.
    pub fn erasures(&self) -> Vec<ErasedSubject> {
        let of = |line: &Line| ErasedSubject {
            subject: SubjectId(line.subject),
            fingerprint: line.fingerprint.clone(),
            position: line.position,
            recorded_at: line.recorded_at,
            fact: line.fact.clone(),
        };
        self.state.lock().ledger.lines().iter().map(of).collect()
    }

    /// Where it is.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// How far the ledger goes.
    pub fn ledger_end(&self) -> LedgerEnd {
        self.state.lock().ledger.end()
    }

    /// The files of slots and ledger as they are between two changes, and how far the ledger goes.
    pub fn snapshot(&self) -> Result<(Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>, LedgerEnd), KeyError> {
        let state = self.state.lock();
        let read = |path: PathBuf| fs::read(&path).map(Zeroizing::new).map_err(failed("reading", &path));
        Ok((read(self.place.slots())?, read(self.place.ledger())?, state.ledger.end()))
    }

    /// Refuses a ledger that has no line about a key that was destroyed, or about someone whom the log erases.
    pub fn check_ledger(&self, erased_by_log: impl Iterator<Item = Uuid>) -> Result<(), KeyError> {
        let state = self.state.lock();
        let by_keys = self.keyring.destroyed().into_iter().map(|of| (of, "key store"));
        let mut erased = by_keys.chain(erased_by_log.map(|of| (of, "log")));
        let unknown = erased.find(|(of, _)| !state.ledger.knows(of));
        unknown.map_or(Ok(()), |(of, by)| Err(KeyError::UnknownErasure { of, by }))
    }

    /// The line of an erasure. The key may be gone already, when the ledger is not the one that it was destroyed with.
    fn line(
        &self,
        state: &State,
        erasure: &Erasure,
        slot: u32,
        fingerprint: Option<Fingerprint>,
    ) -> Result<Line, KeyError> {
        let fingerprint = match fingerprint {
            Some(fingerprint) => fingerprint,
            None if slot < state.slots.next() => match state.slots.read(slot)? {
                Slot::Destroyed(destroyed) => destroyed.fingerprint,
                _ => Fingerprint::default(),
            },
            None => Fingerprint::default(),
        };
        Ok(Line {
            subject: erasure.subject,
            fingerprint: HEXLOWER.encode(&fingerprint),
            log: self.log,
            slot,
            position: erasure.position,
            recorded_at: erasure.recorded_at,
            fact: (*erasure.fact).clone(),
            previous: String::new(),
        })
    }

    /// Destroys every key that the ledger says is destroyed: a crash came in between, or the store is a backup.
    fn finish_erasures(&self, torn_ends: &[(u32, Slot)]) -> Result<(), KeyError> {
        {
            let mut state = self.state.lock();
            state.slots.write(torn_ends)?;
            let subjects = torn_ends.iter().filter_map(|(slot, content)| match content {
                Slot::Destroyed(destroyed) => Some((destroyed.subject, Entry::destroyed(*slot))),
                _ => None,
            });
            self.keyring.insert(subjects);
        }
        let of = |erased: ErasedSubject| {
            let ErasedSubject { subject, position, recorded_at, fact, .. } = erased;
            Erasure { subject: subject.0, position, recorded_at, fact: Arc::new(fact) }
        };
        let erasures: Vec<Erasure> = self.erasures().into_iter().map(of).collect();
        self.destroy(&erasures)
    }
}

/// What is to stand in the slot of an erased subject.
fn destroyed(state: &State, erasure: &Erasure, slot: u32, fingerprint: Option<Fingerprint>) -> Result<Slot, KeyError> {
    let mut destroyed = Destroyed {
        subject: erasure.subject,
        fingerprint: fingerprint.unwrap_or_default(),
        erased_at: erasure.position.0,
        batch: slot,
        head: 0,
    };
    if slot < state.slots.next()
        && let Slot::Living(living) = state.slots.read(slot)?
    {
        (destroyed.batch, destroyed.head) = (living.batch, living.head);
    }
    Ok(Slot::Destroyed(destroyed))
}

/// Takes out the slots that were torn while their keys were destroyed: the ledger knows them.
fn take_torn_ends(contents: &mut Contents, ledger: &Ledger) -> Vec<(u32, Slot)> {
    let mut ends = Vec::new();
    contents.doubtful.retain(|doubtful| {
        let is_its = |line: &&Line| line.slot == doubtful.slot && line.subject == doubtful.subject;
        let Some(line) = ledger.lines().iter().find(is_its) else { return true };
        tracing::warn!(
            slot = doubtful.slot,
            "a slot of the key store was torn while its key was destroyed; it is destroyed now"
        );
        let mut fingerprint = [0; FINGERPRINT_SIZE];
        let decoded = HEXLOWER.decode(line.fingerprint.as_bytes()).unwrap_or_default();
        if decoded.len() == FINGERPRINT_SIZE {
            fingerprint.copy_from_slice(&decoded);
        }
        let (subject, erased_at, batch) = (line.subject, line.position.0, doubtful.slot);
        ends.push((doubtful.slot, Slot::Destroyed(Destroyed { subject, fingerprint, erased_at, batch, head: 0 })));
        false
    });
    ends
}

/// The keys of all slots.
fn unwrap(slots: &Slots, whole: &[(u32, Slot)], master: &MasterKey, log: Uuid) -> Result<Vec<(Uuid, Entry)>, KeyError> {
    let mut entries = Vec::with_capacity(whole.len());
    let mut seen = FxHashSet::default();
    for (slot, content) in whole {
        let (subject, key) = match content {
            Slot::Living(living) => {
                let wrap_for = WrapFor { log, slot: *slot, subject: living.subject };
                let key = wrap_for.unwrap(master, &living.wrapped);
                (living.subject, Some(key.ok_or_else(|| slots.damaged(*slot, "its key does not unwrap"))?))
            }
            Slot::Destroyed(destroyed) => (destroyed.subject, None),
            Slot::Void { .. } | Slot::Free => continue,
        };
        if !seen.insert(subject) {
            return Err(slots.damaged(*slot, "its subject has another slot"));
        }
        let living = |key: Zeroizing<_>| Entry::living(*slot, SubjectKey::new(&key));
        entries.push((subject, key.map_or(Entry::destroyed(*slot), living)));
    }
    Ok(entries)
}

/// The header, and the secrets that it holds.
fn read_header(place: &Place, master: &MasterKey, bytes: &[u8]) -> Result<(Header, Secrets), KeyError> {
    let file = place.slots();
    let damaged = |reason| KeyError::DamagedHeader { file: file.clone(), reason };
    let slot: &SlotBytes = bytes.first_chunk().ok_or_else(|| damaged("it is cut short"))?;
    let header = Header::decode(slot).map_err(damaged)?;
    let wrap_for = WrapFor { log: header.log, slot: 0, subject: Uuid::nil() };
    let secret = wrap_for
        .unwrap(master, &header.secret)
        .ok_or_else(|| KeyError::WrongMasterKey { master_key: place.master_key.clone(), file: file.clone() })?;
    Ok((header, Secrets::new(&secret)))
}

/// Makes a store for a new log. Its file appears whole or not at all.
fn create(place: &Place) -> Result<(), KeyError> {
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
        file.write_all_at(&Header { log, secret }.encode(), 0)?;
        file.sync_all()
    };
    write().map_err(failed("writing", &new))?;
    fs::rename(&new, &path).map_err(failed("renaming", &new))?;
    master::sync_folder_of(&path)
}

/// Holds the file against other processes for as long as what this returns lives.
fn lock(file: &File, path: &Path) -> Result<File, KeyError> {
    let lock = file.try_clone().map_err(failed("locking", path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(KeyError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed("locking", path)(error)),
    }
}
