//! Looks at the WAL of the records before RocksDB does: where it breaks, and whether more follows.
//!
//! Each group is one synced write, hence one logical WAL record, and the next group is written only after it.
//! So a power cut can leave at most the last logical record broken. A break with the start of another logical
//! record behind it is damage to acknowledged groups, which RocksDB would drop in silence.
//!
//! The format is that of RocksDB's `db/log_format.h`: blocks of 32 KiB; fragments of checksum, size, type and
//! data.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const BLOCK_SIZE: usize = 32 << 10;
const HEADER_SIZE: usize = 7;
const FULL: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;
/// Types with this bit are notes of RocksDB to itself.
const NOTE: u8 = 0x80;

/// What the WAL files look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WalState {
    /// Every logical record is whole.
    Intact,
    /// Only the last logical record is broken.
    BrokenTail(Break),
    /// Logical records follow the broken one.
    BrokenInside(Break),
}

/// Where a WAL breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Break {
    /// The file.
    pub file: PathBuf,
    /// The offset of the fragment that cannot be read.
    pub offset: usize,
}

/// Looks at the WAL files of a RocksDB folder.
pub(super) fn inspect(folder: &Path) -> io::Result<WalState> {
    let mut found: Option<Break> = None;
    for file in files(folder)? {
        let bytes = fs::read(&file)?;
        if let Some(broken) = found {
            if starts_record(&bytes, 0) {
                return Ok(WalState::BrokenInside(broken));
            }
            found = Some(broken);
            continue;
        }
        if let Some(offset) = first_break(&bytes) {
            let broken = Break { file, offset };
            if starts_record(&bytes, offset + 1) {
                return Ok(WalState::BrokenInside(broken));
            }
            found = Some(broken);
        }
    }
    Ok(found.map_or(WalState::Intact, WalState::BrokenTail))
}

/// The WAL files, oldest first.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !folder.exists() {
        return Ok(Vec::new());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok());
        if path.extension().is_some_and(|extension| extension == "log")
            && let Some(number) = number
        {
            files.push((number, path));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

/// The offset of the first fragment that cannot be read; none when the file ends with a whole logical record.
fn first_break(bytes: &[u8]) -> Option<usize> {
    let mut offset = 0;
    let mut record_start = None;
    while offset < bytes.len() {
        let left_in_block = BLOCK_SIZE - offset % BLOCK_SIZE;
        if left_in_block < HEADER_SIZE {
            offset += left_in_block;
            continue;
        }
        let Some(fragment) = Fragment::read(&bytes[offset..]) else {
            // Preallocated space reads as zeros; it breaks nothing unless a record was left open.
            let is_empty = bytes[offset..].iter().all(|byte| *byte == 0);
            return if is_empty { record_start } else { Some(record_start.unwrap_or(offset)) };
        };
        match fragment.kind {
            FIRST => record_start = Some(offset),
            FULL | LAST => record_start = None,
            _ => {}
        }
        offset += HEADER_SIZE + fragment.size;
    }
    record_start
}

/// Whether a logical record begins at `from` or later. Every offset is tried, because a damaged size hides where
/// the next fragment begins; type, size and checksum together do not fit by chance.
fn starts_record(bytes: &[u8], from: usize) -> bool {
    (from..bytes.len())
        .filter_map(|offset| Fragment::read(&bytes[offset..]))
        .any(|fragment| fragment.kind == FULL || fragment.kind == FIRST)
}

struct Fragment {
    kind: u8,
    size: usize,
}

impl Fragment {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<HEADER_SIZE>()?;
        let (kind, size) = (header[6], usize::from(u16::from_le_bytes([header[4], header[5]])));
        if !((FULL..=LAST).contains(&kind) || kind & NOTE != 0) || size > BLOCK_SIZE - HEADER_SIZE {
            return None;
        }
        let data = rest.get(..size)?;
        let stored = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
        let found = crc32c::crc32c_append(crc32c::crc32c(&[kind]), data);
        (mask(found) == stored).then_some(Self { kind, size })
    }
}

