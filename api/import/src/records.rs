//! Records of delimited text: one row at a time, with its lines and its original text.
//!
//! Strict where leniency would swallow neighbors: after a closing quote only a delimiter or the end of the line
//! may follow, and a quote that is never closed costs only the line on which it opens. Reading goes on at the
//! next line, so that one bad row never takes others with it.

use std::io;

use super::decode::{TextSource, UNDECODABLE};
use super::error::RowError;

/// Longest record, in bytes of text.
pub const RECORD_SIZE_MAX: usize = 8 * 1024 * 1024;

/// How fields are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The delimiter, an ASCII character.
    pub delimiter: u8,
    /// The quote; none = quotes are ordinary characters.
    pub quote: Option<u8>,
    /// Whether blanks around fields are cut off.
    pub trim: bool,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Number of the row, from 1; the header does not count.
    pub number: u64,
    /// The line on which it begins, from 1.
    pub line: u64,
    text: String,
    fields: Vec<(usize, usize)>,
    raw: String,
}

impl Record {
    /// A field; empty past the end.
    pub fn field(&self, index: usize) -> &str {
        self.fields.get(index).map_or("", |(from, until)| &self.text[*from..*until])
    }

    /// Number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// All fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(from, until)| &self.text[*from..*until])
    }

    /// The text as it stands in the file, without the line end.
    pub fn raw(&self) -> &str {
        &self.raw
    }
}

/// Reads records.
pub struct Records {
    source: TextSource,
    dialect: Dialect,
    buffer: String,
    start: usize,
    at_end: bool,
    broken: Option<io::Error>,
    line: u64,
    rows: u64,
}

/// What one look at the buffer found.
enum Found {
    Record { end: usize, next: usize },
    NeedMore,
    Malformed(String),
}

impl Records {
    /// Reads the records of a text.
    pub fn new(source: TextSource, dialect: Dialect) -> Self {
        Self { source, dialect, buffer: String::new(), start: 0, at_end: false, broken: None, line: 1, rows: 0 }
    }

    /// The line on which the next record begins.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Leaves lines out, before the header.
    ///
    /// # Errors
    /// Those of the input.
    pub fn skip_lines(&mut self, count: u64) -> io::Result<()> {
        for _ in 0..count {
            let Some(end) = self.line_end()? else { break };
            self.advance(end);
        }
        Ok(())
    }

    /// The columns that the first record names.
    ///
    /// # Errors
    /// When there is no record, or it is malformed.
    pub fn header(&mut self) -> io::Result<Vec<String>> {
        let invalid = |message: String| io::Error::new(io::ErrorKind::InvalidData, message);
        let mut record = Record::default();
        match self.next(&mut record)? {
            None => Err(invalid("the file is empty".to_owned())),
            Some(Err(error)) => Err(invalid(format!("line {}: {error}", record.line))),
            Some(Ok(())) => {
                self.rows = 0;
                Ok(record.fields().map(|name| name.trim().to_owned()).collect())
            }
        }
    }

    /// The next record, which says `Err` inside when it is malformed. None at the end.
    ///
    /// # Errors
    /// When the input cannot be read on; a record cut off by that is not handed out.
    pub fn next(&mut self, record: &mut Record) -> io::Result<Option<Result<(), RowError>>> {
        loop {
            self.skip_blank_lines()?;
            if self.start == self.buffer.len() && self.at_end {
                return Ok(None);
            }
            record.line = self.line;
            let outcome = match scan(&self.buffer[self.start..], self.at_end, self.dialect, record) {
                Found::NeedMore if self.buffer.len() - self.start <= RECORD_SIZE_MAX => {
                    self.more()?;
                    continue;
                }
                Found::NeedMore => self.malformed(
                    record,
                    format!("the row is longer than {RECORD_SIZE_MAX} bytes, or a quote is not closed"),
                )?,
                Found::Malformed(message) => self.malformed(record, message)?,
                Found::Record { end, next } => {
                    record.raw.clear();
                    record.raw.push_str(&self.buffer[self.start..self.start + end]);
                    self.advance(self.start + next);
                    check_encoding(record)
                }
            };
            self.rows += 1;
            record.number = self.rows;
            return Ok(Some(outcome));
        }
    }

    /// Gives up the line on which the record begins.
    fn malformed(&mut self, record: &mut Record, message: String) -> io::Result<Result<(), RowError>> {
        let end = self.line_end()?.unwrap_or(self.buffer.len());
        record.raw.clear();
        record.raw.push_str(self.buffer[self.start..end].trim_end_matches(['\n', '\r']));
        self.advance(end);
        Ok(Err(RowError::malformed(message)))
    }

    /// Where the line at `start` ends, after its line feed; none when nothing is left.
    fn line_end(&mut self) -> io::Result<Option<usize>> {
        loop {
            if let Some(feed) = self.buffer[self.start..].find('\n') {
                return Ok(Some(self.start + feed + 1));
            }
            let size = self.buffer.len() - self.start;
            if self.at_end || size > RECORD_SIZE_MAX {
                return Ok((size > 0).then_some(self.buffer.len()));
            }
            self.more()?;
        }
    }

