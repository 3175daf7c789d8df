//! Where read models are kept between runs: one RocksDB without a WAL, because everything in it can be rebuilt.
//!
//! Three kinds of keys, told apart by the first byte: marks (positions and revisions), segments of tables, and
//! timeline rows. All live in one column family, so that what survives a crash is a prefix of what was written: a
//! checkpoint is never ahead of its rows. Timeline rows may be ahead of the checkpoint; folding the same events
//! again writes the same rows.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rust_rocksdb::{
    BlockBasedOptions, Cache, DB, DBCompressionType, DBRawIterator, IngestExternalFileOptions, Options, ReadOptions,
    SstFileWriter, WriteBatch, WriteOptions,
};

/// A store that cannot be read or written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The storage engine failed.
    #[error("the views could not be stored or read: {0}")]
    Engine(#[from] rust_rocksdb::Error),
    /// Rows that cannot be encoded or decoded.
    #[error("rows of the views are not readable: {0}")]
    Rows(String),
    /// The folder could not be used.
    #[error("the folder of the views could not be used: {0}")]
    Folder(String),
}

const MARK: u8 = 0;
const SEGMENT: u8 = 1;
/// First byte of timeline keys.
pub(crate) const TIMELINE: u8 = 2;

const MEMTABLE_SIZE_BYTES: usize = 64 << 20;
const BLOCK_CACHE_SIZE_BYTES: usize = 128 << 20;
const BLOCK_SIZE_BYTES: usize = 8 << 10;

/// A named number in the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mark {
    /// Every table holds the events up to this position.
    Facts,
    /// The timeline holds the events up to this position.
    Timeline,
    /// The shape of the rows.
    Shape,
}

impl Mark {
    const fn key(self) -> [u8; 2] {
        [MARK, self as u8]
    }
}

/// Changes that are written together.
#[derive(Default)]
pub(crate) struct Changes(WriteBatch);

impl Changes {
    pub(crate) fn mark(&mut self, mark: Mark, value: u64) {
        self.0.put(mark.key(), value.to_be_bytes());
    }

    pub(crate) fn segment(&mut self, table: u8, segment: u32, rows: &[u8]) {
        self.0.put(segment_key(table, segment), rows);
    }

    pub(crate) fn put(&mut self, key: &[u8], value: &[u8]) {
        self.0.put(key, value);
    }
}

fn segment_key(table: u8, segment: u32) -> [u8; 6] {
    let [a, b, c, d] = segment.to_be_bytes();
    [SEGMENT, table, a, b, c, d]
}

/// The rows of one generation of read models.
pub(crate) struct Store {
    db: DB,
    options: Options,
    /// Sorted files written so far, which gives each a name of its own.
    ingested: AtomicU64,
    /// Whether writes fail, as they do on a full disk.
    #[cfg(test)]
    pub(crate) is_full: std::sync::atomic::AtomicBool,
}

impl Store {
    /// Opens or creates a folder.
    pub(crate) fn open(folder: &Path, is_compressed: bool) -> Result<Self, StoreError> {
        let options = options(is_compressed);
        let db = DB::open(&options, folder)?;
        Ok(Self {
            db,
            options,
            ingested: AtomicU64::new(0),
            #[cfg(test)]
            is_full: false.into(),
        })
    }

    pub(crate) fn write(&self, changes: &Changes) -> Result<(), StoreError> {
        #[cfg(test)]
        if self.is_full.load(Ordering::SeqCst) {
            return Err(StoreError::Rows("the disk is full".to_owned()));
        }
        let mut without_wal = WriteOptions::default();
        without_wal.disable_wal(true);
        Ok(self.db.write_opt(&changes.0, &without_wal)?)
    }

    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        Ok(self.db.flush()?)
    }

    pub(crate) fn compact(&self) {
        self.db.compact_range(None::<&[u8]>, None::<&[u8]>);
    }

    pub(crate) fn read_mark(&self, mark: Mark) -> Result<Option<u64>, StoreError> {
        let Some(bytes) = self.db.get(mark.key())? else { return Ok(None) };
        let bytes: [u8; 8] =
            bytes.as_slice().try_into().map_err(|_| StoreError::Rows(format!("mark {mark:?} is not a number")))?;
        Ok(Some(u64::from_be_bytes(bytes)))
    }

    /// Hands the segments of a table to `take`, in order.
    pub(crate) fn segments(
        &self,
        table: u8,
        mut take: impl FnMut(&[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut rows = self.scan(&[SEGMENT, table], &[SEGMENT, table + 1]);
        rows.seek_to_first();
        while let Some(bytes) = rows.value() {
            take(bytes)?;
            rows.next();
        }
        Ok(rows.status()?)
    }

    /// A cursor over the keys from `from` (inclusive) until `until` (exclusive).
    pub(crate) fn scan(&self, from: &[u8], until: &[u8]) -> DBRawIterator<'_> {
        let mut bounds = ReadOptions::default();
        bounds.set_iterate_lower_bound(from);
        bounds.set_iterate_upper_bound(until);
        self.db.raw_iterator_opt(bounds)
    }

    /// Adds rows that come in key order, each key once, through a sorted file instead of the memtable.
    pub(crate) fn ingest<'a, V: AsRef<[u8]>, K: AsRef<[u8]>>(
        &self,
        rows: impl Iterator<Item = (K, V)> + 'a,
    ) -> Result<(), StoreError> {
        let number = self.ingested.fetch_add(1, Ordering::Relaxed);
        let file = self.db.path().join(format!("ingest-{number}.sst"));
        let mut writer = SstFileWriter::create(&self.options);
        writer.open(&file)?;
        let mut is_empty = true;
        for (key, value) in rows {
            writer.put(key, value)?;
            is_empty = false;
        }
        if is_empty {
            return Ok(());
        }
        writer.finish()?;
        let mut how = IngestExternalFileOptions::default();
        how.set_move_files(true);
        Ok(self.db.ingest_external_file_opts(&how, vec![file])?)
    }

    /// Adds whole tables through a sorted file; `segments` come in the order of tables and numbers.
    pub(crate) fn ingest_segments(&self, segments: impl Iterator<Item = (u8, u32, Vec<u8>)>) -> Result<(), StoreError> {
        self.ingest(segments.map(|(table, segment, rows)| (segment_key(table, segment), rows)))
    }
}

fn options(is_compressed: bool) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_size(BLOCK_SIZE_BYTES);
    table.set_format_version(5);
    table.set_block_cache(&Cache::new_lru_cache(BLOCK_CACHE_SIZE_BYTES));
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_block_based_table_factory(&table);
    if is_compressed {
        options.set_compression_type(DBCompressionType::Lz4);
        options.set_bottommost_compression_type(DBCompressionType::Zstd);
    } else {
        options.set_compression_type(DBCompressionType::None);
    }
    options.set_write_buffer_size(MEMTABLE_SIZE_BYTES);
    options.set_max_write_buffer_number(3);
    options.set_level_compaction_dynamic_level_bytes(true);
    options.set_max_background_jobs(2);
    options.set_max_open_files(512);
    options.set_keep_log_file_num(2);
    options
}
