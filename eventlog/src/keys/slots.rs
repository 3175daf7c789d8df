//! The file of slots: read as a whole when it is opened, then written page by page and synced.
//!
//! A write goes to one copy of each page that it changes. The other copy has everything that was durable before, and is
//! brought level along with the next write, or when it is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::error::{KeyError, failed};
use super::medium::Medium;
use super::pages::{
    PAGE_SLOTS, Page, STRETCH_SIZE, STRETCH_SLOTS, Twin, merged, merged_page, page_of, put_slot, slot_in,
};
use super::slot::{SLOT_SIZE, Slot, subject_of_torn};

/// Slots that are kept free in the file, so that an erasure never needs it to grow.
const SPARE_SLOTS: u32 = 64;

/// The slots of a store, after the header.
pub(super) struct Slots {
    medium: Box<dyn Medium>,
    file: PathBuf,
    /// The first slot that was never in use; none after it is.
    next: u32,
    /// Slots that the file has room for.
    room: u32,
    /// Pages whose copies differ, and the one that lacks something.
    behind: BTreeMap<u32, Twin>,
    /// Pages that may be in memory only, should a sync have failed before the last stop.
    unsure: BTreeSet<u32>,
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
#[derive(Default)]
pub(super) struct Contents {
    /// Those that are whole and in use.
    pub whole: Vec<(u32, Slot)>,
    /// Those that are not.
    pub doubtful: Vec<Doubtful>,
}

impl Slots {
    /// Takes in the bytes of a file; the header is the first slot and was looked at before.
    pub fn new(medium: Box<dyn Medium>, file: &Path, bytes: &[u8], was_clean: bool) -> (Self, Contents) {
        let stretches = u32::try_from(bytes.len().div_ceil(STRETCH_SIZE)).unwrap_or(u32::MAX);
        let mut slots = Self {
            medium,
            file: file.to_owned(),
            next: 1,
            room: stretches.saturating_mul(STRETCH_SLOTS),
            behind: BTreeMap::new(),
            unsure: BTreeSet::new(),
            failure: None,
        };
        let mut contents = Contents::default();
        for page in 0..stretches.saturating_mul(STRETCH_SLOTS / PAGE_SLOTS) {
            slots.take_in(page, &Twin::BOTH.map(|twin| twin.read(bytes, page)), was_clean, &mut contents);
        }
        // What is free is in doubt only before slots that are in use.
        contents.doubtful.retain(|doubtful| doubtful.slot < slots.next);
        let last_batch = contents.whole.iter().map(|(_, slot)| slot.batch()).max().unwrap_or(0);
        slots.unsure.extend(page_of(last_batch)..=page_of(slots.next));
        (slots, contents)
    }

    fn take_in(&mut self, page: u32, twins: &[Page; 2], was_clean: bool, contents: &mut Contents) {
        let [first, second] = twins;
        if first != second {
            let lacks = if merged_page(first, second) == *first { Twin::Second } else { Twin::First };
            self.behind.insert(page, lacks);
        }
        for slot in (page * PAGE_SLOTS).max(1)..(page + 1) * PAGE_SLOTS {
            let (one, other) = (slot_in(first, slot), slot_in(second, slot));
            let subject = subject_of_torn(if Slot::decode(one) == Ok(Slot::Free) { other } else { one });
            let doubtful = |reason| Doubtful { slot, subject, reason };
            match merged(one, other, was_clean) {
                Ok(Slot::Free) => {
                    contents.doubtful.push(doubtful("it is empty, although later ones are in use"));
                    continue;
                }
                Ok(whole) => {
                    if !matches!(whole, Slot::Living(_)) {
                        self.unsure.insert(page);
                    }
                    contents.whole.push((slot, whole));
                }
                Err(reason) => contents.doubtful.push(doubtful(reason)),
            }
            self.next = slot + 1;
        }
    }

    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The slot that is used next.
    pub const fn next(&self) -> u32 {
        self.next
    }

