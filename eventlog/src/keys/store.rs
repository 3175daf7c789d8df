//! The key store: one file of slots, the master key that wraps them, and the ledger of erasures.
//!
//! A key is durable before anybody gets it, and its erasure is in the ledger before it is destroyed. Opening changes
//! nothing; once it is known that log and store fit, settling finishes what was begun.

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

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
use super::files::{Place, create, lock};
use super::keyring::{Entry, Keyring, SubjectKey};
use super::ledger::{Ledger, LedgerEnd, Line};
use super::master::MasterKey;
use super::medium::Medium;
use super::rewrap::{self, Fitting};
use super::slot::{Destroyed, Fingerprint, Living, Slot, WrapFor};
use super::slots::{Doubtful, Slots, judge};

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

/// The files of a store as of one moment.
pub(crate) struct Snapshot {
    /// The slots.
    pub slots: Zeroizing<Vec<u8>>,
    /// The ledger.
    pub ledger: Zeroizing<Vec<u8>>,
    /// How far the ledger goes.
    pub ledger_end: LedgerEnd,
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
    /// Slots that are durable and in use, the header among them.
    used: AtomicU32,
    state: Mutex<State>,
    /// Hears of every step of a destruction.
    listener: OnceLock<Box<dyn Fn(Step) + Send + Sync>>,
}

/// What is done of a destruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// One place of the ledger has the lines of those who are erased together, the other one has not.
    LedgerInOnePlace,
    /// The ledger has its lines.
    LedgerWritten,
    /// The keys are gone from one copy of their pages.
    OneCopyDestroyed,
}

struct State {
    master: MasterKey,
    /// Whether a replacement of the master key was decided and has to be finished.
    is_master_beside: bool,
    slots: Slots,
    ledger: Ledger,
    /// Slots that may have been torn before anything used them, and the head from which on records may.
    doubtful: (Vec<Doubtful>, u64),
    /// Slots of those who are erased, as the ledger says, and whose keys are still there.
    to_destroy: Vec<Erasure>,
    is_closed: bool,
    _lock: File,
}

impl KeyStore {
    /// Opens the store of a log, and changes nothing of it. One that is new has no id; it takes that of the store,
    /// which is made where it is missing, and must not have been used by another log.
    pub fn open(place: &Place, log: Option<Uuid>, was_clean: bool) -> Result<Self, KeyError> {
        Self::open_with(place, log, was_clean, |file| Box::new(file))
    }

    /// As [`KeyStore::open`], with something between the store and its file.
    pub(super) fn open_with(
        place: &Place,
        log: Option<Uuid>,
        was_clean: bool,
        medium: impl FnOnce(File) -> Box<dyn Medium>,
    ) -> Result<Self, KeyError> {
        let path = place.slots();
        if !path.exists() {
            if log.is_some() {
                return Err(KeyError::Missing(place.folder.clone()));
            }
            create(place)?;
        }
        let file = File::options().read(true).write(true).open(&path).map_err(failed("opening", &path))?;
        let lock = lock(&file, &path)?;
        let bytes = fs::read(&path).map_err(failed("reading", &path))?;
        let Fitting { master, header, secrets, is_beside } = rewrap::fitting(place, &bytes)?;
        let (slots, contents) = Slots::new(medium(file), &path, &bytes, was_clean);
        let is_used = !contents.whole.is_empty() || !contents.doubtful.is_empty();
        if log.map_or(is_used, |log| log != header.log) {
            return Err(KeyError::OtherLog { file: path, store: header.log, log: log.unwrap_or_default() });
        }
        let ledger = Ledger::open(&place.ledger(), place.ledger.as_deref(), header.log)?;
        let keyring = Arc::new(Keyring::new(secrets));
        keyring.insert(unwrap(&slots, &contents.whole, &master, header.log)?.into_iter());
        let after = judge(&slots, &contents)?;
        let to_destroy = take_out_erased(&keyring, &ledger);
        let (used, doubtful) = (AtomicU32::new(slots.next()), (contents.doubtful, after));
        let state = State {
            master,
            is_master_beside: is_beside,
            slots,
            ledger,
            doubtful,
            to_destroy,
            is_closed: false,
            _lock: lock,
        };
        let place = place.clone();
        Ok(Self { keyring, place, log: header.log, used, state: Mutex::new(state), listener: OnceLock::new() })
    }

