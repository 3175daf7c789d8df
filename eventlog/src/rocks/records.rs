//! The records: a RocksDB that holds `position → frame`, at position 0 the log's id, and in a column family the Merkle
//! tree over the frames; written with a WAL and synced per group.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use letopis_domain::event::Recorded;
use letopis_domain::ids::Position;
use rust_rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, DBPinnableSlice,
    DBRecoveryMode, DEFAULT_COLUMN_FAMILY_NAME, Error, FlushOptions, Options, ReadOptions, WriteBatch, WriteOptions,
};
use uuid::Uuid;

use super::tree;
use crate::error::ReadError;
use crate::frame::Frame;
use crate::keys::Keyring;
use crate::log::Direction;

/// The key of the log's id: no record has position 0.
const LOG_ID: [u8; 8] = [0; 8];
const WRITE_BUFFER_BYTES: usize = 64 << 20;
const SCAN_READ_AHEAD_BYTES: usize = 4 << 20;
/// From this many records on, an iterator reads ahead and leaves the block cache alone.
const SCAN_FROM_RECORDS: u64 = 10_000;

/// Receives the frames of a scan one by one and says whether to go on.
pub(super) type EachFrame<'a> = dyn FnMut(u64, &[u8]) -> Result<ControlFlow<()>, ReadError> + 'a;

/// Position → frame.
pub(super) struct Records {
    pub(super) db: DB,
    synced: WriteOptions,
    /// Whether writes fail, to see it dealt with.
    #[cfg(test)]
    pub is_failing: std::sync::atomic::AtomicBool,
}

/// The frames of one group on their way to disk.
#[derive(Default)]
pub(super) struct GroupBatch(pub(super) WriteBatch);

impl GroupBatch {
    pub fn put(&mut self, position: u64, frame: &[u8]) {
        self.0.put(position.to_be_bytes(), frame);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Records {
    /// Opens the records. RocksDB itself would cut a broken WAL anywhere: the caller has looked at it before.
    pub fn open(path: &Path, cache: &Cache) -> Result<Self, Error> {
        let mut synced = WriteOptions::default();
        synced.set_sync(true);
        synced.set_memtable_insert_hint_per_batch(true);
        let records = ColumnFamilyDescriptor::new(DEFAULT_COLUMN_FAMILY_NAME, options(cache));
        let tree = ColumnFamilyDescriptor::new(tree::FAMILY, tree::options(cache));
        let db = DB::open_cf_descriptors(&options(cache), path, [records, tree])?;
        Ok(Self {
            db,
            synced,
            #[cfg(test)]
            is_failing: std::sync::atomic::AtomicBool::new(false),
        })
    }

    /// Writes a group; it is durable when this returns.
    pub fn write(&self, group: &GroupBatch) -> Result<(), Error> {
        #[cfg(test)]
        if self.is_failing.load(std::sync::atomic::Ordering::SeqCst) {
            return self.fail(group);
        }
        self.db.write_opt(&group.0, &self.synced)
    }

    /// The frame at a position.
    pub fn frame(&self, position: u64) -> Result<Option<DBPinnableSlice<'_>>, ReadError> {
        self.db.get_pinned(position.to_be_bytes()).map_err(storage_error)
    }

    /// The frame at a position that must exist.
    pub fn existing_frame(&self, position: u64) -> Result<DBPinnableSlice<'_>, ReadError> {
        self.frame(position)?.ok_or_else(|| missing(position))
    }

    /// The event at a position.
    pub fn get(&self, position: u64, keyring: &Keyring) -> Result<Option<Arc<Recorded>>, ReadError> {
        self.frame(position)?.map(|bytes| decode(position, &bytes, keyring).map(Arc::new)).transpose()
    }

    /// The events at the positions, in their order; a missing one is damage.
    pub fn get_many(&self, positions: &[u64], keyring: &Keyring) -> Result<Vec<Arc<Recorded>>, ReadError> {
        let is_ascending = positions.is_sorted();
        let keys = positions.iter().map(|position| position.to_be_bytes());
        let found = self.db.batched_multi_get_pinned(keys, is_ascending);
        let mut events = Vec::with_capacity(positions.len());
        for (position, found) in positions.iter().zip(found) {
            let bytes = found.map_err(storage_error)?.ok_or_else(|| missing(*position))?;
            events.push(Arc::new(decode(*position, &bytes, keyring)?));
        }
        Ok(events)
    }

    /// The id of the log; none before it got one.
    pub fn log_id(&self) -> Result<Option<Uuid>, ReadError> {
        let Some(bytes) = self.db.get_pinned(LOG_ID).map_err(storage_error)? else { return Ok(None) };
        let id = Uuid::from_slice(&bytes);
        id.map(Some).map_err(|_| ReadError::Storage("the log's id is not 16 bytes long".to_owned()))
    }

    /// Gives the log its id, once.
    pub fn set_log_id(&self, id: Uuid) -> Result<(), ReadError> {
        self.db.put_opt(LOG_ID, id.as_bytes(), &self.synced).map_err(storage_error)?;
        self.db.flush().map_err(storage_error)
    }

    /// The last record.
    pub fn last(&self) -> Result<Option<(u64, Vec<u8>)>, ReadError> {
        let mut iterator = self.db.raw_iterator();
        iterator.seek_to_last();
        let item = iterator.item().filter(|(key, _)| *key != LOG_ID);
        let last = item.map(|(key, frame)| Ok((position_of(key)?, frame.to_vec()))).transpose()?;
        iterator.status().map_err(storage_error)?;
        Ok(last)
    }

