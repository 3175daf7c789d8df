//! Asking the server that holds a data folder.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::request::{Answer, Asked, Told};
use super::server::SOCKET;

/// A server that did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens: whoever holds the folder is no server, or one without a control socket.
    #[error("nobody listens at {}: {source}", .path.display())]
    Nobody {
        /// Where the socket would be.
        path: PathBuf,
        /// How connecting ended.
        source: io::Error,
    },
    /// The connection broke off.
    #[error("the connection to the server that holds the folder broke off: {0}")]
    Connection(#[from] io::Error),
    /// It speaks another language.
    #[error("the server that holds the folder is of another version: {0}")]
    Language(#[from] serde_json::Error),
    /// It refused or failed.
    #[error("{0}")]
    Failed(String),
}

/// Asks the server that holds a folder, and waits for its answer.
///
/// # Errors
/// When nobody listens, the connection breaks off, or it cannot be done.
pub fn ask(folder: &Path, request: &Asked, report: &mut dyn FnMut(u64, u64)) -> Result<Answer, AskError> {
    let path = folder.join(SOCKET);
    let mut stream = UnixStream::connect(&path).map_err(|source| AskError::Nobody { path, source })?;
    stream.write_all(format!("{}\n", serde_json::to_string(request)?).as_bytes())?;
    for line in BufReader::new(stream).lines() {
        match serde_json::from_str(&line?)? {
            Told::Progress { done, total } => report(done, total),
            Told::Done(answer) => return Ok(answer),
            Told::Failed(message) => return Err(AskError::Failed(message)),
        }
    }
    Err(AskError::Failed("the server stopped before it was done".to_owned()))
}
