//! The projector: one thread that folds what the log gains into all read models at once.
//!
//! It never stops silently: a fault is logged, shown by [`Views::fault`], told to whoever waits, and tried again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use letopis_domain::ids::Position;
use letopis_domain::query::Query;
use letopis_eventlog::log::{Log, Range};
use tokio::sync::watch;

use crate::generation::Generation;
use crate::handle::{FoldError, Views};

/// Events folded under one lock.
pub(crate) const BATCH_EVENTS: usize = 2_048;
/// A checkpoint is due after so many events …
const CHECKPOINT_EVENTS: u64 = 50_000;
/// … or after so long, when anything changed.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(5);
/// How long to wait before a fault is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// What was folded since the last checkpoint. Whoever folds holds it.
pub(crate) struct Folding {
    unsaved: u64,
    saved_at: Instant,
}

impl Default for Folding {
    fn default() -> Self {
        Self { unsaved: 0, saved_at: Instant::now() }
    }
}

impl Folding {
    fn is_checkpoint_due(&self) -> bool {
        self.unsaved >= CHECKPOINT_EVENTS || (self.unsaved > 0 && self.saved_at.elapsed() >= CHECKPOINT_EVERY)
    }

    /// Stores what changed, if it is time.
    pub(crate) fn checkpoint(&mut self, generation: &Generation, is_forced: bool) -> Result<(), FoldError> {
        if self.is_checkpoint_due() || (is_forced && self.unsaved > 0) {
            generation.checkpoint()?;
            *self = Self::default();
        }
        Ok(())
    }
}

/// Folds one batch; tells how many events it had. What an earlier batch could not write comes first: nothing is folded
/// on top of it, and without an error everything folded is readable.
pub(crate) fn fold_batch(log: &dyn Log, generation: &Generation, folding: &mut Folding) -> Result<usize, FoldError> {
    generation.write_entries()?;
    let after = generation.applied();
    if log.head() <= after {
        return Ok(0);
    }
    let events = log.read(&Query::all(), Range::after(after, BATCH_EVENTS))?;
    folding.unsaved += events.len() as u64;
    generation.apply(&events)?;
    Ok(events.len())
}

/// The running thread; dropping it stops the thread after a last checkpoint.
pub struct Projector {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Projector {
    /// Starts following the log.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(views: &Views) -> std::io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let views = views.clone();
        let shared = Arc::clone(&views.shared);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let run = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(follow(&views, stopped))));
            if outcome.is_err() {
                shared.set_fault(Some("the projector broke off; it starts again with the program".to_owned()));
                tracing::error!("the projector broke off");
            }
        };
        let thread = std::thread::Builder::new().name("projector".to_owned()).spawn(run)?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Stops after a last checkpoint.
    pub fn stop(mut self) {
        self.finish();
    }

    fn finish(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the projector's thread broke off");
        }
    }
}

impl Drop for Projector {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Folds the next batch, or everything at once where nothing was folded yet.
fn advance(views: &Views) -> Result<usize, FoldError> {
    if views.fill()? { Ok(1) } else { views.shared.step() }
}

async fn follow(views: &Views, mut stopped: watch::Receiver<bool>) {
    let shared = &views.shared;
    let mut head = shared.log.watch_head();
    while !*stopped.borrow() {
        match advance(views) {
            Ok(0) => {
                shared.set_fault(None);
                tokio::select! {
                    _ = head.wait_for(|head| *head > shared.applied()) => {}
                    _ = stopped.changed() => {}
                    () = tokio::time::sleep(CHECKPOINT_EVERY) => {}
                }
            }
            Ok(_) => shared.set_fault(None),
            Err(error) => {
                tracing::error!(%error, position = shared.applied().0, "the projector met a fault and tries again");
                shared.set_fault(Some(error.to_string()));
                tokio::select! {
                    () = tokio::time::sleep(RETRY_AFTER) => {}
                    _ = stopped.changed() => {}
                }
            }
        }
    }
    if let Err(error) = shared.close() {
        tracing::error!(%error, "the last checkpoint failed; the events since the one before are folded again");
    }
}

/// How far the views are behind the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lag {
    /// The log's last position.
    pub head: Position,
    /// The views' position.
    pub applied: Position,
}

impl Lag {
    /// Events that are not folded yet.
    pub fn events(&self) -> u64 {
        self.head.0.saturating_sub(self.applied.0)
    }
}