    /// Makes durable what the last stop may have left in memory only, gives up the slots in doubt, which no record uses,
    /// and destroys every key that the ledger says is destroyed. Nothing is built on the store before.
    pub fn settle(&self, was_clean: bool) -> Result<(), KeyError> {
        let mut state = self.state.lock();
        state.is_master_beside = rewrap::settle(&self.place, state.is_master_beside)?.is_some();
        if state.slots.is_uneven() && was_clean {
            tracing::warn!("a copy of a page of the key store was damaged; it is made anew from the other one");
        }
        if !was_clean || state.slots.is_uneven() {
            state.slots.make_sure()?;
            state.ledger.make_sure()?;
        }
        // Durable before later slots are written: behind those they would be damage.
        let void = |doubtful: &Doubtful| (doubtful.slot, Slot::Void { batch: doubtful.slot });
        let voids: Vec<_> = state.doubtful.0.iter().map(void).collect();
        state.slots.write(&voids)?;
        state.slots.level()?;
        state.doubtful.0.clear();
        let to_destroy = std::mem::take(&mut state.to_destroy);
        self.carry_out(&mut state, &to_destroy)
    }

    /// Brings both copies of all keys level. Nothing more is written afterwards.
    pub fn close(&self) -> Result<(), KeyError> {
        let mut state = self.state.lock();
        state.is_closed = true;
        state.slots.level()
    }

    /// Fails when the log was written with keys that the store never had: it is an older copy.
    pub fn check_covers(&self, needed: u32) -> Result<(), KeyError> {
        let has = self.used();
        if has >= needed {
            return Ok(());
        }
        Err(KeyError::Outdated { file: self.state.lock().slots.file().to_owned(), has, needed })
    }

    /// Slots that are durable and in use: a record may need them.
    pub fn used(&self) -> u32 {
        self.used.load(Ordering::Acquire)
    }