    fn skip_blank_lines(&mut self) -> io::Result<()> {
        loop {
            let rest = &self.buffer.as_bytes()[self.start..];
            match rest {
                [b'\n', ..] => self.advance(self.start + 1),
                [b'\r', b'\n', ..] => self.advance(self.start + 2),
                [] | [b'\r'] if !self.at_end => self.more()?,
                _ => return Ok(()),
            }
        }
    }

    fn advance(&mut self, to: usize) {
        self.line += self.buffer[self.start..to].matches('\n').count() as u64;
        self.start = to;
    }

    /// Reads on, at least as much again as is waiting, so that a long record is looked at only a few times.
    fn more(&mut self) -> io::Result<()> {
        if let Some(error) = self.broken.take() {
            return Err(error);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let size = self.buffer.len();
        while !self.at_end && self.buffer.len() <= size * 2 {
            match self.source.fill(&mut self.buffer) {
                Ok(at_end) => self.at_end = at_end,
                Err(error) if self.buffer.len() == size => return Err(error),
                // The whole records before the damage come first.
                Err(error) => {
                    self.broken = Some(error);
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Takes one record off the front of the text.
fn scan(text: &str, at_end: bool, dialect: Dialect, record: &mut Record) -> Found {
    let bytes = text.as_bytes();
    record.text.clear();
    record.fields.clear();
    let mut at = 0;
    loop {
        let from = record.text.len();
        if dialect.trim {
            at += bytes[at..].iter().take_while(|byte| is_blank(**byte, dialect.delimiter)).count();
        }
        if dialect.quote.is_some() && bytes.get(at).copied() == dialect.quote {
            match quoted(text, at + 1, at_end, dialect, &mut record.text) {
                Ok(Some(after)) => at = after,
                Ok(None) => return Found::NeedMore,
                Err(message) => return Found::Malformed(message),
            }
        } else {
            let size = bytes[at..].iter().position(|byte| *byte == dialect.delimiter || *byte == b'\n');
            let Some(until) = size.map(|size| at + size).or(at_end.then_some(bytes.len())) else {
                return Found::NeedMore;
            };
            let mut field = &text[at..until];
            if bytes.get(until).copied() != Some(dialect.delimiter) {
                field = field.strip_suffix('\r').unwrap_or(field);
            }
            record.text.push_str(if dialect.trim { field.trim_end() } else { field });
            at = until;
        }
        record.fields.push((from, record.text.len()));
        match bytes.get(at) {
            Some(byte) if *byte == dialect.delimiter => at += 1,
            Some(_) => {
                let end = if at > 0 && bytes[at - 1] == b'\r' { at - 1 } else { at };
                return Found::Record { end, next: at + 1 };
            }
            None => return Found::Record { end: at, next: at },
        }
    }
}

/// Reads a quoted field from behind its opening quote; yields where its delimiter or line feed stands.
fn quoted(
    text: &str,
    mut at: usize,
    at_end: bool,
    dialect: Dialect,
    out: &mut String,
) -> Result<Option<usize>, String> {
    let bytes = text.as_bytes();
    let Some(quote) = dialect.quote else { return Ok(None) };
    loop {
        let Some(size) = bytes[at..].iter().position(|byte| *byte == quote) else {
            return if at_end { Err("a quote is not closed".to_owned()) } else { Ok(None) };
        };
        out.push_str(&text[at..at + size]);
        at += size + 1;
        if bytes.get(at).copied() == Some(quote) {
            out.push(char::from(quote));
            at += 1;
            continue;
        }
        let after = at + bytes[at..].iter().take_while(|byte| is_blank(**byte, dialect.delimiter)).count();
        return match bytes.get(after) {
            Some(byte) if *byte == dialect.delimiter || *byte == b'\n' => Ok(Some(after)),
            Some(b'\r') if bytes.get(after + 1) == Some(&b'\n') => Ok(Some(after + 1)),
            Some(b'\r') if after + 1 == bytes.len() => Ok(at_end.then_some(after + 1)),
            Some(_) => Err(format!("text follows a closing quote in field {}", nth_field(text, after, dialect))),
            None => Ok(at_end.then_some(after)),
        };
    }
}

fn is_blank(byte: u8, delimiter: u8) -> bool {
    byte != delimiter && (byte == b' ' || byte == b'\t')
}

/// Roughly which field of the line it is, for the message.
fn nth_field(text: &str, at: usize, dialect: Dialect) -> usize {
    text[..at].matches(char::from(dialect.delimiter)).count() + 1
}

fn check_encoding(record: &Record) -> Result<(), RowError> {
    let Some(index) = record.fields().position(|field| field.contains(UNDECODABLE)) else { return Ok(()) };
    Err(RowError {
        code: RowError::ENCODING,
        message: format!("field {} has bytes that are not of the declared encoding", index + 1),
    })
}

#[cfg(test)]
mod tests;
