//! The index on disk: posting blocks, requests and type codes, all derived from the records.
//!
//! It is a RocksDB of its own without a WAL: a crash loses the newest part, which opening derives again. Each
//! write carries `indexed_upto`, so that the index always says what it covers.

use std::path::Path;

use letopis_domain::event::EventType;
use parking_lot::Mutex;
use rust_rocksdb::{
    BlockBasedOptions, Cache, DB, DBCompressionType, DBRawIterator, Options, ReadOptions, SliceTransform, WriteBatch,
    WriteOptions,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::keys::{Key, List};
use super::lookup_rows::{self, LOOKUPS};
use super::lookups::Filed;
use super::postings::{self, BLOCK_POSTINGS_MAX, Posting};
use super::storage_error;
use super::tail::Generation;
use crate::codec::Bincode;
use crate::error::ReadError;
use crate::keys::Lookup;
use crate::log::RequestRecord;
use letopis_domain::event::PayloadCodec;
use letopis_domain::ids::Position;

/// Raised when the index is laid out differently; an index of another revision is derived anew.
const REVISION: u16 = 2;
/// Kind byte and list key: what a Bloom filter knows.
pub(super) const PREFIX_SIZE: usize = 17;
const POSTINGS: u8 = b'p';
const REQUESTS: u8 = b'r';
const META: &[u8] = b"meta";
const WRITE_BUFFER_BYTES: usize = 32 << 20;

/// What the index covers, and what its type codes mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meta {
    revision: u16,
    /// The last position whose postings are in it.
    pub indexed_upto: u64,
    /// Name and number of events of each type; its place in the list is its code.
    pub types: Vec<(String, u64)>,
}

/// The derived index.
pub(super) struct Index {
    pub(super) db: DB,
    /// Held while look-ups are written or deleted, so that none is written that was just deleted.
    pub(super) filing: Mutex<()>,
    /// How many of the next writes fail, to see it dealt with.
    #[cfg(test)]
    pub failures: std::sync::atomic::AtomicU32,
}

impl Index {
    pub fn open(path: &Path, cache: &Cache, is_compressed: bool) -> Result<Self, rust_rocksdb::Error> {
        let db = DB::open(&options(cache, is_compressed), path)?;
        Ok(Self {
            db,
            filing: Mutex::new(()),
            #[cfg(test)]
            failures: std::sync::atomic::AtomicU32::new(0),
        })
    }

    /// What it covers; none when it is empty or of another revision.
    pub fn meta(&self) -> Result<Option<Meta>, ReadError> {
        let Some(bytes) = self.db.get_pinned(META).map_err(storage_error)? else { return Ok(None) };
        let meta: Result<Meta, _> = Bincode.decode(&bytes);
        Ok(meta.ok().filter(|meta| meta.revision == REVISION))
    }

    /// Whether nothing was ever written to it.
    pub fn is_empty(&self) -> Result<bool, ReadError> {
        let mut iterator = self.db.raw_iterator();
        iterator.seek_to_first();
        let is_empty = !iterator.valid();
        iterator.status().map_err(storage_error)?;
        Ok(is_empty)
    }

    /// Takes in a complete generation; `types` counts all events up to and with it.
    pub fn add(&self, generation: &Generation, types: Vec<(String, u64)>) -> Result<(), ReadError> {
        #[cfg(test)]
        self.fail_if_asked()?;
        let mut batch = WriteBatch::default();
        let mut value = Vec::new();
        for (list, postings) in generation.lists() {
            for block in postings.chunks(BLOCK_POSTINGS_MAX) {
                let Some(last) = block.last() else { continue };
                value.clear();
                postings::encode(block, &mut value);
                batch.put(posting_key(List::Public(list), last.position), &value);
            }
        }
        for (key, record) in generation.requests() {
            batch.put(request_key(key), request_value(&record));
        }
        let meta = Meta { revision: REVISION, indexed_upto: generation.last(), types };
        batch.put(META, Bincode.encode(&meta).map_err(ReadError::Storage)?);
        // Whoever is erased from here on waits until the look-ups are written, and then deletes them.
        let _filing = self.filing.lock();
        lookup_rows::file(generation, &mut batch);
        self.db.write_opt(&batch, &without_wal()).map_err(storage_error)
    }

    pub fn request(&self, key: Key) -> Result<Option<RequestRecord>, ReadError> {
        let value = self.db.get_pinned(request_key(key)).map_err(storage_error)?;
        value.map(|value| read_request(&value)).transpose()
    }

