//! Tests of keys: the file of slots under every damage, who waits for which sync, and what a sealed part is bound to.

mod damage;
mod disk;
mod ledger;
mod linked;
mod rewrap;
mod sealing;
mod store;

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::privacy::{ErasureGround, PersonalDataErased};
use letopis_domain::values::Timestamp;
use parking_lot::Mutex;
use tempfile::TempDir;
use uuid::Uuid;

use super::medium::Medium;
use super::pages::Twin;
use super::*;

fn subject(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn place(folder: &Path) -> Place {
    let master_key = folder.join("master.key");
    Place { folder: folder.to_owned(), master_key, ledger: None, is_restoring: false }
}

fn erasure(number: u128, position: u64) -> Erasure {
    let fact = PersonalDataErased {
        subject: SubjectId(subject(number)),
        erased: SubjectId(subject(number)).into(),
        ground: ErasureGround::Objection,
        reference: None,
        employee: None,
    };
    Erasure {
        fact: Arc::new(fact),
        subject: subject(number),
        position: Position(position),
        recorded_at: Timestamp::from_micros(1_767_607_200_000_000),
    }
}

/// A store with keys of the subjects, made in batches, each at a later head.
fn filled(batches: &[&[u128]]) -> (TempDir, Uuid) {
    let folder = tempfile::tempdir().unwrap();
    let store = new(folder.path());
    for (index, batch) in batches.iter().enumerate() {
        let head = 100 * index as u64;
        let wanted: Vec<_> = batch.iter().map(|number| (subject(*number), head)).collect();
        store.create(&wanted).unwrap();
    }
    (folder, store.log())
}

fn new(folder: &Path) -> KeyStore {
    KeyStore::open(&place(folder), None, false).unwrap()
}

/// After an unclean stop; what is in doubt stays so.
fn reopen(folder: &Path, log: Uuid) -> Result<KeyStore, KeyError> {
    let store = KeyStore::open(&place(folder), Some(log), false)?;
    if store.doubt().is_none() {
        store.settle(false)?;
    }
    Ok(store)
}

/// Where a copy of a slot lies in the file.
fn slot_at(twin: Twin, slot: usize) -> std::ops::Range<usize> {
    let page = u32::try_from(slot / 32).unwrap();
    let start = usize::try_from(twin.offset(page)).unwrap() + slot % 32 * 128;
    start..start + 128
}

fn refusal(folder: &Path, log: Uuid) -> KeyError {
    reopen(folder, log).err().expect("it must not open")
}

/// What a medium was told to do, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Done {
    Write { offset: u64, bytes: Vec<u8> },
    Sync,
}

/// A file that writes down what is done to it, and waits or fails at a sync when told to.
struct Watched {
    file: File,
    done: Arc<Mutex<Vec<Done>>>,
    before_sync: Box<dyn FnMut() -> io::Result<()> + Send>,
}

impl Medium for Watched {
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
        Medium::read_at(&self.file, out, offset)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.done.lock().push(Done::Write { offset, bytes: bytes.to_vec() });
        Medium::write_at(&mut self.file, bytes, offset)
    }

    fn truncate(&mut self, size: u64) -> io::Result<()> {
        Medium::truncate(&mut self.file, size)
    }

    fn sync(&mut self) -> io::Result<()> {
        (self.before_sync)()?;
        self.done.lock().push(Done::Sync);
        Medium::sync(&mut self.file)
    }
}

/// A store whose file is watched.
fn watched(
    folder: &Path,
    before_sync: impl FnMut() -> io::Result<()> + Send + 'static,
) -> (KeyStore, Arc<Mutex<Vec<Done>>>) {
    let done = Arc::new(Mutex::new(Vec::new()));
    let of_medium = done.clone();
    let before_sync = Box::new(before_sync);
    let store = KeyStore::open_with(&place(folder), None, false, |file| {
        Box::new(Watched { file, done: of_medium, before_sync })
    });
    (store.unwrap(), done)
}
