//! Moves complete generations of the tail into the index on disk, in the background.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::shared::Shared;
use super::tail::Generation;

/// A generation that takes no more events.
pub(super) struct Complete {
    pub generation: Arc<Generation>,
    /// Names and numbers of all events up to and with it, by type code.
    pub types: Vec<(String, u64)>,
}

/// Works until the sequencer is gone. After a failure it stops: the generations stay in memory, and the next
/// opening derives them again.
pub(super) fn run(shared: &Shared, complete: &Receiver<Complete>) {
    for Complete { generation, types } in complete {
        if let Err(error) = shared.index.add(&generation, types) {
            tracing::error!(%error, "the index of the event log could not be written; it will be derived at the next start");
            return;
        }
        shared.tail.retire_oldest();
    }
}