    /// Hands over the frames with `after` < position ≤ `upto`, which all must be there, until told to stop.
    pub fn scan(&self, after: u64, upto: u64, direction: Direction, each: &mut EachFrame<'_>) -> Result<(), ReadError> {
        let mut iterator = self.db.raw_iterator_opt(scan_options(upto.saturating_sub(after)));
        let positions: &mut dyn Iterator<Item = u64> = match direction {
            Direction::Forward => &mut (after.saturating_add(1)..=upto),
            Direction::Backward => &mut (after.saturating_add(1)..=upto).rev(),
        };
        let mut is_first = true;
        for position in positions {
            match direction {
                _ if std::mem::take(&mut is_first) => iterator.seek(position.to_be_bytes()),
                Direction::Forward => iterator.next(),
                Direction::Backward => iterator.prev(),
            }
            let Some((key, frame)) = iterator.item() else {
                iterator.status().map_err(storage_error)?;
                return Err(missing(position));
            };
            if position_of(key)? != position {
                return Err(missing(position));
            }
            if each(position, frame)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// RocksDB refuses a synced write without a WAL.
    #[cfg(test)]
    fn fail(&self, group: &GroupBatch) -> Result<(), Error> {
        let mut contradictory = WriteOptions::default();
        contradictory.set_sync(true);
        contradictory.disable_wal(true);
        self.db.write_opt(&group.0, &contradictory)
    }

    /// Flips a bit of a record, to see it noticed.
    #[cfg(test)]
    pub fn damage(&self, position: u64) -> Result<(), Error> {
        let mut frame = self.db.get(position.to_be_bytes())?.unwrap_or_default();
        frame[60] ^= 1;
        self.db.put(position.to_be_bytes(), frame)
    }

    /// Changes a record together with its checksum, as only somebody with an intention would.
    #[cfg(test)]
    pub fn forge(&self, position: u64) -> Result<(), Error> {
        let mut frame = self.db.get(position.to_be_bytes())?.unwrap_or_default();
        frame[24] ^= 1;
        let body = frame.len() - 4;
        let checksum = crc32c::crc32c(&frame[..body]).to_le_bytes();
        frame[body..].copy_from_slice(&checksum);
        self.db.put(position.to_be_bytes(), frame)
    }

    /// Removes a record, to see it noticed.
    #[cfg(test)]
    pub fn remove(&self, position: u64) -> Result<(), Error> {
        self.db.delete(position.to_be_bytes())
    }

    /// The database itself, for backups.
    pub const fn db(&self) -> &DB {
        &self.db
    }

    /// Writes everything to files, so that the WAL holds nothing any more.
    pub fn flush(&self) -> Result<(), Error> {
        let families = [self.db.cf_handle(DEFAULT_COLUMN_FAMILY_NAME), self.tree_family()];
        let families: Vec<&ColumnFamily> = families.into_iter().flatten().collect();
        self.db.flush_cfs_opt(&families.iter().collect::<Vec<_>>(), &FlushOptions::default())
    }

    /// The column family of the tree.
    pub fn tree_family(&self) -> Option<&ColumnFamily> {
        self.db.cf_handle(tree::FAMILY)
    }

    /// Merges its files.
    pub fn compact(&self) {
        self.db.compact_range::<&[u8], &[u8]>(None, None);
        if let Some(family) = self.tree_family() {
            self.db.compact_range_cf::<&[u8], &[u8]>(family, None, None);
        }
    }
}

/// Reads a frame and holds it against the place where it was found.
pub(super) fn frame(position: u64, bytes: &[u8]) -> Result<Frame<'_>, ReadError> {
    let damaged = |reason: String| ReadError::Damaged { position: Position(position), reason };
    let frame = Frame::read(bytes).map_err(|error| damaged(error.to_string()))?;
    if frame.position.0 != position {
        return Err(damaged(format!("it says that it is record {}", frame.position)));
    }
    Ok(frame)
}

/// The event of a frame.
pub(super) fn decode(position: u64, bytes: &[u8], keyring: &Keyring) -> Result<Recorded, ReadError> {
    frame(position, bytes)?.decode(keyring)
}

/// What the storage engine says, as an error of reading.
pub(crate) fn storage_error(error: Error) -> ReadError {
    ReadError::Storage(error.into_string())
}

fn missing(position: u64) -> ReadError {
    ReadError::Damaged { position: Position(position), reason: "it is missing".to_owned() }
}

fn position_of(key: &[u8]) -> Result<u64, ReadError> {
    let key = key.try_into().map_err(|_| ReadError::Storage("a key of the records is no position".to_owned()))?;
    Ok(u64::from_be_bytes(key))
}

fn scan_options(records: u64) -> ReadOptions {
    let mut options = ReadOptions::default();
    if records >= SCAN_FROM_RECORDS {
        options.set_readahead_size(SCAN_READ_AHEAD_BYTES);
        options.fill_cache(false);
    }
    options
}

fn options(cache: &Cache) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_block_size(8 << 10);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_format_version(6);
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    // A family that is written little would keep WAL files of the other alive.
    options.set_atomic_flush(true);
    options.set_block_based_table_factory(&table);
    options.set_wal_recovery_mode(DBRecoveryMode::PointInTime);
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_paranoid_checks(true);
    options.set_max_total_wal_size(256 << 20);
    // One compression on all levels: keys only grow, so compaction moves files instead of rewriting them.
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(WRITE_BUFFER_BYTES);
    options.set_max_write_buffer_number(4);
    options.set_target_file_size_base(64 << 20);
    options.set_max_bytes_for_level_base(512 << 20);
    options.set_level_compaction_dynamic_level_bytes(true);
    options.set_max_background_jobs(2);
    options.set_keep_log_file_num(2);
    options
}