    /// Why nothing more is written; none as long as something is.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Whether copies differ.
    pub fn is_uneven(&self) -> bool {
        !self.behind.is_empty()
    }

    /// The slot as it is on disk.
    pub fn read(&self, slot: u32) -> Result<Slot, KeyError> {
        let page = self.page(page_of(slot))?;
        Slot::decode(slot_in(&page, slot)).map_err(|reason| self.damaged(slot, reason))
    }

    /// The error about a slot.
    pub fn damaged(&self, slot: u32, reason: &'static str) -> KeyError {
        KeyError::DamagedSlot { file: self.file.clone(), slot, reason }
    }

    /// Makes sure that so many slots can be used, and some more for erasures, without the file having to grow. When
    /// there is no space, everything stays as it was.
    pub fn make_room(&mut self, count: usize) -> Result<(), KeyError> {
        let count = u32::try_from(count).map_err(|_| KeyError::Full)?;
        let needed = self.next.checked_add(count).and_then(|slots| slots.checked_add(SPARE_SLOTS));
        self.grow(needed.ok_or(KeyError::Full)?)
    }

    /// Writes slots, and syncs once; they are durable when this returns, in one copy. After a failure nobody knows what
    /// is on disk, and nothing more is written.
    pub fn write(&mut self, slots: &[(u32, Slot)]) -> Result<(), KeyError> {
        let Some(last) = slots.iter().map(|(slot, _)| *slot).max() else { return Ok(()) };
        self.check()?;
        self.grow(last.checked_add(1).ok_or(KeyError::Full)?)?;
        // Pages that are behind are brought level by the way.
        let mut pages = BTreeMap::new();
        for page in self.behind.keys() {
            pages.insert(*page, self.page(*page)?);
        }
        let mut changed = BTreeSet::new();
        for (slot, content) in slots {
            let page = page_of(*slot);
            let bytes = match pages.entry(page) {
                std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::btree_map::Entry::Vacant(place) => place.insert(self.page(page)?),
            };
            put_slot(bytes, *slot, &content.encode());
            changed.insert(page);
        }
        let behind = std::mem::take(&mut self.behind);
        let twin_of = |page: &u32| behind.get(page).copied().unwrap_or(Twin::First);
        let writes: Vec<_> = pages.iter().map(|(page, bytes)| (*page, twin_of(page), bytes)).collect();
        let written = self.put(&writes);
        self.watch(written)?;
        self.behind = changed.into_iter().map(|page| (page, twin_of(&page).other())).collect();
        self.next = self.next.max(last + 1);
        Ok(())
    }

    /// Brings both copies of every page level.
    pub fn level(&mut self) -> Result<(), KeyError> {
        self.check()?;
        if self.behind.is_empty() {
            return Ok(());
        }
        let pages = self.pages(self.behind.keys())?;
        let writes: Vec<_> = pages.iter().map(|(page, bytes)| (*page, self.behind[page], bytes)).collect();
        let written = self.put(&writes);
        self.watch(written)?;
        self.behind.clear();
        Ok(())
    }

    /// Writes anew what may be in memory only. The sync of a process before may have failed: what it had written reads
    /// as if it were there until the power fails, and is not on disk.
    pub fn make_sure(&mut self) -> Result<(), KeyError> {
        self.unsure.extend(self.behind.keys());
        self.level()?;
        let pages = self.pages(self.unsure.iter())?;
        for twin in Twin::BOTH {
            let writes: Vec<_> = pages.iter().map(|(page, bytes)| (*page, twin, bytes)).collect();
            let written = self.put(&writes);
            self.watch(written)?;
        }
        self.unsure.clear();
        Ok(())
    }

    fn pages<'a>(&self, wanted: impl Iterator<Item = &'a u32>) -> Result<BTreeMap<u32, Page>, KeyError> {
        let is_there = |page: &&u32| **page < self.room / PAGE_SLOTS;
        wanted.filter(is_there).map(|page| Ok((*page, self.page(*page)?))).collect()
    }

