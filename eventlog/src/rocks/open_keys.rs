//! Opening the keys of a log: whether they belong to it, and what a power cut left of them. Nothing is changed here:
//! the log may yet turn out to be one that must not be opened.

use std::ops::ControlFlow;

use super::open::OpenError;
use super::records::{self, Records};
use crate::keys::{KeyStore, NoKey, Place};
use crate::log::Direction;

/// Opens the key store that belongs to the log, or makes both belong together when the log is new.
pub(super) fn open(records: &Records, head: u64, place: &Place, was_clean: bool) -> Result<KeyStore, OpenError> {
    let id = records.log_id()?;
    if id.is_none() && head > 0 {
        return Err(OpenError::WithoutId);
    }
    let keys = KeyStore::open(place, id, was_clean)?;
    if id.is_none() {
        records.set_log_id(keys.log())?;
    }
    keys.check_covers(records.slots_used()?)?;
    judge_doubt(records, &keys, head, was_clean)?;
    Ok(keys)
}

/// Judges slots of the key store that cannot be read. A power cut tears those whose keys nobody has yet; when a record
/// uses a key that is not there, it was damage.
fn judge_doubt(records: &Records, keys: &KeyStore, head: u64, was_clean: bool) -> Result<(), OpenError> {
    let Some((doubt, after)) = keys.doubt() else { return Ok(()) };
    if was_clean {
        return Err(doubt.into());
    }
    // A log that is older than its keys has other records at these positions than those that the keys were made after.
    let after = if after > head { 0 } else { after };
    let mut is_used = false;
    records.scan(after, head, Direction::Forward, &mut |position, bytes| {
        let frame = records::frame(position, bytes)?;
        is_used = frame.is_sealed() && matches!(keys.keyring().no_key(&frame.subjects()?), Some(NoKey::Absent(_)));
        Ok(if is_used { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if is_used {
        return Err(doubt.into());
    }
    tracing::warn!(%doubt, "a key was not written completely before anything used it; its slot is given up");
    Ok(())
}
