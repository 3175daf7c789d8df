//! The lines of a file from its end, holding no more than one line and one block.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::line::LINE_BYTES_MAX;

/// How much is read at once.
const BLOCK_BYTES: usize = 64 << 10;

/// A line, or what stands in place of one.
pub struct Piece {
    /// Where it begins in the file.
    pub start: u64,
    /// The line without its end; empty when it is longer than any line can be.
    pub bytes: Vec<u8>,
    /// Whether a line feed ends it; only the last piece of a file can lack it.
    pub is_ended: bool,
}

/// Reads backwards.
pub struct ReverseLines {
    file: File,
    /// Where `held` begins in the file; what is before was not read.
    start: u64,
    /// What was read and not returned.
    held: Vec<u8>,
}

impl ReverseLines {
    /// Of the first `end` bytes of a file.
    pub const fn new(file: File, end: u64) -> Self {
        Self { file, start: end, held: Vec::new() }
    }

    /// The line before the one returned last; none at the beginning of the file.
    pub fn step(&mut self) -> io::Result<Option<Piece>> {
        if self.held.is_empty() && self.fill()? == 0 {
            return Ok(None);
        }
        let is_ended = self.held.last() == Some(&b'\n');
        let mut searched = self.held.len() - usize::from(is_ended);
        let mut is_long = false;
        loop {
            let found = self.held[..searched].iter().rposition(|byte| *byte == b'\n');
            if found.is_some() || self.start == 0 {
                let from = found.map_or(0, |at| at + 1);
                let mut bytes = self.held.split_off(from);
                bytes.truncate(bytes.len() - usize::from(is_ended && !is_long));
                if is_long || bytes.len() > LINE_BYTES_MAX {
                    bytes.clear();
                }
                return Ok(Some(Piece { start: self.start + from as u64, bytes, is_ended }));
            }
            if self.held.len() > LINE_BYTES_MAX {
                is_long = true;
                self.held.clear();
            }
            searched = self.fill()?;
        }
    }

    /// Reads the block before what is held; says how long it was.
    fn fill(&mut self) -> io::Result<usize> {
        let block_bytes = usize::try_from(self.start).map_or(BLOCK_BYTES, |start| start.min(BLOCK_BYTES));
        let start = self.start - block_bytes as u64;
        let mut block = vec![0; block_bytes];
        self.file.read_exact_at(&mut block, start)?;
        block.append(&mut self.held);
        self.held = block;
        self.start = start;
        Ok(block_bytes)
    }
}