    /// Blocks of one list, to go through in one direction.
    pub fn blocks(&self, list: List, is_forward: bool) -> Blocks<'_> {
        let mut options = ReadOptions::default();
        if is_forward {
            options.set_prefix_same_as_start(true);
        } else {
            options.set_total_order_seek(true);
        }
        Blocks { list, iterator: self.db.raw_iterator_opt(options) }
    }

    /// What it covers and then every entry in key order, all as of one moment, for verification.
    pub fn each_entry(&self, mut each: impl FnMut(IndexEntry<'_>) -> Result<(), ReadError>) -> Result<(), ReadError> {
        let mut options = ReadOptions::default();
        options.set_total_order_seek(true);
        options.fill_cache(false);
        options.set_readahead_size(2 << 20);
        let mut iterator = self.db.raw_iterator_opt(options);
        iterator.seek(META);
        let meta = iterator.item().filter(|(key, _)| *key == META).map(|(_, value)| Bincode.decode::<Meta>(value));
        let meta = meta.transpose().map_err(|error| ReadError::Storage(format!("what the index covers: {error}")))?;
        each(IndexEntry::Covers(meta.map_or(0, |meta| meta.indexed_upto)))?;
        iterator.seek_to_first();
        let mut block = Vec::new();
        while let Some((key, value)) = iterator.item() {
            if let Some((list, last)) = split_posting_key(key) {
                postings::decode(last, value, &mut block)?;
                each(match list {
                    List::Public(key) => IndexEntry::Postings(key, &block),
                    List::Lookup(lookup) => IndexEntry::Lookup(lookup, &block),
                })?;
            } else if let Some((subject, position)) = lookup_rows::split_subject_key(key) {
                each(IndexEntry::Filed(subject, position, lookup_rows::read(subject, value)?))?;
            } else if let Some(request) = split_request_key(key) {
                each(IndexEntry::Request(request, read_request(value)?))?;
            } else if key != META {
                return Err(ReadError::Storage("the index has a key that means nothing".to_owned()));
            }
            iterator.next();
        }
        iterator.status().map_err(storage_error)
    }

    #[cfg(test)]
    fn fail_if_asked(&self) -> Result<(), ReadError> {
        use std::sync::atomic::Ordering::SeqCst;
        let asked = self.failures.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        asked.map_or(Ok(()), |_| Err(ReadError::Storage("it was asked to fail".to_owned())))
    }

    /// Puts a block in the place of another, to see it noticed.
    #[cfg(test)]
    pub fn replace_block(&self, list: List, block: &[Posting]) -> Result<(), rust_rocksdb::Error> {
        let mut value = Vec::new();
        postings::encode(block, &mut value);
        let at = block.last().map_or(0, |posting| posting.position);
        self.db.put_opt(posting_key(list, at), value, &without_wal())
    }

    /// Writes everything to files.
    pub fn flush(&self) -> Result<(), rust_rocksdb::Error> {
        self.db.flush()
    }

    /// Merges its files into as few as possible.
    pub fn compact(&self) {
        self.db.compact_range::<&[u8], &[u8]>(None, None);
    }
}

/// One entry of the index.
pub(super) enum IndexEntry<'a> {
    /// The last position that it covers.
    Covers(u64),
    /// Postings of a list.
    Postings(Key, &'a [Posting]),
    /// Postings of a look-up.
    Lookup(Lookup, &'a [Posting]),
    /// An event that is filed, and one of those whom it is about.
    Filed(Uuid, u64, Filed),
    /// A request.
    Request(Key, RequestRecord),
}

impl IndexEntry<'_> {
    /// The last position that the entry speaks of.
    pub fn last(&self) -> Option<u64> {
        match self {
            Self::Covers(_) => None,
            Self::Postings(_, postings) | Self::Lookup(_, postings) => postings.last().map(|posting| posting.position),
            Self::Filed(_, position, _) => Some(*position),
            Self::Request(_, record) => Some(record.last.0),
        }
    }
}

/// A place among the blocks of one list.
pub(super) struct Blocks<'a> {
    list: List,
    iterator: DBRawIterator<'a>,
}

impl Blocks<'_> {
    /// Goes to the first block whose last position is `position` or later.
    pub fn seek(&mut self, position: u64) {
        self.iterator.seek(posting_key(self.list, position));
    }

    /// Goes to the last block whose last position is `position` or earlier.
    pub fn seek_back(&mut self, position: u64) {
        self.iterator.seek_for_prev(posting_key(self.list, position));
    }

    pub fn next(&mut self) {
        if self.iterator.valid() {
            self.iterator.next();
        }
    }

    pub fn prev(&mut self) {
        if self.iterator.valid() {
            self.iterator.prev();
        }
    }

    /// The last position of the block here; none past the list's end.
    pub fn last(&self) -> Result<Option<u64>, ReadError> {
        match self.iterator.key() {
            Some(key) => Ok(split_posting_key(key).filter(|(list, _)| *list == self.list).map(|(_, last)| last)),
            None => self.iterator.status().map(|()| None).map_err(storage_error),
        }
    }

    /// Reads the block here; leaves `out` empty past the list's end.
    pub fn read(&self, out: &mut Vec<Posting>) -> Result<(), ReadError> {
        out.clear();
        match (self.last()?, self.iterator.value()) {
            (Some(last), Some(value)) => postings::decode(last, value, out),
            _ => Ok(()),
        }
    }
}

