//! Look-ups in the index on disk: rows of their own, so that they can be deleted one by one.
//!
//! `l | look-up | position` is a posting block of one posting. `u | subject | position` says what the event at the
//! position is filed under: number of look-ups, the look-ups, and the other subjects of the event. Both are written
//! and deleted in one batch, so that a crash, which loses the newest part of the index, never splits them.

use std::sync::Arc;

use rust_rocksdb::{BottommostLevelCompaction, CompactOptions, ReadOptions, WriteBatch};
use smallvec::SmallVec;
use uuid::Uuid;

use super::index::{Index, PREFIX_SIZE, posting_key, without_wal};
use super::keys::List;
use super::lookups::Filed;
use super::postings;
use super::storage_error;
use super::tail::Generation;
use crate::error::ReadError;
use crate::keys::Lookup;

/// Kind of a look-up's posting.
pub(super) const LOOKUPS: u8 = b'l';
const SUBJECTS: u8 = b'u';
/// From this many on, look-ups are not scrubbed one by one.
const SCRUB_EACH_MAX: usize = 16;

/// What was deleted and may still stand in files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Scrub {
    lookups: Vec<Lookup>,
    subjects: Vec<Uuid>,
    /// Not known any more what.
    is_everything: bool,
}

impl Scrub {
    /// What was deleted before a crash.
    pub fn everything() -> Self {
        Self { is_everything: true, ..Self::default() }
    }

    pub const fn is_empty(&self) -> bool {
        self.lookups.is_empty() && self.subjects.is_empty() && !self.is_everything
    }
}

/// Adds the look-ups of a complete generation to a batch.
pub(super) fn file(generation: &Generation, batch: &mut WriteBatch) {
    let mut value = Vec::new();
    for (subject, posting, filed) in generation.lookups().rows() {
        for lookup in &filed.lookups {
            value.clear();
            postings::encode(&[posting], &mut value);
            batch.put(posting_key(List::Lookup(*lookup), posting.position), &value);
        }
        batch.put(subject_key(subject, posting.position), write(subject, &filed));
    }
}

impl Index {
    /// Deletes the look-ups of every event that is about one of the subjects.
    pub fn unfile(&self, subjects: &[Uuid]) -> Result<Scrub, ReadError> {
        let _filing = self.filing.lock();
        let mut batch = WriteBatch::default();
        let mut scrub = Scrub::default();
        for subject in subjects {
            for (position, filed) in self.filed_of(*subject)? {
                for lookup in &filed.lookups {
                    batch.delete(posting_key(List::Lookup(*lookup), position));
                    scrub.lookups.push(*lookup);
                }
                for subject in &filed.subjects {
                    batch.delete(subject_key(*subject, position));
                    scrub.subjects.push(*subject);
                }
            }
        }
        scrub.lookups.sort_unstable();
        scrub.lookups.dedup();
        scrub.subjects.sort_unstable();
        scrub.subjects.dedup();
        if !scrub.is_empty() {
            self.db.write_opt(&batch, &without_wal()).map_err(storage_error)?;
        }
        Ok(scrub)
    }

    /// What the events about a subject are filed under, by position.
    pub fn filed_of(&self, subject: Uuid) -> Result<Vec<(u64, Filed)>, ReadError> {
        let mut options = ReadOptions::default();
        options.set_prefix_same_as_start(true);
        let mut iterator = self.db.raw_iterator_opt(options);
        iterator.seek(subject_key(subject, 0));
        let mut rows = Vec::new();
        while let Some((key, value)) = iterator.item() {
            match split_subject_key(key) {
                Some((found, position)) if found == subject => rows.push((position, read(subject, value)?)),
                _ => break,
            }
            iterator.next();
        }
        iterator.status().map_err(storage_error)?;
        Ok(rows)
    }

    /// Rewrites the files that may hold what was deleted.
    pub fn scrub(&self, scrub: &Scrub) -> Result<(), ReadError> {
        if scrub.is_empty() {
            return Ok(());
        }
        self.db.flush().map_err(storage_error)?;
        let mut options = CompactOptions::default();
        options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        let ranges: Vec<_> = if scrub.is_everything || scrub.lookups.len() > SCRUB_EACH_MAX {
            vec![(vec![LOOKUPS], vec![LOOKUPS + 1]), (vec![SUBJECTS], vec![SUBJECTS + 1])]
        } else {
            let of_lookup = |lookup: &Lookup| {
                let key = |position| posting_key(List::Lookup(*lookup), position).to_vec();
                (key(0), key(u64::MAX))
            };
            let of_subject = |subject: &Uuid| {
                let key = |position| subject_key(*subject, position).to_vec();
                (key(0), key(u64::MAX))
            };
            scrub.lookups.iter().map(of_lookup).chain(scrub.subjects.iter().map(of_subject)).collect()
        };
        for (start, end) in ranges {
            self.db.compact_range_opt(Some(start), Some(end), &options);
        }
        Ok(())
    }
}

/// The subject and the position of a row; none when the key is another.
pub(super) fn split_subject_key(key: &[u8]) -> Option<(Uuid, u64)> {
    let (kind, rest) = key.split_first()?;
    let (subject, position) = rest.split_first_chunk()?;
    (*kind == SUBJECTS).then_some((Uuid::from_bytes(*subject), u64::from_be_bytes(position.try_into().ok()?)))
}

/// Reads the row of a subject.
pub(super) fn read(subject: Uuid, value: &[u8]) -> Result<Filed, ReadError> {
    let read = || {
        let (count, rest) = value.split_first()?;
        let (ids, left_over) = rest.as_chunks::<16>();
        let (lookups, others) = ids.split_at_checked(usize::from(*count))?;
        let mut subjects: SmallVec<[Uuid; 2]> = others.iter().map(|id| Uuid::from_bytes(*id)).collect();
        subjects.push(subject);
        subjects.sort_unstable();
        left_over.is_empty().then(|| Filed { lookups: SmallVec::from_slice(lookups), subjects })
    };
    read().ok_or_else(|| ReadError::Storage("an entry of the index of look-ups is damaged".to_owned()))
}

fn write(subject: Uuid, filed: &Arc<Filed>) -> Vec<u8> {
    let others = filed.subjects.iter().filter(|other| **other != subject);
    // An event has at most 255 look-ups; its sealed part counts them in a byte.
    let mut value = vec![u8::try_from(filed.lookups.len()).unwrap_or(u8::MAX)];
    value.extend_from_slice(filed.lookups.as_flattened());
    others.for_each(|other| value.extend_from_slice(other.as_bytes()));
    value
}

fn subject_key(subject: Uuid, position: u64) -> [u8; PREFIX_SIZE + 8] {
    let mut key = [0; PREFIX_SIZE + 8];
    key[0] = SUBJECTS;
    key[1..PREFIX_SIZE].copy_from_slice(subject.as_bytes());
    key[PREFIX_SIZE..].copy_from_slice(&position.to_be_bytes());
    key
}
