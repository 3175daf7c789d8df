//! Posting blocks: up to 256 positions of one list, each with the code of its event's type, delta-coded.
//!
//! A block's key ends with its last position, so that a seek to `list | position` lands on the block that may
//! hold the first position from there on. Value: count − 1, last − first, then per posting its distance from
//! the one before (not for the first) and its type code, all as LEB128.

use crate::error::ReadError;

/// Most postings in a block.
pub(super) const BLOCK_POSTINGS_MAX: usize = 256;

/// One event in a posting list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Posting {
    /// Where the event stands.
    pub position: u64,
    /// The code of its type.
    pub code: u16,
}

/// The value of a block. The postings ascend; there is at least one.
pub(super) fn encode(postings: &[Posting], out: &mut Vec<u8>) {
    let (Some(first), Some(last)) = (postings.first(), postings.last()) else { return };
    write_varint(postings.len() as u64 - 1, out);
    write_varint(last.position - first.position, out);
    let mut before = first.position;
    for (index, posting) in postings.iter().enumerate() {
        if index > 0 {
            write_varint(posting.position - before, out);
        }
        write_varint(u64::from(posting.code), out);
        before = posting.position;
    }
}

/// Reads the block that ends with `last` into `out`, which it replaces.
pub(super) fn decode(last: u64, value: &[u8], out: &mut Vec<Posting>) -> Result<(), ReadError> {
    out.clear();
    let mut rest = value;
    read(last, &mut rest, out)
        .filter(|()| rest.is_empty() && out.last().is_some_and(|posting| posting.position == last))
        .ok_or_else(|| ReadError::Storage(format!("the posting block that ends at position {last} is damaged")))
}

fn read(last: u64, rest: &mut &[u8], out: &mut Vec<Posting>) -> Option<()> {
    let count = read_varint(rest)?.checked_add(1)?;
    if count > BLOCK_POSTINGS_MAX as u64 {
        return None;
    }
    let mut position = last.checked_sub(read_varint(rest)?)?;
    for index in 0..count {
        if index > 0 {
            position = position.checked_add(read_varint(rest)?)?;
        }
        let code = u16::try_from(read_varint(rest)?).ok()?;
        out.push(Posting { position, code });
    }
    Some(())
}

fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(low_byte(value) | 0x80);
        value >>= 7;
    }
    out.push(low_byte(value));
}

const fn low_byte(value: u64) -> u8 {
    value.to_le_bytes()[0]
}

fn read_varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_block_reads_back(
            first in 1..u64::MAX / 2,
            steps in prop::collection::vec((1..1_u64 << 40, 0..600_u16), 1..BLOCK_POSTINGS_MAX),
        ) {
            let mut position = first;
            let step = |(distance, code): &(u64, u16)| {
                position += distance;
                Posting { position, code: *code }
            };
            let postings: Vec<_> = steps.iter().map(step).collect();
            let mut value = Vec::new();
            encode(&postings, &mut value);
            let mut read = Vec::new();
            decode(postings.last().unwrap().position, &value, &mut read).unwrap();
            prop_assert_eq!(read, postings);
        }

        #[test]
        fn a_changed_block_is_refused_or_stays_within_its_bounds(
            steps in prop::collection::vec((1..1_u64 << 20, 0..600_u16), 1..60),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut position = 0;
            let postings: Vec<_> = steps.iter().map(|(distance, code)| {
                position += distance;
                Posting { position, code: *code }
            }).collect();
            let mut value = Vec::new();
            encode(&postings, &mut value);
            for (at, byte) in changes {
                let at = at.index(value.len());
                value[at] = byte;
            }
            value.truncate(cut.map_or(value.len(), |cut| cut.index(value.len() + 1)));
            let mut out = Vec::new();
            if decode(position, &value, &mut out).is_ok() {
                prop_assert!(out.len() <= BLOCK_POSTINGS_MAX && out.len() <= value.len());
                prop_assert!(out.is_sorted_by_key(|posting| posting.position));
                prop_assert_eq!(out.last().unwrap().position, position);
            }
        }

        #[test]
        fn a_damaged_block_is_refused_or_read_but_never_panics(
            last in any::<u64>(),
            value in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut out = Vec::new();
            if decode(last, &value, &mut out).is_ok() {
                prop_assert_eq!(out.last().unwrap().position, last);
            }
        }
    }
}
