//! Checks the chain of the lines, and says where it breaks.
//!
//! It shows that lines were changed, removed from within, added or moved. Lines cut off at the end, and a whole log
//! written anew, it shows only to who kept a head from before.

use std::io::{self, BufRead, BufReader, Read};

use crate::chain::{Chain, Head};
use crate::days::Day;
use crate::error::{AccessLogError, failed};
use crate::line::{self, LINE_BYTES_MAX};
use crate::reader::{Extent, Reader};

/// Most breaks that are told.
pub const BREAKS_MAX: usize = 100;

/// How much is read at once.
const BUFFER_BYTES: usize = 64 << 10;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It cannot be read.
    Unreadable,
    /// It is not what its hash is of, or another line stood before it.
    Hash,
    /// Its number does not follow that of the line before.
    Number,
    /// The first line of a day, and not the one that followed the last of the day before.
    DayBefore,
    /// The first line of a log that does not say what it follows: lines before it in its file are gone.
    Beginning,
    /// The line that was known from elsewhere has another hash.
    Known,
    /// The line that was known from elsewhere is not there, though it is not so old that retention took it.
    Missing,
}

/// Where the chain breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// In which file; none when there is no line at all.
    pub day: Option<Day>,
    /// In which line of it, from 1; for a missing line, the last.
    pub line: u64,
    /// What the line says its number is; none when it cannot be read.
    pub seq: Option<u64>,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many files were read.
    pub days: usize,
    /// How many lines.
    pub lines: u64,
    /// Number of the oldest line; none when there is none that can be read.
    pub first_seq: Option<u64>,
    /// The last line.
    pub head: Option<Head>,
    /// Whether the line that was known from elsewhere was met; false when it is so old that it was removed.
    pub has_known: bool,
    /// Where the chain breaks, at most 100 places.
    pub breaks: Vec<Break>,
    /// Whether there are more.
    pub has_more_breaks: bool,
}

impl Verified {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.breaks.is_empty()
    }
}

/// A check on its way.
pub struct Verifying<'a> {
    known: Option<Head>,
    is_given_up: &'a dyn Fn() -> bool,
    /// The file and the line of it that was read last.
    place: Option<(Day, u64)>,
    found: Verified,
}

impl<'a> Verifying<'a> {
    /// Begins.
    pub fn new(known: Option<Head>, is_given_up: &'a dyn Fn() -> bool) -> Self {
        Self { known, is_given_up, place: None, found: Verified::default() }
    }

    /// Reads everything, oldest first.
    pub fn run(mut self, reader: &Reader) -> Result<Verified, AccessLogError> {
        for extent in reader.extents()? {
            self.read(reader, &extent)?;
        }
        if let Some(known) = self.known {
            let is_removed_by_age = self.found.first_seq.is_some_and(|first| known.seq < first);
            if !self.found.has_known && !is_removed_by_age {
                let (day, line) = self.place.map_or((None, 0), |(day, line)| (Some(day), line));
                self.note(Break { day, line, seq: Some(known.seq), flaw: Flaw::Missing });
            }
        }
        Ok(self.found)
    }

    fn read(&mut self, reader: &Reader, extent: &Extent) -> Result<(), AccessLogError> {
        let path = reader.days().file(extent.day);
        let Some(file) = reader.days().open(extent.day)? else {
            // Retention took it since the days were listed, and all before it: the chain begins after it.
            (self.found.head, self.found.first_seq) = (None, None);
            return Ok(());
        };
        self.found.days += 1;
        let readable = file.take(extent.readable_bytes.unwrap_or(u64::MAX));
        let mut lines = BufReader::with_capacity(BUFFER_BYTES, readable);
        let (mut bytes, mut number) = (Vec::new(), 0);
        loop {
            let is_ended = read_line(&mut lines, &mut bytes).map_err(failed("reading", &path))?;
            if (self.is_given_up)() {
                return Err(AccessLogError::GivenUp);
            }
            if !is_ended && (bytes.is_empty() || extent.may_grow) {
                return Ok(());
            }
            number += 1;
            self.place = Some((extent.day, number));
            self.check(extent.day, number, if is_ended { &bytes } else { &[] });
        }
    }

    fn check(&mut self, day: Day, line: u64, bytes: &[u8]) {
        let day = Some(day);
        self.found.lines += 1;
        let (Some(outline), Some(body)) = (line::outline(bytes), line::body(bytes)) else {
            self.note(Break { day, line, seq: None, flaw: Flaw::Unreadable });
            return;
        };
        let before = self.found.head;
        let follows = before.map(|head| head.chain).or(outline.after);
        let flaw = match (before, outline.after) {
            (None, None) => Some(Flaw::Beginning),
            (Some(_), Some(_)) if line != 1 => Some(Flaw::DayBefore),
            (Some(before), Some(after)) if after != before.chain => Some(Flaw::DayBefore),
            (Some(_), None) if line == 1 => Some(Flaw::DayBefore),
            _ if follows.unwrap_or(Chain::START).then(body) != outline.chain => Some(Flaw::Hash),
            (Some(before), _) if before.seq.checked_add(1) != Some(outline.seq) => Some(Flaw::Number),
            _ => None,
        };
        let is_known = self.known.filter(|known| known.seq == outline.seq);
        self.found.has_known |= is_known.is_some();
        let other_than_known = is_known.filter(|known| known.chain != outline.chain).map(|_| Flaw::Known);
        if let Some(flaw) = flaw.or(other_than_known) {
            self.note(Break { day, line, seq: Some(outline.seq), flaw });
        }
        self.found.first_seq.get_or_insert(outline.seq);
        // What follows is compared with what this line says of itself, so that one change is one break.
        self.found.head = Some(outline.head());
    }

    fn note(&mut self, found: Break) {
        if self.found.breaks.len() < BREAKS_MAX {
            self.found.breaks.push(found);
        } else {
            self.found.has_more_breaks = true;
        }
    }
}

/// Reads a line without its end, or nothing of one that is longer than any can be; says whether it was ended.
fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut is_long = false;
    loop {
        from.by_ref().take(LINE_BYTES_MAX as u64).read_until(b'\n', line)?;
        let is_ended = line.last() == Some(&b'\n');
        if is_ended || line.len() < LINE_BYTES_MAX {
            line.truncate(if is_long { 0 } else { line.len() - usize::from(is_ended) });
            return Ok(is_ended);
        }
        is_long = true;
        line.clear();
    }
}
