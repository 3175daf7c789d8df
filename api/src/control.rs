//! The control socket of a served data folder: how the command line reaches the server that holds the folder.
//!
//! A connection is one request, a word and a newline. The answer is lines of JSON; the last one says how it ended.
//! Only the owner of the folder may connect.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use letopis_projections::Views;
use letopis_projections::rebuild::RebuildReport;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// The socket's name in the data folder.
const SOCKET: &str = "control.sock";
/// Longest request, in bytes.
const REQUEST_SIZE_MAX_BYTES: u64 = 100;
/// How long a client may take to say what it wants.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait after a connection that could not be taken.
const RETRY_AFTER: Duration = Duration::from_millis(100);
/// Asks for a rebuild.
const REBUILD: &str = "rebuild";

/// A line of an answer.
#[derive(Serialize, Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
enum Told {
    Progress { done: u64, total: u64 },
    Rebuilt(Rebuilt),
    Failed(String),
}

/// What a rebuild came to, as people read it.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Rebuilt {
    /// Events folded.
    pub events: u64,
    /// How long that took.
    pub seconds: f64,
    /// What the read models say that were built anew: a line each.
    pub digests: Vec<String>,
    /// Whether the read models in use said the same; none when there was nothing to compare with.
    pub is_equal: Option<bool>,
}

impl From<&RebuildReport> for Rebuilt {
    fn from(report: &RebuildReport) -> Self {
        Self {
            events: report.events,
            seconds: report.elapsed.as_secs_f64(),
            digests: report.digests.iter().map(ToString::to_string).collect(),
            is_equal: report.is_equal(),
        }
    }
}

/// The listening socket; it is removed when this is dropped.
pub struct Control {
    path: PathBuf,
    accepting: JoinHandle<()>,
}

impl Control {
    /// Listens in a data folder that this process holds.
    ///
    /// # Errors
    /// When the socket cannot be made, e.g. because its path is longer than the system allows.
    pub fn listen(folder: &Path, views: Views) -> io::Result<Self> {
        let path = folder.join(SOCKET);
        // Whoever left it is gone: this process holds the folder.
        remove(&path)?;
        // Nobody may connect before the permissions are set, so it gets its name only then.
        let fresh = folder.join("control.new");
        remove(&fresh)?;
        let listener = UnixListener::bind(&fresh)?;
        std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&fresh, &path)?;
        let accepting = tokio::spawn(accept(listener, views, Arc::default()));
        Ok(Self { path, accepting })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.accepting.abort();
        if let Err(error) = remove(&self.path) {
            tracing::warn!(socket = %self.path.display(), %error, "the control socket could not be removed");
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Held by the rebuild that runs.
type Turn = Arc<Mutex<()>>;

async fn accept(listener: UnixListener, views: Views, turn: Turn) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream, views.clone(), Arc::clone(&turn)))),
            Err(error) => {
                tracing::warn!(%error, "a connection to the control socket could not be taken");
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

async fn answer(stream: UnixStream, views: Views, turn: Turn) {
    let (read, mut write) = stream.into_split();
    let mut request = String::new();
    let mut read = tokio::io::BufReader::new(read.take(REQUEST_SIZE_MAX_BYTES));
    if !matches!(tokio::time::timeout(REQUEST_TIMEOUT, read.read_line(&mut request)).await, Ok(Ok(_))) {
        return;
    }
    let (tell, mut told) = unbounded_channel();
    match request.trim_end() {
        REBUILD => drop(tokio::task::spawn_blocking(move || rebuild(&views, &turn, &tell))),
        other => send(&tell, &Told::Failed(format!("this server does not know '{other}'"))),
    }
    while let Some(line) = told.recv().await {
        // A client that left stops nothing: what it asked for goes on.
        if write.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn rebuild(views: &Views, turn: &Turn, tell: &UnboundedSender<String>) {
    let Some(_turn) = turn.try_lock() else {
        return send(tell, &Told::Failed("a rebuild is under way already".to_owned()));
    };
    tracing::info!("a rebuild begins");
    let outcome = views.rebuild(&mut |progress| {
        send(tell, &Told::Progress { done: progress.done, total: progress.total });
    });
    send(
        tell,
        &match outcome {
            Ok(report) => {
                tracing::info!(events = report.events, is_equal = ?report.is_equal(), "a rebuild took its place");
                Told::Rebuilt((&report).into())
            }
            Err(error) => {
                tracing::error!(%error, "a rebuild failed");
                Told::Failed(error.to_string())
            }
        },
    );
}

/// Hands a line to whoever writes it; the client may be gone.
fn send(tell: &UnboundedSender<String>, told: &Told) {
    if let Ok(line) = serde_json::to_string(told) {
        let _ = tell.send(format!("{line}\n"));
    }
}

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
    /// It answered something else.
    #[error("the server that holds the folder gave an answer of another version: {0}")]
    Answer(#[from] serde_json::Error),
    /// It refused or failed.
    #[error("{0}")]
    Failed(String),
}

/// Asks the server that holds a folder for a rebuild, and waits for its end.
///
/// # Errors
/// When nobody listens, the connection breaks off, or the rebuild fails.
pub fn ask_rebuild(folder: &Path, report: &mut dyn FnMut(u64, u64)) -> Result<Rebuilt, AskError> {
    let path = folder.join(SOCKET);
    let mut stream = BlockingStream::connect(&path).map_err(|source| AskError::Nobody { path, source })?;
    stream.write_all(format!("{REBUILD}\n").as_bytes())?;
    for line in BufReader::new(stream).lines() {
        match serde_json::from_str(&line?)? {
            Told::Progress { done, total } => report(done, total),
            Told::Rebuilt(rebuilt) => return Ok(rebuilt),
            Told::Failed(message) => return Err(AskError::Failed(message)),
        }
    }
    Err(AskError::Failed("the server stopped before the rebuild was done; its read models are as before".to_owned()))
}
