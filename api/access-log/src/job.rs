//! What the callers of a log and its writer have in common.

use std::sync::Arc;

use letopis_domain::values::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::access::Access;
use crate::chain::Head;
use crate::days::Day;
use crate::error::AccessLogError;

/// What one call brings; its lines lie together.
pub struct Job {
    /// When the call was made.
    pub at: Timestamp,
    /// What happened.
    pub accesses: Vec<Access>,
    /// Who waits until it is durable; none when it was submitted.
    pub answer: Option<oneshot::Sender<Result<(), AccessLogError>>>,
    /// Its part of the queue.
    pub room: Option<OwnedSemaphorePermit>,
}

/// How far the log is, for everyone to see.
#[derive(Debug)]
pub struct Progress {
    /// The last durable line.
    pub head: Head,
    /// The newest day that has a durable line, and how many bytes of its file are durable.
    pub newest: Option<(Day, u64)>,
    /// Why nothing can be written; none when it can.
    pub failure: Option<Arc<str>>,
}

/// Progress, shared between the writer and who reads.
pub type Shared = Arc<Mutex<Progress>>;
