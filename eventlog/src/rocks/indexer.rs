//! Moves complete generations of the tail into the index on disk, in the background.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crossbeam_channel::Receiver;

use super::faults::CrashPoint;
use super::shared::Shared;
use super::tail::Generation;

/// A generation that takes no more events.
pub(super) struct Complete {
    pub generation: Arc<Generation>,
    /// Names and numbers of all events up to and with it, by type code.
    pub types: Vec<(String, u64)>,
}

/// How long a failed write is left alone before it is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Works until the sequencer is gone. A write that fails is tried again until it succeeds or the log is closed;
/// meanwhile the queue fills, and then the sequencer waits, so that memory stays bounded.
pub(super) fn run(shared: &Shared, complete: &Receiver<Complete>) {
    for Complete { generation, types } in complete {
        let mut has_failed = false;
        shared.faults.pass(CrashPoint::BeforeIndexAdd);
        while let Err(error) = shared.index.add(&generation, types.clone()) {
            if shared.is_closing.load(Ordering::Relaxed) {
                // The next opening derives it again.
                return;
            }
            if !std::mem::replace(&mut has_failed, true) {
                tracing::error!(%error, "the index of the event log cannot be written; trying again");
            }
            thread::sleep(RETRY_AFTER);
        }
        if has_failed {
            tracing::info!("the index of the event log is written again");
        }
        shared.faults.pass(CrashPoint::AfterIndexAdd);
        shared.tail.retire_oldest();
    }
}
