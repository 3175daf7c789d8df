//! How many slots of the key store were in use when a group was written: a store that has fewer is an older copy.
//!
//! The row `slots` lies in the column family of the tree, beside its head, which every group overwrites too. Among the
//! records it would make every file begin at position 0, and compaction could not move files any more.

use super::records::{GroupBatch, Records, storage_error};
use crate::error::ReadError;

const SLOTS: &[u8] = b"slots";

impl GroupBatch {
    /// Says how many slots of the key store are in use.
    pub fn put_slots_used(&mut self, records: &Records, slots: u32) {
        if let Some(family) = records.tree_family() {
            self.0.put_cf(family, SLOTS, slots.to_be_bytes());
        }
    }
}

impl Records {
    /// How many slots of the key store were in use, as far as the records know; 0 when none ever was.
    pub fn slots_used(&self) -> Result<u32, ReadError> {
        let Some(family) = self.tree_family() else { return Ok(0) };
        let Some(bytes) = self.db.get_pinned_cf(family, SLOTS).map_err(storage_error)? else { return Ok(0) };
        let slots = bytes.as_ref().try_into().map(u32::from_be_bytes);
        slots.map_err(|_| ReadError::Storage("the number of slots in use is not 4 bytes long".to_owned()))
    }
}