    /// Fails when these subjects cannot be erased, as far as one can know before it is tried. To be asked before the
    /// log says that they are erased.
    pub fn check_erasable<'a>(&self, subjects: impl Iterator<Item = &'a Uuid>) -> Result<(), KeyError> {
        let unknown = self.keyring.missing(subjects).len();
        let mut state = self.state.lock();
        state.check_open()?;
        if let Some(reason) = state.slots.failure() {
            return Err(KeyError::Failed(reason.to_owned()));
        }
        if unknown == 0 { Ok(()) } else { state.slots.make_room(unknown) }
    }

    /// Tells every step of a destruction from here on, so that a test can come in between.
    pub fn listen(&self, listener: impl Fn(Step) + Send + Sync + 'static) {
        // There is one at most.
        let _ = self.listener.set(Box::new(listener));
    }

    fn pass(&self, step: Step) {
        if let Some(listener) = self.listener.get() {
            listener(step);
        }
    }

    /// As if a write had failed, to see it dealt with.
    #[cfg(test)]
    pub fn break_down(&self) {
        self.state.lock().slots.break_down();
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

    /// Makes keys for those of the subjects that never had one; each comes with a head of the log up to which no record
    /// uses it. The keys are durable when this returns, with one sync for all.
    pub fn create(&self, wanted: &[(Uuid, u64)]) -> Result<(), KeyError> {
        let mut state = self.state.lock();
        state.check_open()?;
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
        state.slots.make_room(slots.len())?;
        state.slots.write(&slots)?;
        self.used.store(state.slots.next(), Ordering::Release);
        self.keyring.insert(entries.into_iter());
        Ok(())
    }

    /// Destroys keys for ever, after their lines in the ledger are durable; a subject without a key can never get
    /// one. What was done before is not done again.
    pub fn destroy(&self, erasures: &[Erasure]) -> Result<(), KeyError> {
        let mut state = self.state.lock();
        state.check_open()?;
        let is_done =
            |erasure: &&Erasure| self.keyring.is_destroyed(&erasure.subject) && state.ledger.knows(&erasure.subject);
        let left: Vec<Erasure> = erasures.iter().filter(|erasure| !is_done(erasure)).cloned().collect();
        self.carry_out(&mut state, &left)
    }

    fn carry_out(&self, state: &mut State, erasures: &[Erasure]) -> Result<(), KeyError> {
        if erasures.is_empty() {
            return Ok(());
        }
        let (mut slots, mut lines) = (Vec::new(), Vec::new());
        let mut seen = FxHashSet::default();
        let batch = state.slots.next();
        let mut next = batch;
        for erasure in erasures.iter().filter(|erasure| seen.insert(erasure.subject)) {
            let known = self.keyring.slot(&erasure.subject);
            let slot = known.unwrap_or(next);
            let before = if slot < batch { state.slots.read(slot)? } else { Slot::Free };
            if !state.ledger.knows(&erasure.subject) {
                lines.push(self.line(erasure, slot, &before));
            }
            next += u32::from(known.is_none());
            if !matches!(before, Slot::Destroyed(_)) {
                slots.push((slot, Slot::Destroyed(destroyed(erasure, batch, &before))));
            }
        }
        for batch in lines.chunk_by(Line::is_of_one_event) {
            state.ledger.append(batch, &|| self.pass(Step::LedgerInOnePlace))?;
        }
        self.pass(Step::LedgerWritten);
        state.slots.write(&slots)?;
        self.pass(Step::OneCopyDestroyed);
        // The other copy as well: the key must be nowhere.
        state.slots.level()?;
        self.used.store(state.slots.next(), Ordering::Release);
        self.keyring.insert(slots.into_iter().filter_map(|(slot, content)| match content {
            Slot::Destroyed(destroyed) => Some((destroyed.subject, Entry::destroyed(slot))),
            _ => None,
        }));
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
    pub fn snapshot(&self) -> Result<Snapshot, KeyError> {
        let state = self.state.lock();
        let read = |path: PathBuf| fs::read(&path).map(Zeroizing::new).map_err(failed("reading", &path));
        let (slots, ledger) = (read(self.place.slots())?, read(self.place.ledger())?);
        Ok(Snapshot { slots, ledger, ledger_end: state.ledger.end() })
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
    fn line(&self, erasure: &Erasure, slot: u32, before: &Slot) -> Line {
        Line {
            subject: erasure.subject,
            fingerprint: HEXLOWER.encode(&fingerprint(before)),
            log: self.log,
            slot,
            position: erasure.position,
            recorded_at: erasure.recorded_at,
            fact: (*erasure.fact).clone(),
            previous: String::new(),
        }
    }
}

impl State {
    fn check_open(&self) -> Result<(), KeyError> {
        if self.is_closed { Err(KeyError::Closed) } else { Ok(()) }
    }
}

/// What is to stand in the slot of an erased subject; one that has none yet gets it in this batch.
fn destroyed(erasure: &Erasure, batch: u32, before: &Slot) -> Destroyed {
    let (batch, head) = if *before == Slot::Free { (batch, 0) } else { (before.batch(), before.head()) };
    let fingerprint = fingerprint(before);
    Destroyed { subject: erasure.subject, fingerprint, erased_at: erasure.position.0, batch, head }
}

fn fingerprint(slot: &Slot) -> Fingerprint {
    match slot {
        Slot::Living(living) => living.fingerprint,
        Slot::Destroyed(destroyed) => destroyed.fingerprint,
        Slot::Free | Slot::Void { .. } => Fingerprint::default(),
    }
}

/// Takes out the keys of those who are erased, as the ledger says: nobody gets them, although they are still on disk.
/// A crash came in between, or the store is older than the ledger.
fn take_out_erased(keyring: &Keyring, ledger: &Ledger) -> Vec<Erasure> {
    let of = |line: &Line| Erasure {
        subject: line.subject,
        position: line.position,
        recorded_at: line.recorded_at,
        fact: Arc::new(line.fact.clone()),
    };
    let has_key = |erasure: &Erasure| !keyring.is_destroyed(&erasure.subject);
    let erasures: Vec<Erasure> = ledger.lines().iter().map(of).filter(has_key).collect();
    // One without a slot gets one when the erasure is carried out.
    let gone = |erasure: &Erasure| Some((erasure.subject, Entry::destroyed(keyring.slot(&erasure.subject)?)));
    keyring.insert(erasures.iter().filter_map(gone).collect::<Vec<_>>().into_iter());
    erasures
}

/// The keys of all slots.
pub(super) fn unwrap(
    slots: &Slots,
    whole: &[(u32, Slot)],
    master: &MasterKey,
    log: Uuid,
) -> Result<Vec<(Uuid, Entry)>, KeyError> {
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
