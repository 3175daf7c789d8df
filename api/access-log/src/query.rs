//! What an auditor asks: who looked at this person since March, what did this employee look at yesterday.

use letopis_domain::ids::EmployeeId;
use letopis_domain::values::Timestamp;

use crate::access::{Entry, Kind, Subject};
use crate::cursor::Cursor;
use crate::days::Day;
use crate::error::{AccessLogError, failed};
use crate::line;
use crate::reader::{Extent, Reader};
use crate::reverse::{Piece, ReverseLines};

/// Most entries of a page.
pub const PAGE_ENTRIES_MAX: usize = 100;

/// Which entries are wanted: those that meet everything that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// To whom or what.
    pub subject: Option<Subject>,
    /// Of which sort.
    pub kind: Option<Kind>,
    /// First instant.
    pub from: Option<Timestamp>,
    /// First instant no longer wanted.
    pub until: Option<Timestamp>,
}

/// A page of entries, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Whether more follow.
    pub has_next: bool,
    /// Where the next page begins; none when this one is empty.
    pub cursor: Option<Cursor>,
    /// How many lines were passed over on the way because they cannot be read.
    pub damaged: usize,
}

impl Filter {
    /// Whether an entry meets it.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        let access = &entry.access;
        self.employee.is_none_or(|employee| access.employee == Some(employee))
            && self.kind.is_none_or(|kind| access.kind == kind)
            && self.from.is_none_or(|from| from <= entry.at)
            && self.until.is_none_or(|until| entry.at < until)
            && self.subject.as_ref().is_none_or(|subject| access.subjects.contains(subject))
    }

    /// Texts that a line has when its entry matches: ids, which are written in one way only.
    fn words(&self) -> Vec<String> {
        let employee = self.employee.map(|employee| employee.to_string());
        employee.into_iter().chain(self.subject.as_ref().map(|subject| subject.id.to_string())).collect()
    }
}

/// A query on its way through the days.
pub struct Search<'a> {
    filter: &'a Filter,
    words: Vec<String>,
    first: usize,
    after: Option<Cursor>,
    is_given_up: &'a dyn Fn() -> bool,
    page: Page,
}

impl<'a> Search<'a> {
    /// Begins a page.
    pub fn new(
        filter: &'a Filter,
        first: usize,
        after: Option<Cursor>,
        is_given_up: &'a dyn Fn() -> bool,
    ) -> Result<Self, AccessLogError> {
        if !(1..=PAGE_ENTRIES_MAX).contains(&first) {
            return Err(AccessLogError::PageSize(first));
        }
        Ok(Self { filter, words: filter.words(), first, after, is_given_up, page: Page::default() })
    }

    /// Reads the days backwards until the page is full and one more entry is seen.
    pub fn run(mut self, reader: &Reader) -> Result<Page, AccessLogError> {
        for extent in reader.extents()?.into_iter().rev() {
            if self.filter.from.is_some_and(|from| Day::of(from) > extent.day) {
                // A file holds its own day and, after a clock was set back, earlier ones: nothing later lies before it.
                break;
            }
            if !self.is_wanted(reader, extent.day) {
                continue;
            }
            if !self.read(reader, &extent)? {
                break;
            }
        }
        self.page.cursor = self.page.entries.last().map(|entry| entry.cursor);
        Ok(self.page)
    }

    fn is_wanted(&self, reader: &Reader, day: Day) -> bool {
        let is_before_until = self.filter.until.is_none_or(|until| day <= Day::of(until));
        self.after.is_none_or(|after| day <= after.day) && (is_before_until || reader.days().is_late(day))
    }

    /// Reads a day; says whether the page still has room.
    fn read(&mut self, reader: &Reader, extent: &Extent) -> Result<bool, AccessLogError> {
        let path = reader.days().file(extent.day);
        let Some(file) = reader.days().open(extent.day)? else { return Ok(true) };
        let size_bytes = file.metadata().map_err(failed("reading", &path))?.len();
        let mut end = extent.readable_bytes.map_or(size_bytes, |readable| readable.min(size_bytes));
        if let Some(after) = self.after.filter(|after| after.day == extent.day) {
            end = after.offset.min(end);
        }
        let mut lines = ReverseLines::new(file, end);
        while let Some(piece) = lines.step().map_err(failed("reading", &path))? {
            if (self.is_given_up)() {
                return Err(AccessLogError::GivenUp);
            }
            if !piece.is_ended && self.after.is_some_and(|after| after.day == extent.day && after.offset == end) {
                return Err(AccessLogError::Cursor);
            }
            if !self.take(extent, &piece) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes a line into the page when it matches; says whether there is room for more.
    fn take(&mut self, extent: &Extent, piece: &Piece) -> bool {
        if !piece.is_ended && extent.may_grow {
            return true;
        }
        if !self.words.is_empty() && !self.has_words(&piece.bytes) {
            self.page.damaged += usize::from(!line::is_line(&piece.bytes));
            return true;
        }
        let entry = line::read(&piece.bytes, Cursor { day: extent.day, offset: piece.start });
        let Some(entry) = entry.filter(|_| piece.is_ended) else {
            self.page.damaged += 1;
            return true;
        };
        if !self.filter.matches(&entry) {
            return true;
        }
        if self.page.entries.len() == self.first {
            self.page.has_next = true;
            return false;
        }
        self.page.entries.push(entry);
        true
    }

    fn has_words(&self, line: &[u8]) -> bool {
        std::str::from_utf8(line).is_ok_and(|line| self.words.iter().all(|word| line.contains(word.as_str())))
    }
}
