//! Where slots lie in their file: in pages of 4 KiB, each of which is there twice.
//!
//! A write that is interrupted may spoil the whole page that the disk was writing, and with it the keys beside the new
//! one. So of the two copies of a page only one is ever written between two syncs, and the other has all keys that
//! anybody uses. A slot goes through its states in one direction, so that of two copies the later one is known.

use super::slot::{SLOT_SIZE, Slot, SlotBytes, is_whole};

/// Bytes of a page: what disks write at once, whatever they say.
pub(super) const PAGE_SIZE: usize = 4_096;
/// Slots of a page.
pub(super) const PAGE_SLOTS: u32 = 32;
/// Pages by which the file grows: first one copy of all, then the other.
pub(super) const STRETCH_PAGES: u32 = 16;
/// Slots of a stretch.
pub(super) const STRETCH_SLOTS: u32 = STRETCH_PAGES * PAGE_SLOTS;
/// Bytes of a stretch, with both copies.
pub(super) const STRETCH_SIZE: usize = 2 * STRETCH_PAGES as usize * PAGE_SIZE;

/// The bytes of a page.
pub(super) type Page = [u8; PAGE_SIZE];

/// One of the copies of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twin {
    First,
    Second,
}

impl Twin {
    pub const BOTH: [Self; 2] = [Self::First, Self::Second];

    pub const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }

    /// Where this copy of a page lies.
    pub const fn offset(self, page: u32) -> u64 {
        let before = match self {
            Self::First => 0,
            Self::Second => STRETCH_PAGES,
        };
        let (stretch, place) = (page / STRETCH_PAGES, page % STRETCH_PAGES);
        stretch as u64 * STRETCH_SIZE as u64 + (before + place) as u64 * PAGE_SIZE as u64
    }

    /// This copy of a page in the bytes of a file; what is not there reads as zeros.
    pub fn read(self, bytes: &[u8], page: u32) -> Page {
        let mut out = [0; PAGE_SIZE];
        let from = usize::try_from(self.offset(page)).unwrap_or(usize::MAX);
        let there = bytes.get(from..).unwrap_or_default();
        let size = there.len().min(PAGE_SIZE);
        out[..size].copy_from_slice(&there[..size]);
        out
    }
}

/// The page of a slot.
pub(super) const fn page_of(slot: u32) -> u32 {
    slot / PAGE_SLOTS
}

/// The bytes of a slot in its page.
pub(super) fn slot_in(page: &Page, slot: u32) -> &SlotBytes {
    let (slots, _) = page.as_chunks();
    &slots[(slot % PAGE_SLOTS) as usize]
}

/// Puts a slot into its page.
pub(super) fn put_slot(page: &mut Page, slot: u32, bytes: &SlotBytes) {
    let from = (slot % PAGE_SLOTS) as usize * SLOT_SIZE;
    page[from..from + SLOT_SIZE].copy_from_slice(bytes);
}

/// What two copies say of a slot. Where one cannot be read the other one counts; but a copy that is free says nothing
/// beside one that cannot be read, unless all copies are known to have been alike.
pub(super) fn merged(first: &SlotBytes, second: &SlotBytes, were_alike: bool) -> Result<Slot, &'static str> {
    match (Slot::decode(first), Slot::decode(second)) {
        (Ok(one), Ok(other)) => later(one, other).ok_or("its two copies contradict each other"),
        (Ok(Slot::Free), Err(reason)) | (Err(reason), Ok(Slot::Free)) if !were_alike => Err(reason),
        (Ok(slot), Err(_)) | (Err(_), Ok(slot)) => Ok(slot),
        (Err(reason), Err(_)) => Err(reason),
    }
}

/// The later of two states of one slot; none when neither can come from the other.
fn later(one: Slot, other: Slot) -> Option<Slot> {
    match (&one, &other) {
        (_, Slot::Free) => Some(one),
        (Slot::Free, _) => Some(other),
        (Slot::Living(living), Slot::Destroyed(destroyed)) if living.subject == destroyed.subject => Some(other),
        (Slot::Destroyed(destroyed), Slot::Living(living)) if living.subject == destroyed.subject => Some(one),
        _ => (one == other).then_some(one),
    }
}

/// The page that two copies make. Of a slot that cannot be read the bytes stay that say most; so does the header.
pub(super) fn merged_page(first: &Page, second: &Page) -> Page {
    if first == second {
        return *first;
    }
    let mut out = *first;
    for slot in 0..PAGE_SLOTS {
        let (one, other) = (slot_in(first, slot), slot_in(second, slot));
        match merged(one, other, false) {
            Ok(known) => put_slot(&mut out, slot, &known.encode()),
            Err(_) if *one == [0; SLOT_SIZE] || is_whole(other) => put_slot(&mut out, slot, other),
            Err(_) => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_copy_of_every_page_has_a_place_of_its_own() {
        let places: std::collections::BTreeSet<u64> =
            (0..100).flat_map(|page| Twin::BOTH.map(|twin| twin.offset(page))).collect();
        assert_eq!(places.len(), 200);
        assert!(places.iter().all(|place| place % PAGE_SIZE as u64 == 0));
        // Nothing is left out: the first stretches are full.
        let whole = places.range(..6 * STRETCH_SIZE as u64).count();
        assert_eq!(whole, 6 * 2 * STRETCH_PAGES as usize);
    }
}
