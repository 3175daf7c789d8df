//! Reads a log that is open here, or whose folder lies at hand.

use std::path::Path;

use crate::chain::Head;
use crate::cursor::Cursor;
use crate::days::{Day, Days};
use crate::error::AccessLogError;
use crate::job::Shared;
use crate::query::{Filter, Page, Search};
use crate::verify::{Verified, Verifying};

/// Reads the files of a log and never changes them. It needs no lock: the log may be written meanwhile, and
/// the last lines of one that another process writes may not be durable yet.
#[derive(Clone)]
pub struct Reader {
    days: Days,
    /// Of the log that is open in this process: what is not durable is not shown.
    shared: Option<Shared>,
}

/// How much of a day there is to read.
pub struct Extent {
    /// The day.
    pub day: Day,
    /// How many bytes are durable; none = all that are there.
    pub readable_bytes: Option<u64>,
    /// Whether a line at its end may be one that another process is writing.
    pub may_grow: bool,
}

impl Reader {
    /// Of a folder, as an auditor has it: of a running server, or a copy.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self { days: Days::of(folder), shared: None }
    }

    /// Of a log that is open in this process.
    pub(crate) const fn within(days: Days, shared: Shared) -> Self {
        Self { days, shared: Some(shared) }
    }

    /// A page of at most `first` entries that match, newest first, beginning after a cursor.
    ///
    /// # Errors
    /// When `first` is not within 1 to 100, the cursor is of no line, or the disk cannot be read.
    pub fn query(&self, filter: &Filter, first: usize, after: Option<Cursor>) -> Result<Page, AccessLogError> {
        self.query_unless(filter, first, after, &|| false)
    }

    /// The same, unless it is given up on the way.
    pub(crate) fn query_unless(
        &self,
        filter: &Filter,
        first: usize,
        after: Option<Cursor>,
        is_given_up: &dyn Fn() -> bool,
    ) -> Result<Page, AccessLogError> {
        Search::new(filter, first, after, is_given_up)?.run(self)
    }

    /// Checks the chain of all lines, and that `known` is one of them.
    ///
    /// # Errors
    /// When the disk cannot be read. A chain that is broken is no error but an answer.
    pub fn verify(&self, known: Option<Head>) -> Result<Verified, AccessLogError> {
        self.verify_unless(known, &|| false)
    }

    /// The same, unless it is given up on the way.
    pub(crate) fn verify_unless(
        &self,
        known: Option<Head>,
        is_given_up: &dyn Fn() -> bool,
    ) -> Result<Verified, AccessLogError> {
        Verifying::new(known, is_given_up).run(self)
    }

    /// The folder.
    pub(crate) const fn days(&self) -> &Days {
        &self.days
    }

    /// The days and what of them may be read, oldest first.
    pub(crate) fn extents(&self) -> Result<Vec<Extent>, AccessLogError> {
        // Looked up before the list, so that nothing in the list is older than it.
        let newest = self.shared.as_ref().map(|shared| shared.lock().newest);
        let days = self.days.list()?;
        let last = days.last().copied();
        let extents = days.into_iter().filter_map(|day| match newest {
            None => Some(Extent { day, readable_bytes: None, may_grow: last == Some(day) }),
            Some(None) => None,
            Some(Some((newest, durable))) => (day <= newest).then_some(Extent {
                day,
                readable_bytes: (day == newest).then_some(durable),
                may_grow: false,
            }),
        });
        Ok(extents.collect())
    }
}
