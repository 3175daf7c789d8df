//! The control socket of a served data folder.
//!
//! A connection is one request, a line of JSON. The answer is lines of JSON; the last one says how it ended. Only the
//! owner of the folder may connect.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use letopis_eventlog::error::TransactError;
use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::request::{Asked, Request, Told};
use super::work::{Folder, perform};

/// The socket's name in the data folder.
pub(super) const SOCKET: &str = "control.sock";
/// Longest request, in bytes.
const REQUEST_SIZE_MAX_BYTES: u64 = 64 << 10;
/// How long a client may take to say what it wants.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait after a connection that could not be taken.
const RETRY_AFTER: Duration = Duration::from_millis(100);

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
    pub fn listen(path: &Path, folder: Folder) -> io::Result<Self> {
        let fresh = path.join("control.new");
        let path = path.join(SOCKET);
        // Whoever left it is gone: this process holds the folder.
        remove(&path)?;
        // Nobody may connect before the permissions are set, so it gets its name only then.
        remove(&fresh)?;
        let listener = UnixListener::bind(&fresh)?;
        std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&fresh, &path)?;
        let accepting = tokio::spawn(accept(listener, folder, Arc::default()));
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

/// Held by the work that is done: one at a time.
type Turn = Arc<Mutex<()>>;

async fn accept(listener: UnixListener, folder: Folder, turn: Turn) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream, folder.clone(), Arc::clone(&turn)))),
            Err(error) => {
                tracing::warn!(%error, "a connection to the control socket could not be taken");
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

async fn answer(stream: UnixStream, folder: Folder, turn: Turn) {
    let (read, mut write) = stream.into_split();
    let mut request = String::new();
    let mut read = tokio::io::BufReader::new(read.take(REQUEST_SIZE_MAX_BYTES));
    if !matches!(tokio::time::timeout(REQUEST_TIMEOUT, read.read_line(&mut request)).await, Ok(Ok(_))) {
        return;
    }
    let (tell, mut told) = unbounded_channel();
    match serde_json::from_str(&request) {
        Ok(request) => drop(tokio::task::spawn_blocking(move || work(&folder, request, &turn, &tell))),
        Err(error) => send(&tell, &Told::Failed(format!("this server does not know what is asked: {error}"))),
    }
    while let Some(line) = told.recv().await {
        // A client that left stops nothing: what it asked for goes on.
        if write.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn work(folder: &Folder, asked: Asked, turn: &Turn, tell: &UnboundedSender<String>) {
    let Asked { request, places } = asked;
    if let Err(error) = folder.places.check(&places) {
        return send(tell, &Told::Failed(error.to_string()));
    }
    // These are short and do not wait for anybody.
    let waits = !matches!(request, Request::Erase { .. } | Request::Checkpoint { .. } | Request::ApiKeys(_));
    let turn = waits.then(|| turn.try_lock());
    if matches!(turn, Some(None)) {
        let message = "a rebuild, check or backup of this folder is under way already";
        return send(tell, &Told::Failed(message.to_owned()));
    }
    let outcome = perform(folder, request, &mut |done, total| send(tell, &Told::Progress { done, total }));
    send(
        tell,
        &match outcome {
            Ok(answer) => Told::Done(answer),
            Err(error) => {
                // What a refusal says may be personal, and would outlive an erasure here.
                let refusal = match error.downcast_ref() {
                    Some(TransactError::Refused(refused)) => Some(refused.code),
                    _ => None,
                };
                if let Some(code) = refusal {
                    tracing::warn!(?code, "what was asked through the control socket was refused");
                } else {
                    tracing::warn!(%error, "what was asked through the control socket could not be done");
                }
                Told::Failed(format!("{error:#}"))
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
