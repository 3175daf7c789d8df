//! The tree against the definitions of RFC 6962, written down once more as they stand there, and against its
//! well-known vectors.

use proptest::prelude::*;
use tlog_tiles::tlog::{check_record, check_tree, record_hash};

use super::*;
use crate::error::ReadError;

/// SHA-256 of the parts.
fn sha256(parts: &[&[u8]]) -> Hash {
    use sha2::Digest;
    let mut hasher = sha2::Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}

/// The largest power of two smaller than `n`.
fn split_of(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// `MTH` of section 2.1.
fn naive_root(leaves: &[Vec<u8>]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => sha256(&[&[0], leaf]),
        _ => {
            let (left, right) = leaves.split_at(split_of(leaves.len()));
            sha256(&[&[1], &naive_root(left).0, &naive_root(right).0])
        }
    }
}

/// `PATH` of section 2.1.1.
fn naive_path(index: usize, leaves: &[Vec<u8>]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = split_of(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, other) = if index < k {
        (naive_path(index, left), naive_root(right))
    } else {
        (naive_path(index - k, right), naive_root(left))
    };
    path.push(other);
    path
}

/// `SUBPROOF` of section 2.1.2.
fn naive_consistency(older: usize, leaves: &[Vec<u8>], is_whole: bool) -> Vec<Hash> {
    if older == leaves.len() {
        return if is_whole { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = split_of(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, other) = if older <= k {
        (naive_consistency(older, left, is_whole), naive_root(right))
    } else {
        (naive_consistency(older - k, right, false), naive_root(left))
    };
    proof.push(other);
    proof
}

/// What a log stores of a tree.
#[derive(Default)]
struct Stored {
    leaves: Vec<Hash>,
    blocks: Vec<Hash>,
    spans: Vec<Hash>,
    frontier: Frontier,
}

impl Stored {
    fn of(leaves: &[Vec<u8>]) -> Self {
        let mut stored = Self::default();
        for leaf in leaves {
            stored.push(leaf);
        }
        stored
    }

    fn push(&mut self, leaf: &[u8]) {
        let leaf = record_hash(leaf);
        let completed = self.frontier.push(leaf);
        self.leaves.push(leaf);
        self.blocks.extend(completed.block);
        self.spans.extend(completed.span);
    }

    fn reader(&self, size: usize) -> TreeReader<&Self> {
        TreeReader::new(self, size as u64)
    }
}

fn slice(hashes: &[Hash], first: u64, count: u64) -> Result<Vec<Hash>, ReadError> {
    let range = usize::try_from(first).unwrap()..usize::try_from(first + count).unwrap();
    hashes.get(range).map(<[Hash]>::to_vec).ok_or_else(|| ReadError::Storage("out of range".to_owned()))
}

impl NodeSource for &Stored {
    fn leaves(&self, first: u64, count: u64) -> Result<Vec<Hash>, ReadError> {
        slice(&self.leaves, first, count)
    }

    fn blocks(&self, first: u64, count: u64) -> Result<Vec<Hash>, ReadError> {
        slice(&self.blocks, first, count)
    }

    fn spans(&self, first: u64, count: u64) -> Result<Vec<Hash>, ReadError> {
        slice(&self.spans, first, count)
    }
}

fn numbered(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| format!("record {number}").into_bytes()).collect()
}

fn hash(hex: &str) -> Hash {
    let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
    Hash(std::array::from_fn(byte))
}

/// The leaves of the test vectors of Certificate Transparency.
fn ct_leaves() -> Vec<Vec<u8>> {
    let leaves: [&[u8]; 8] = [
        &[],
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];
    leaves.iter().map(|leaf| leaf.to_vec()).collect()
}

/// Their roots, from size 1.
const CT_ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_roots_of_certificate_transparency_come_out() {
    let leaves = ct_leaves();
    let empty = hash("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(Frontier::default().root(), empty);
    for (size, root) in (1..).zip(CT_ROOTS) {
        assert_eq!(Stored::of(&leaves[..size]).frontier.root(), hash(root), "size {size}");
        assert_eq!(naive_root(&leaves[..size]), hash(root), "size {size}");
    }
}

#[test]
fn the_proofs_of_certificate_transparency_come_out() {
    let stored = Stored::of(&ct_leaves());
    let first_of_eight = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    assert_eq!(stored.reader(8).inclusion(0).unwrap(), first_of_eight.map(hash));
    let sixth_of_eight = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(stored.reader(8).inclusion(5).unwrap(), sixth_of_eight.map(hash));
    let six_to_eight = [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ];
    assert_eq!(stored.reader(8).consistency(6).unwrap(), six_to_eight.map(hash));
}

#[test]
fn a_changed_a_removed_and_a_swapped_leaf_change_the_root() {
    let leaves = numbered(300);
    let root = Stored::of(&leaves).frontier.root();
    for place in [0, 1, 255, 256, 298] {
        let mut changed = leaves.clone();
        changed[place][0] ^= 1;
        assert_ne!(Stored::of(&changed).frontier.root(), root, "changed {place}");
        let mut removed = leaves.clone();
        removed.remove(place);
        assert_ne!(Stored::of(&removed).frontier.root(), root, "removed {place}");
        let mut swapped = leaves.clone();
        swapped.swap(place, place + 1);
        assert_ne!(Stored::of(&swapped).frontier.root(), root, "swapped {place}");
    }
}

#[test]
fn an_odd_node_is_not_doubled() {
    for size in [1, 3, 5, 255, 257, 511] {
        let leaves = numbered(size);
        let mut doubled = leaves.clone();
        doubled.extend(leaves.last().cloned());
        assert_ne!(Stored::of(&leaves).frontier.root(), Stored::of(&doubled).frontier.root(), "size {size}");
    }
}

#[test]
fn a_node_cannot_be_passed_off_as_a_leaf() {
    let leaves = numbered(2);
    let node = [record_hash(&leaves[0]).0, record_hash(&leaves[1]).0].concat();
    assert_ne!(Stored::of(&[node]).frontier.root(), Stored::of(&leaves).frontier.root());
}

#[test]
fn a_tree_that_goes_on_from_its_blocks_is_the_same_tree() {
    let leaves = numbered(256 * 257 + 3);
    let stored = Stored::of(&leaves);
    let mut again = Frontier::default();
    let spans: Vec<_> = stored.blocks.iter().filter_map(|block| again.push_block(*block).span).collect();
    for leaf in &leaves[256 * 257..] {
        again.push(record_hash(leaf));
    }
    assert_eq!(again.root(), stored.frontier.root());
    assert_eq!(again.size(), leaves.len() as u64);
    assert_eq!(spans, stored.spans);
}

#[test]
fn proofs_reach_across_blocks_and_spans() {
    let leaves = numbered(2 * 65_536 + 300);
    let stored = Stored::of(&leaves);
    let size = leaves.len() as u64;
    let root = stored.frontier.root();
    let reader = stored.reader(leaves.len());
    assert_eq!(reader.root().unwrap(), root);
    for index in [0, 255, 256, 65_535, 65_536, 131_071, 131_072, 131_327, 131_328, size - 1] {
        let proof = reader.inclusion(index).unwrap();
        let leaf = stored.leaves[usize::try_from(index).unwrap()];
        check_record(&proof, size, root, index, leaf).unwrap();
        check_record(&proof, size, root, index ^ 1, leaf).unwrap_err();
    }
    for older in [1, 255, 256, 257, 65_535, 65_536, 65_537, 131_072, size] {
        let proof = reader.consistency(older).unwrap();
        let old_root = reader.root_of(older).unwrap();
        check_tree(&proof, size, root, older, old_root).unwrap();
        check_tree(&proof, size, root, older, record_hash(b"another")).unwrap_err();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn roots_and_proofs_are_those_of_the_definition(
        leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 1..600),
        size in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
    ) {
        let stored = Stored::of(&leaves);
        let size = size.index(leaves.len()) + 1;
        let then = &leaves[..size];
        let reader = stored.reader(size);
        prop_assert_eq!(reader.root().unwrap(), naive_root(then));
        let place = place.index(size);
        prop_assert_eq!(reader.inclusion(place as u64).unwrap(), naive_path(place, then));
        prop_assert_eq!(reader.consistency(place as u64 + 1).unwrap(), naive_consistency(place + 1, then, true));
    }
}
