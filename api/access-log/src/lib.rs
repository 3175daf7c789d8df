//! The access log: who saw which personal data, who exported, who was refused, when and from where.
//!
//! It is a log of its own, apart from the business log: a folder with one file per day, a JSON object per line.
//! `access` is what is recorded, `line` how it is written and chained by hashes. `log` is the door for writing: a thread
//! (`writer`) appends what waits, syncs once, and answers. `reader` answers auditors from the files, newest first
//! (`reverse`, `query`), and checks the chain (`verify`). `retention` removes whole days. `docs/access-log.md` is the
//! reference for auditors and operators.

mod access;
mod chain;
mod error;
mod line;

mod days;
mod medium;
mod recovery;

mod job;
mod log;
mod retention;
mod writer;

mod cursor;
mod query;
mod reader;
mod reverse;
mod verify;

#[cfg(test)]
mod tests;

pub use access::{Access, Entry, FIELDS_PER_LINE_MAX, Kind, Reason, SUBJECTS_PER_LINE_MAX, Subject};
pub use chain::{Chain, Head};
pub use cursor::Cursor;
pub use days::Day;
pub use error::AccessLogError;
pub use log::{AccessLog, Clock, Options};
pub use query::{Filter, PAGE_ENTRIES_MAX, Page};
pub use reader::Reader;
pub use recovery::Opened;
pub use verify::{BREAKS_MAX, Break, Flaw, Verified};
