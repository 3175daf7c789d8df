//! The file of slots: read as a whole when it is opened, then written slot by slot and synced.

use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::error::{KeyError, failed};
use super::medium::Medium;
use super::slot::{SLOT_SIZE, Slot, SlotBytes, subject_of_torn};

/// Slots by which the file grows: a write inside it is cheaper than one that makes it longer.
const GROW_SLOTS: u32 = 512;

/// The slots of a store, after the header.
pub(super) struct Slots {
    medium: Box<dyn Medium>,
    file: PathBuf,
    /// The first slot that was never in use; none after it is.
    next: u32,
    /// Slots that the file has room for.
    room: u32,
    /// Why nothing more is written.
    failure: Option<String>,
}

/// A slot that cannot be read. It may have been torn before anything used it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Doubtful {
    /// Its number.
    pub slot: u32,
    /// The subject that it seems to name.
    pub subject: Uuid,
    /// How it was noticed.
    pub reason: &'static str,
}

/// What is in a file of slots.
pub(super) struct Contents {
    /// Those that are whole and in use.
    pub whole: Vec<(u32, Slot)>,
    /// Those that are not.
    pub doubtful: Vec<Doubtful>,
}

impl Slots {
    /// Takes in the bytes of a file; the header is the first slot and was looked at before.
    pub fn new(medium: Box<dyn Medium>, file: &Path, bytes: &[u8]) -> (Self, Contents) {
        let mut contents = Contents { whole: Vec::new(), doubtful: Vec::new() };
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |last| last / SLOT_SIZE + 1);
        let mut next = 1;
        for (slot, chunk) in (0_u32..).zip(bytes.chunks(SLOT_SIZE).take(used)).skip(1) {
            let mut padded = [0; SLOT_SIZE];
            padded[..chunk.len()].copy_from_slice(chunk);
            let doubtful = |reason| Doubtful { slot, subject: subject_of_torn(&padded), reason };
            match Slot::decode(&padded) {
                Ok(Slot::Free) => contents.doubtful.push(doubtful("it is empty, although later ones are in use")),
                Ok(whole) => contents.whole.push((slot, whole)),
                Err(reason) => contents.doubtful.push(doubtful(reason)),
            }
            next = slot + 1;
        }
        let room = u32::try_from(bytes.len() / SLOT_SIZE).unwrap_or(u32::MAX).max(1);
        (Self { medium, file: file.to_owned(), next, room, failure: None }, contents)
    }

    /// The slot that is used next.
    pub const fn next(&self) -> u32 {
        self.next
    }

    /// The slot as it is on disk.
    pub fn read(&self, slot: u32) -> Result<Slot, KeyError> {
        let mut bytes: SlotBytes = [0; SLOT_SIZE];
        self.medium.read_at(&mut bytes, offset(slot)).map_err(failed("reading", &self.file))?;
        Slot::decode(&bytes).map_err(|reason| self.damaged(slot, reason))
    }

    /// The error about a slot.
    pub fn damaged(&self, slot: u32, reason: &'static str) -> KeyError {
        KeyError::DamagedSlot { file: self.file.clone(), slot, reason }
    }

    /// Writes slots in place, and syncs once; they are durable when this returns. After a failure nobody knows what is
    /// on disk, and nothing more is written.
    pub fn write(&mut self, slots: &[(u32, Slot)]) -> Result<(), KeyError> {
        if let Some(reason) = &self.failure {
            return Err(KeyError::Failed(reason.clone()));
        }
        let written = self.try_write(slots);
        if let Err(error) = &written {
            self.failure = Some(error.to_string());
        }
        written
    }

    fn try_write(&mut self, slots: &[(u32, Slot)]) -> Result<(), KeyError> {
        let Some(last) = slots.iter().map(|(slot, _)| *slot).max() else { return Ok(()) };
        if last >= self.room {
            let room = last.checked_add(GROW_SLOTS).ok_or(KeyError::Full)?;
            let zeros = vec![0; (room - self.room) as usize * SLOT_SIZE];
            self.medium.write_at(&zeros, offset(self.room)).map_err(failed("growing", &self.file))?;
            self.room = room;
        }
        // New keys stand one after the other: one write for all of them.
        for run in slots.chunk_by(|(slot, _), (next, _)| slot.checked_add(1) == Some(*next)) {
            let Some((first, _)) = run.first() else { continue };
            let bytes: Vec<u8> = run.iter().flat_map(|(_, content)| content.encode()).collect();
            self.medium.write_at(&bytes, offset(*first)).map_err(failed("writing", &self.file))?;
        }
        self.medium.sync().map_err(failed("syncing", &self.file))?;
        self.next = self.next.max(last + 1);
        Ok(())
    }
}

/// Splits doubtful slots: an error for one that was whole and durable once, as a later batch proves; otherwise the
/// head of the log from which on records may use one of them.
pub(super) fn judge(slots: &Slots, contents: &Contents) -> Result<u64, KeyError> {
    let batch_and_head = |slot: &Slot| match slot {
        Slot::Living(living) => (living.batch, living.head),
        Slot::Destroyed(destroyed) => (destroyed.batch, destroyed.head),
        Slot::Void { batch } => (*batch, 0),
        Slot::Free => (0, 0),
    };
    let last_batch = contents.whole.iter().map(|(_, slot)| batch_and_head(slot).0).max().unwrap_or(0);
    if let Some(lost) = contents.doubtful.iter().find(|doubtful| doubtful.slot < last_batch) {
        return Err(slots.damaged(lost.slot, lost.reason));
    }
    let first = contents.doubtful.first().map_or(u32::MAX, |doubtful| doubtful.slot);
    // A slot between the last batch and the first doubtful one may share its batch; its head says nothing then.
    let earlier = contents.whole.iter().filter(|(slot, _)| *slot < first.min(last_batch));
    Ok(earlier.map(|(_, slot)| batch_and_head(slot).1).max().unwrap_or(0))
}

fn offset(slot: u32) -> u64 {
    u64::from(slot) * SLOT_SIZE as u64
}
