//! A line of a portable file: a JSON object whose last field is the checksum of the text before it.

use std::io;
use std::path::PathBuf;

use letopis_domain::values::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::keys::LedgerEnd;

/// What the first line says first.
pub(super) const FORMAT: &str = "letopis log 1";
/// What stands between the content of a line and its checksum.
const CHECKSUM: &str = ",\"crc32c\":\"";
/// Eight digits, and the ends of text and object.
const CHECKSUM_SIZE: usize = CHECKSUM.len() + 8 + 2;

/// A portable file that cannot be brought back.
#[derive(Debug, thiserror::Error)]
pub enum PortableError {
    /// A line is not what was written, or not at its place.
    #[error("line {line} of {}: {what}", .file.display())]
    Refused {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The file system said no.
    #[error("{} could not be read: {source}", .file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// How it ended.
        source: io::Error,
    },
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::backup) struct Manifest {
    pub format: String,
    /// The log.
    pub log: Uuid,
    /// How many records follow.
    pub records: u64,
    /// How far the ledger of erasures went.
    pub ledger: LedgerEnd,
    pub exported_at: Timestamp,
}

/// A line per kept checkpoint, before the records.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointLine {
    /// The line as the log keeps it.
    pub checkpoint: Box<RawValue>,
}

/// A line per record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordLine {
    pub position: u64,
    /// The event for people, without what is personal.
    pub event: Box<RawValue>,
    /// Its personal values, `erased`, or null.
    pub personal: Box<RawValue>,
    /// The stored bytes, in base64.
    pub frame: String,
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SummaryLine {
    pub records: u64,
    /// The root of the Merkle tree over them, in base64.
    pub root: String,
    /// BLAKE3 of all lines before this one, in hexadecimal.
    pub blake3: String,
}

/// The text of a line, with its line feed.
pub(super) fn encode(content: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string(content)?;
    text.pop();
    let checksum = crc32c::crc32c(text.as_bytes());
    text.push_str(&format!("{CHECKSUM}{checksum:08x}\"}}\n"));
    Ok(text)
}

/// The object that a line, without its line feed, says, or what is wrong with it.
pub(super) fn decode(line: &[u8]) -> Result<String, String> {
    let not_whole = || "it does not end with its checksum: it is damaged or cut".to_owned();
    let text = std::str::from_utf8(line).map_err(|_| "it is no text".to_owned())?;
    let at = text.len().checked_sub(CHECKSUM_SIZE).filter(|at| text.is_char_boundary(*at)).ok_or_else(not_whole)?;
    let (content, checksum) = text.split_at(at);
    let digits = checksum.strip_prefix(CHECKSUM).and_then(|rest| rest.strip_suffix("\"}")).ok_or_else(not_whole)?;
    let found = format!("{:08x}", crc32c::crc32c(content.as_bytes()));
    if found != digits {
        return Err(format!("its checksum is {found}, written was {digits}: it is damaged"));
    }
    Ok(format!("{content}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_anywhere_in_a_line_is_noticed() {
        let summary = SummaryLine { records: 3, root: "AAAA".to_owned(), blake3: "00".to_owned() };
        let line = encode(&summary).unwrap();
        let line = line.strip_suffix('\n').unwrap().as_bytes();
        assert_eq!(decode(line).unwrap(), r#"{"records":3,"root":"AAAA","blake3":"00"}"#);
        for bit in 0..line.len() * 8 {
            let mut flipped = line.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&flipped).is_err(), "bit {bit}");
        }
        for size in 0..line.len() {
            assert!(decode(&line[..size]).is_err(), "cut to {size}");
        }
    }
}
