//! Stored records that are written as they are into a folder that has none: the way back from a portable file. Nothing
//! is decided anew, and the tree over them is made as the sequencer makes it.

use std::path::Path;

use letopis_domain::ids::Position;
use letopis_domain::values::Timestamp;
use rust_rocksdb::Cache;
use uuid::Uuid;

use super::records::{GroupBatch, Records};
use super::tree::Growth;
use crate::error::ReadError;
use crate::frame::Frame;
use crate::tree::{Frontier, Hash};

/// Size of the records that are written at once.
const BATCH_BYTES: usize = 4 << 20;
const CACHE_BYTES: usize = 8 << 20;

/// A record that does not go on from those before it.
#[derive(Debug, thiserror::Error)]
pub enum RawError {
    /// The bytes are no intact record.
    #[error("the record is damaged: {0}")]
    Damaged(String),
    /// It stands at another place.
    #[error("position {expected} should come here, and it is {found}: records are missing or in another order")]
    Order {
        /// The next position.
        expected: Position,
        /// The one that the record names.
        found: Position,
    },
    /// It was recorded before the one before it.
    #[error("the record at position {0} was recorded before the one before it")]
    Earlier(Position),
    /// The last record does not end its group.
    #[error("the records end at position {0}, in the middle of a group")]
    TornGroup(Position),
    /// The storage engine failed.
    #[error(transparent)]
    Storage(#[from] ReadError),
}

/// Writes records one after the other.
pub(crate) struct RawWriter {
    records: Records,
    tree: Growth,
    batch: GroupBatch,
    batch_bytes: usize,
    last: Position,
    last_recorded_at: Timestamp,
    is_whole: bool,
}

impl RawWriter {
    /// Makes the records of a log in a folder that has none.
    pub fn create(folder: &Path, log: Uuid) -> Result<Self, RawError> {
        let storage = |error: rust_rocksdb::Error| RawError::Storage(super::storage_error(error));
        let records = Records::open(folder, &Cache::new_lru_cache(CACHE_BYTES)).map_err(storage)?;
        records.set_log_id(log)?;
        Ok(Self {
            records,
            tree: Growth::new(Frontier::default()),
            batch: GroupBatch::default(),
            batch_bytes: 0,
            last: Position::START,
            last_recorded_at: Timestamp::MIN,
            is_whole: true,
        })
    }

    /// Takes in the next record.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), RawError> {
        let frame = Frame::read(bytes).map_err(|error| RawError::Damaged(error.to_string()))?;
        let expected = Position(self.last.0 + 1);
        if frame.position != expected {
            return Err(RawError::Order { expected, found: frame.position });
        }
        if frame.recorded_at < self.last_recorded_at {
            return Err(RawError::Earlier(expected));
        }
        (self.last, self.last_recorded_at, self.is_whole) = (expected, frame.recorded_at, frame.is_group_end());
        self.batch.put(expected.0, bytes);
        self.tree.add(bytes, &self.records, &mut self.batch);
        self.batch_bytes += bytes.len();
        if self.batch_bytes >= BATCH_BYTES { self.write() } else { Ok(()) }
    }

    /// Writes what is left; number of records and root of the tree over them.
    pub fn finish(mut self) -> Result<(u64, Hash), RawError> {
        if !self.is_whole {
            return Err(RawError::TornGroup(self.last));
        }
        self.write()?;
        self.records.flush().map_err(super::storage_error).map_err(RawError::Storage)?;
        let head = self.tree.head();
        Ok((head.size, head.root))
    }

    fn write(&mut self) -> Result<(), RawError> {
        if self.batch_bytes == 0 {
            return Ok(());
        }
        self.tree.finish(&self.records, &mut self.batch);
        self.records.write(&self.batch).map_err(super::storage_error)?;
        self.batch.clear();
        self.batch_bytes = 0;
        Ok(())
    }
}
