//! The whole log in one text file that needs no program of ours to be read: the portable last resort.
//!
//! `line` is how a line is written and read, `write` makes a file of an open log, `read` brings one back. The format is
//! in `docs/log-format.md`.

mod line;
mod read;
mod write;

pub use line::PortableError;
pub use write::PortableSummary;

pub(super) use read::Portable;