/// The codes under which the index files event types. They outlive the order of the registry.
pub(super) struct Codes {
    by_type: Vec<u16>,
    by_code: Vec<Option<EventType>>,
    names: Vec<String>,
}

impl Codes {
    /// The codes of the index, and new ones for types it has not seen.
    pub fn new(meta: &Meta) -> Self {
        let mut names: Vec<String> = meta.types.iter().map(|(name, _)| name.clone()).collect();
        for event_type in EventType::ALL {
            if !names.iter().any(|name| name == event_type.name()) {
                names.push(event_type.name().to_owned());
            }
        }
        let by_code: Vec<Option<EventType>> = names.iter().map(|name| name.parse().ok()).collect();
        let code = |event_type: &EventType| {
            let place = by_code.iter().position(|known| known.as_ref() == Some(event_type));
            place.and_then(|place| u16::try_from(place).ok()).unwrap_or(u16::MAX)
        };
        Self { by_type: EventType::ALL.iter().map(code).collect(), by_code, names }
    }

    pub fn of_type(&self, event_type: EventType) -> u16 {
        self.by_type.get(event_type as usize).copied().unwrap_or(u16::MAX)
    }

    pub fn event_type(&self, code: u16) -> Option<EventType> {
        self.by_code.get(usize::from(code)).copied().flatten()
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }
}

pub(super) fn posting_key(list: List, block_last: u64) -> [u8; PREFIX_SIZE + 8] {
    let mut key = [0; PREFIX_SIZE + 8];
    let (kind, id) = match list {
        List::Public(list) => (POSTINGS, list.to_be_bytes()),
        List::Lookup(lookup) => (LOOKUPS, lookup),
    };
    key[0] = kind;
    key[1..PREFIX_SIZE].copy_from_slice(&id);
    key[PREFIX_SIZE..].copy_from_slice(&block_last.to_be_bytes());
    key
}

fn split_posting_key(key: &[u8]) -> Option<(List, u64)> {
    let (kind, rest) = key.split_first()?;
    let (id, block_last) = rest.split_first_chunk()?;
    let list = match *kind {
        POSTINGS => List::Public(Key::from_be_bytes(*id)),
        LOOKUPS => List::Lookup(*id),
        _ => return None,
    };
    Some((list, u64::from_be_bytes(block_last.try_into().ok()?)))
}

fn request_key(request: Key) -> [u8; PREFIX_SIZE] {
    let mut key = [0; PREFIX_SIZE];
    key[0] = REQUESTS;
    key[1..].copy_from_slice(&request.to_be_bytes());
    key
}

fn split_request_key(key: &[u8]) -> Option<Key> {
    let (kind, rest) = key.split_first()?;
    (*kind == REQUESTS).then_some(Key::from_be_bytes(rest.try_into().ok()?))
}

fn request_value(record: &RequestRecord) -> [u8; 32] {
    let mut value = [0; 32];
    value[..16].copy_from_slice(&record.digest);
    value[16..24].copy_from_slice(&record.first.0.to_be_bytes());
    value[24..].copy_from_slice(&record.last.0.to_be_bytes());
    value
}

fn read_request(value: &[u8]) -> Result<RequestRecord, ReadError> {
    let read = || {
        let (digest, rest) = value.split_first_chunk()?;
        let (first, rest) = rest.split_first_chunk()?;
        let last = u64::from_be_bytes(rest.try_into().ok()?);
        let first = u64::from_be_bytes(*first);
        Some(RequestRecord { digest: *digest, first: Position(first), last: Position(last) })
    };
    read().ok_or_else(|| ReadError::Storage("an entry of the request index is damaged".to_owned()))
}

pub(super) fn without_wal() -> WriteOptions {
    let mut options = WriteOptions::default();
    options.disable_wal(true);
    options
}

fn options(cache: &Cache, is_compressed: bool) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_block_size(8 << 10);
    table.set_bloom_filter(10.0, false);
    table.set_whole_key_filtering(false);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_format_version(6);
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_block_based_table_factory(&table);
    options.set_prefix_extractor(SliceTransform::create_fixed_prefix(PREFIX_SIZE));
    options.set_memtable_prefix_bloom_ratio(0.1);
    if is_compressed {
        options.set_compression_type(DBCompressionType::Lz4);
        options.set_bottommost_compression_type(DBCompressionType::Zstd);
    } else {
        options.set_compression_type(DBCompressionType::None);
    }
    options.set_write_buffer_size(WRITE_BUFFER_BYTES);
    options.set_max_write_buffer_number(4);
    options.set_target_file_size_base(64 << 20);
    options.set_max_bytes_for_level_base(256 << 20);
    options.set_level_compaction_dynamic_level_bytes(true);
    options.set_max_background_jobs(2);
    options.set_keep_log_file_num(2);
    options.set_paranoid_checks(true);
    options
}
