//! Signs a checkpoint from time to time, in the background, while the log grows.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender};
use parking_lot::Mutex;

use super::shared::Shared;

/// The thread, until it is stopped.
pub(super) struct Checkpointer(Mutex<Option<(Sender<()>, JoinHandle<()>)>>);

impl Checkpointer {
    /// Signs a checkpoint after every interval in which something was appended.
    pub fn start(shared: Arc<Shared>, interval: Duration) -> io::Result<Self> {
        let (stop, stopped) = crossbeam_channel::bounded::<()>(0);
        let work = move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                shared.checkpoints.issue_when_due(&shared.tree, shared.env.now());
            }
        };
        let thread = thread::Builder::new().name("checkpointer".to_owned()).spawn(work)?;
        Ok(Self(Mutex::new(Some((stop, thread)))))
    }

    /// Ends the thread.
    pub fn stop(&self) {
        if let Some((stop, thread)) = self.0.lock().take() {
            drop(stop);
            // It leaves nothing behind that a panic could have spoiled.
            let _ = thread.join();
        }
    }
}
