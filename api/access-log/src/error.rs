//! What can go wrong with the access log.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why something was not recorded, or not read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AccessLogError {
    /// The disk, at opening or reading.
    #[error("{action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried, like "opening".
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Another log is open on the folder, in this process or another.
    #[error("the access log {} is in use", .0.display())]
    InUse(PathBuf),
    /// What was to be recorded is not on the disk; the log tries by itself until it can write again.
    #[error("the access log cannot be written: {0}")]
    Refusing(Arc<str>),
    /// The log was closed.
    #[error("the access log is closed")]
    Closed,
    /// The log was closed, and accesses that were only submitted could not be written before.
    #[error("{count} submitted accesses were lost, since the access log cannot be written: {reason}")]
    Unwritten {
        /// How many.
        count: usize,
        /// What the system said.
        reason: Arc<str>,
    },
    /// A text that is no cursor, or one of another log.
    #[error("not a cursor of this access log")]
    Cursor,
    /// A page that is empty or too large.
    #[error("a page has 1 to 100 entries, not {0}")]
    PageSize(usize),
    /// Nobody waits for the answer any more.
    #[error("the query was given up")]
    GivenUp,
}

/// Turns what the system said into an error about `path`.
pub fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> AccessLogError {
    let path = path.to_path_buf();
    move |source| AccessLogError::Io { action, path, source: Arc::new(source) }
}