    /// A page as both copies make it. What stands behind the slots in use is nothing.
    fn page(&self, page: u32) -> Result<Page, KeyError> {
        let mut twins = [[0; super::pages::PAGE_SIZE]; 2];
        for (twin, bytes) in Twin::BOTH.into_iter().zip(&mut twins) {
            self.medium.read_at(bytes, twin.offset(page)).map_err(failed("reading", &self.file))?;
        }
        let [first, second] = &twins;
        let mut merged = merged_page(first, second);
        for slot in self.next.max(page * PAGE_SLOTS)..(page + 1) * PAGE_SLOTS {
            put_slot(&mut merged, slot, &[0; SLOT_SIZE]);
        }
        Ok(merged)
    }

    /// Writes pages where they belong, and syncs.
    fn put(&mut self, writes: &[(u32, Twin, &Page)]) -> Result<(), KeyError> {
        let is_next = |(page, twin, _): &(u32, Twin, &Page), (next, other, _): &(u32, Twin, &Page)| {
            page.checked_add(1) == Some(*next) && twin == other && next % super::pages::STRETCH_PAGES != 0
        };
        // New keys stand one after the other: one write for all of them.
        for run in writes.chunk_by(is_next) {
            let Some((first, twin, _)) = run.first() else { continue };
            let bytes: Vec<u8> = run.iter().flat_map(|(_, _, bytes)| bytes.iter().copied()).collect();
            self.medium.write_at(&bytes, twin.offset(*first)).map_err(failed("writing", &self.file))?;
        }
        self.medium.sync().map_err(failed("syncing", &self.file))
    }

    fn grow(&mut self, wanted: u32) -> Result<(), KeyError> {
        self.check()?;
        while self.room < wanted {
            let room = self.room.checked_add(STRETCH_SLOTS).ok_or(KeyError::Full)?;
            let size = u64::from(self.room / STRETCH_SLOTS) * STRETCH_SIZE as u64;
            let zeros = vec![0; STRETCH_SIZE];
            let grown = self.medium.write_at(&zeros, size).and_then(|()| self.medium.sync());
            if let Err(error) = grown {
                // Nobody uses anything of what was added.
                let cut = self.medium.truncate(size).map_err(failed("cutting", &self.file));
                self.watch(cut)?;
                return Err(failed("growing", &self.file)(error));
            }
            self.room = room;
        }
        Ok(())
    }

    #[cfg(test)]
    pub fn break_down(&mut self) {
        self.failure = Some("it was asked to fail".to_owned());
    }

    fn check(&self) -> Result<(), KeyError> {
        self.failure.as_ref().map_or(Ok(()), |reason| Err(KeyError::Failed(reason.clone())))
    }

    fn watch(&mut self, done: Result<(), KeyError>) -> Result<(), KeyError> {
        if let Err(error) = &done {
            self.failure = Some(error.to_string());
        }
        done
    }
}

/// Splits doubtful slots: an error for one that was whole and durable once, as a later batch proves; otherwise the
/// head of the log from which on records may use one of them.
pub(super) fn judge(slots: &Slots, contents: &Contents) -> Result<u64, KeyError> {
    let last_batch = contents.whole.iter().map(|(_, slot)| slot.batch()).max().unwrap_or(0);
    if let Some(lost) = contents.doubtful.iter().find(|doubtful| doubtful.slot < last_batch) {
        return Err(slots.damaged(lost.slot, lost.reason));
    }
    let first = contents.doubtful.first().map_or(u32::MAX, |doubtful| doubtful.slot);
    // A slot between the last batch and the first doubtful one may share its batch; its head says nothing then.
    let earlier = contents.whole.iter().filter(|(slot, _)| *slot < first.min(last_batch));
    Ok(earlier.map(|(_, slot)| slot.head()).max().unwrap_or(0))
}
