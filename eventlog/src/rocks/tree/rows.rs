//! Rows of the tree: a column family of the records' database, so that a group and its tree are one write.
//!
//! `b` and the number of a block (big-endian, from 0) → the node over its 256 records. `head` → size (big-endian) and
//! root of the tree, overwritten by every group.

use std::ops::Range;

use rust_rocksdb::{BlockBasedOptions, Cache, ColumnFamily, DBCompressionType, Options, ReadOptions};

use crate::error::ReadError;
use crate::rocks::records::{GroupBatch, Records, storage_error};
use crate::tree::Hash;

/// The name of the column family.
pub(in crate::rocks) const FAMILY: &str = "tree";
const HEAD: &[u8] = b"head";
const BLOCK: u8 = b'b';
const HASH_SIZE: usize = 32;

/// Size and root of the tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::rocks) struct TreeHead {
    pub size: u64,
    pub root: Hash,
}

impl TreeHead {
    fn to_bytes(self) -> [u8; 8 + HASH_SIZE] {
        let mut bytes = [0; 8 + HASH_SIZE];
        bytes[..8].copy_from_slice(&self.size.to_be_bytes());
        bytes[8..].copy_from_slice(&self.root.0);
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (size, root) = bytes.split_first_chunk()?;
        Some(Self { size: u64::from_be_bytes(*size), root: Hash(root.try_into().ok()?) })
    }
}

impl GroupBatch {
    /// Adds the node of a complete block.
    pub fn put_block(&mut self, records: &Records, block: u64, node: Hash) {
        if let Some(family) = records.tree_family() {
            self.0.put_cf(family, block_key(block), node.0);
        }
    }

    /// Adds the tree as it is after this group.
    pub fn put_tree_head(&mut self, records: &Records, head: TreeHead) {
        if let Some(family) = records.tree_family() {
            self.0.put_cf(family, HEAD, head.to_bytes());
        }
    }
}

impl Records {
    /// The stored size and root; none while nothing was appended.
    pub fn tree_head(&self) -> Result<Option<TreeHead>, ReadError> {
        let Some(bytes) = self.db.get_pinned_cf(self.tree()?, HEAD).map_err(storage_error)? else { return Ok(None) };
        let unreadable = || ReadError::Storage("the stored head of the Merkle tree is not readable".to_owned());
        TreeHead::read(&bytes).map(Some).ok_or_else(unreadable)
    }

    /// Hands over the stored nodes of the blocks that there are among these, in order.
    pub fn each_block(&self, blocks: Range<u64>, mut each: impl FnMut(u64, Hash)) -> Result<(), ReadError> {
        let mut options = ReadOptions::default();
        options.set_iterate_upper_bound(block_key(blocks.end));
        let mut iterator = self.db.raw_iterator_cf_opt(self.tree()?, options);
        iterator.seek(block_key(blocks.start));
        while let Some((key, node)) = iterator.item() {
            let read = || Some((block_of(key)?, Hash(node.try_into().ok()?)));
            let unreadable = || ReadError::Storage("a row of the Merkle tree is not readable".to_owned());
            let (block, node) = read().ok_or_else(unreadable)?;
            each(block, node);
            iterator.next();
        }
        iterator.status().map_err(storage_error)
    }

    fn tree(&self) -> Result<&ColumnFamily, ReadError> {
        self.tree_family()
            .ok_or_else(|| ReadError::Storage("the column family of the Merkle tree is missing".to_owned()))
    }

    /// Changes the node of a block, to see it noticed.
    #[cfg(test)]
    pub fn damage_block(&self, block: u64) {
        let mut batch = GroupBatch::default();
        batch.put_block(self, block, Hash([7; HASH_SIZE]));
        self.write(&batch).unwrap();
    }

    /// Changes the stored root, to see it noticed.
    #[cfg(test)]
    pub fn damage_tree_head(&self) {
        let mut batch = GroupBatch::default();
        let head = self.tree_head().unwrap().unwrap();
        batch.put_tree_head(self, TreeHead { root: Hash([7; HASH_SIZE]), ..head });
        self.write(&batch).unwrap();
    }

    /// Writes another tree, to see it noticed.
    #[cfg(test)]
    pub fn rewrite_tree(&self, blocks: &[(u64, Hash)], head: TreeHead) {
        let mut batch = GroupBatch::default();
        for (block, node) in blocks {
            batch.put_block(self, *block, *node);
        }
        batch.put_tree_head(self, head);
        self.write(&batch).unwrap();
    }

    /// Removes the node of a block, to see it noticed.
    #[cfg(test)]
    pub fn remove_block(&self, block: u64) {
        self.db.delete_cf(self.tree().unwrap(), block_key(block)).unwrap();
    }
}

fn block_key(block: u64) -> [u8; 9] {
    let mut key = [BLOCK; 9];
    key[1..].copy_from_slice(&block.to_be_bytes());
    key
}

fn block_of(key: &[u8]) -> Option<u64> {
    let (kind, block) = key.split_first()?;
    (*kind == BLOCK).then_some(u64::from_be_bytes(block.try_into().ok()?))
}

/// How the column family is kept. Hashes do not compress, and there are few.
pub(in crate::rocks) fn options(cache: &Cache) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_block_size(16 << 10);
    table.set_format_version(6);
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    options.set_compression_type(DBCompressionType::None);
    // Families are flushed together; the head is overwritten so often that a small buffer would flush the records.
    options.set_write_buffer_size(64 << 20);
    options
}
