//! Makes keys for many callers at once: while one sync is under way, those who come gather for the next.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::{io, thread};

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::error::KeyError;
use super::store::KeyStore;

/// Most callers that share a sync.
const WISHES_MAX: usize = 4_096;

/// Subjects that need keys, each with the head of the log as of now, and who waits for them.
struct Wish {
    subjects: Vec<(Uuid, u64)>,
    reply: oneshot::Sender<Result<(), KeyError>>,
}

/// The thread that makes keys. It ends when this is dropped.
pub(crate) struct KeyMaker {
    store: Arc<KeyStore>,
    queue: Option<Sender<Wish>>,
    thread: Option<JoinHandle<()>>,
}

impl KeyMaker {
    /// Starts the thread.
    pub fn start(store: Arc<KeyStore>) -> io::Result<Self> {
        let (queue, queued) = crossbeam_channel::unbounded();
        let of_thread = store.clone();
        let thread = thread::Builder::new().name("keys".to_owned()).spawn(move || run(&of_thread, &queued))?;
        Ok(Self { store, queue: Some(queue), thread: Some(thread) })
    }

    /// The store.
    pub const fn store(&self) -> &Arc<KeyStore> {
        &self.store
    }

    /// How many wait for keys.
    #[cfg(test)]
    pub fn queued(&self) -> usize {
        self.queue.as_ref().map_or(0, Sender::len)
    }

    /// Makes keys for subjects that have none, and answers once they are durable. No record up to and with `head` may
    /// be about them.
    pub async fn create(&self, subjects: Vec<Uuid>, head: u64) -> Result<(), KeyError> {
        let (reply, answer) = oneshot::channel();
        let subjects = subjects.into_iter().map(|subject| (subject, head)).collect();
        let queue = self.queue.as_ref().ok_or(KeyError::Closed)?;
        queue.send(Wish { subjects, reply }).map_err(|_| KeyError::Closed)?;
        answer.await.map_err(|_| KeyError::Closed)?
    }
}

impl Drop for KeyMaker {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(store: &KeyStore, queue: &Receiver<Wish>) {
    while let Ok(wish) = queue.recv() {
        let mut wishes = vec![wish];
        wishes.extend(queue.try_iter().take(WISHES_MAX));
        let subjects: Vec<_> = wishes.iter().flat_map(|wish| &wish.subjects).copied().collect();
        let made = store.create(&subjects);
        for wish in wishes {
            // Who asked may have gone away.
            let _ = wish.reply.send(made.clone());
        }
    }
}