/// How RocksDB stores a checksum.
const fn mask(checksum: u32) -> u32 {
    checksum.rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_looked_at_without_panic(
            files in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4),
            zeros in 0..40_000_usize,
        ) {
            let mut files = files;
            if let Some(last) = files.last_mut() {
                last.resize(last.len() + zeros, 0);
            }
            state(&files);
        }

        #[test]
        fn a_changed_byte_is_damage_unless_it_lies_in_the_last_record(
            records in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 1..8),
            is_split in any::<bool>(),
            at in any::<prop::sample::Index>(),
            change in 1..=255_u8,
        ) {
            let last = records.len() - 1;
            let stored: Vec<Vec<u8>> = records.iter().map(|data| {
                let (first, rest) = data.split_at(data.len() / 2);
                if is_split { [fragment(FIRST, first), fragment(LAST, rest)].concat() } else { fragment(FULL, data) }
            }).collect();
            let start_of_last: usize = stored[..last].iter().map(Vec::len).sum();
            let mut bytes = stored.concat();
            prop_assert_eq!(state(std::slice::from_ref(&bytes)), WalState::Intact);
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            match state(&[bytes]) {
                WalState::Intact => prop_assert!(false, "the change at byte {} is not noticed", at),
                WalState::BrokenTail(_) => prop_assert!(at >= start_of_last, "the change at byte {} is cut away", at),
                WalState::BrokenInside(broken) => {
                    prop_assert!(at < start_of_last && broken.offset <= at, "{broken:?}, changed at {}", at);
                }
            }
        }

        #[test]
        fn a_cut_record_is_a_broken_tail(size in 1..70_000_usize, cut in any::<prop::sample::Index>()) {
            let before = fragment(FULL, b"before");
            let start = before.len();
            let mut bytes = [before, records_of(start, &vec![7; size])].concat();
            prop_assert_eq!(state(std::slice::from_ref(&bytes)), WalState::Intact);
            let keep = start + 1 + cut.index(bytes.len() - start - 1);
            bytes.truncate(keep);
            prop_assert_eq!(offset(state(&[bytes])), (true, start));
        }
    }

    /// A logical record in fragments that end with their blocks, as RocksDB writes it after `start` bytes.
    fn records_of(start: usize, data: &[u8]) -> Vec<u8> {
        let (mut out, mut rest, mut is_first) = (Vec::new(), data, true);
        loop {
            let left = BLOCK_SIZE - (start + out.len()) % BLOCK_SIZE;
            if left < HEADER_SIZE {
                out.resize(out.len() + left, 0);
                continue;
            }
            let (now, later) = rest.split_at(rest.len().min(left - HEADER_SIZE));
            let kind = match (is_first, later.is_empty()) {
                (true, true) => FULL,
                (true, false) => FIRST,
                (false, true) => LAST,
                (false, false) => 3,
            };
            out.extend(fragment(kind, now));
            (rest, is_first) = (later, false);
            if rest.is_empty() {
                return out;
            }
        }
    }

    fn fragment(kind: u8, data: &[u8]) -> Vec<u8> {
        let checksum = mask(crc32c::crc32c_append(crc32c::crc32c(&[kind]), data));
        let size = u16::try_from(data.len()).unwrap();
        [&checksum.to_le_bytes()[..], &size.to_le_bytes(), &[kind], data].concat()
    }

    fn state(files: &[Vec<u8>]) -> WalState {
        let folder = tempfile::tempdir().unwrap();
        for (number, bytes) in files.iter().enumerate() {
            fs::write(folder.path().join(format!("{number:06}.log")), bytes).unwrap();
        }
        inspect(folder.path()).unwrap()
    }

    fn offset(state: WalState) -> (bool, usize) {
        match state {
            WalState::Intact => panic!("intact"),
            WalState::BrokenTail(broken) => (true, broken.offset),
            WalState::BrokenInside(broken) => (false, broken.offset),
        }
    }

    #[test]
    fn whole_records_are_intact_also_before_preallocated_space() {
        let records = [fragment(FULL, b"one"), fragment(FIRST, b"two"), fragment(LAST, b"!")].concat();
        assert_eq!(state(std::slice::from_ref(&records)), WalState::Intact);
        assert_eq!(state(&[records.clone(), [records, vec![0; 99]].concat()]), WalState::Intact);
        assert_eq!(state(&[]), WalState::Intact);
    }

    #[test]
    fn a_torn_last_record_is_a_broken_tail() {
        let whole = fragment(FULL, b"one");
        let torn = fragment(FULL, b"two");
        let records = [&whole[..], &torn[..torn.len() - 1]].concat();
        assert_eq!(offset(state(&[records])), (true, whole.len()));
    }

    #[test]
    fn a_last_record_whose_middle_is_missing_is_a_broken_tail() {
        let whole = fragment(FULL, b"one");
        let mut middle = fragment(3, b"wo");
        middle[8] ^= 1;
        let records = [whole.clone(), fragment(FIRST, b"t"), middle, fragment(LAST, b"!")].concat();
        assert_eq!(offset(state(&[records])), (true, whole.len()));
    }

    #[test]
    fn a_record_left_open_is_a_broken_tail() {
        let whole = fragment(FULL, b"one");
        let records = [whole.clone(), fragment(FIRST, b"two"), vec![0; 50]].concat();
        assert_eq!(offset(state(&[records])), (true, whole.len()));
    }

    #[test]
    fn a_flipped_record_before_whole_ones_is_broken_inside() {
        let mut damaged = fragment(FULL, b"two");
        damaged[9] ^= 1;
        let records = [fragment(FULL, b"one"), damaged, fragment(FULL, b"three")].concat();
        assert_eq!(offset(state(&[records])), (false, 10));
    }

    #[test]
    fn a_damaged_size_does_not_hide_what_follows() {
        let mut damaged = fragment(FULL, b"two");
        damaged[4] = 0xf0;
        let records = [fragment(FULL, b"one"), damaged, fragment(FULL, b"three")].concat();
        assert_eq!(offset(state(&[records])), (false, 10));
    }

    #[test]
    fn a_break_before_another_file_with_records_is_inside() {
        let torn = [&fragment(FULL, b"one")[..], &fragment(FULL, b"two")[..8]].concat();
        assert_eq!(offset(state(&[torn.clone(), fragment(FULL, b"three")])), (false, 10));
        assert_eq!(offset(state(&[torn, Vec::new()])), (true, 10));
    }
}
