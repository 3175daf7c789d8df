//! Misbehavior on purpose: a harness that cannot see it proves nothing.
//!
//! Everything here is inert unless it is asked for, and nothing outside of tests asks.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::keys::Step;

/// Misbehavior on purpose, for tests of the tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Acknowledges a group before it is written, which happens only along with the next group: a crash in
    /// between loses acknowledged events.
    pub acknowledge_before_write: bool,
    /// The event, counted from the opening, that is missing from the index under its first tag.
    pub lose_posting: Option<u64>,
    /// Answers an erasure before anything of it is done, which the next opening does.
    pub acknowledge_before_erasing: bool,
    /// Keeps no Merkle tree, to measure what it costs; such a log cannot be opened again.
    pub skip_tree: bool,
    /// Where the process dies.
    pub crash: Option<Crash>,
}

/// The process dies when it passes a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crash {
    /// The point.
    pub at: CrashPoint,
    /// At which passing, counted from 1.
    pub passing: u64,
}

/// Points between two steps that a crash must not tear apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashPoint {
    /// A group has its positions and is not written yet.
    BeforeWrite,
    /// A group is durable and nobody sees it yet.
    AfterWrite,
    /// A group is visible and nobody was answered.
    AfterPublish,
    /// A group was answered.
    AfterAnswer,
    /// A complete generation goes into the index on disk.
    BeforeIndexAdd,
    /// It is there, and in memory as well.
    AfterIndexAdd,
    /// An erasure is durable in the log, and nothing of it is done.
    BeforeErasing,
    /// One place of the ledger has the lines of an erasure, the other one has not.
    LedgerInOnePlace,
    /// The ledger has the lines of an erasure; the keys are there.
    LedgerWritten,
    /// The keys are destroyed in one of two copies.
    OneCopyDestroyed,
    /// The keys are destroyed; the look-ups are there.
    KeysDestroyed,
    /// The look-ups are deleted; files still hold them.
    LookupsDeleted,
    /// Before files that hold deleted look-ups are rewritten.
    BeforeScrub,
    /// Afterwards.
    AfterScrub,
    /// A checkpoint is signed, and kept nowhere.
    CheckpointSigned,
    /// It is kept, and has not left.
    CheckpointKept,
    /// Opening: the records were opened.
    RecordsOpened,
    /// Opening: what the index lacked was derived; the marker of the clean stop still stands.
    Derived,
    /// Opening: the marker is gone; nothing was written yet.
    MarkerRemoved,
    /// Opening: what the last stop left of the keys is settled; erasures may have to be finished.
    KeysSettled,
    /// Closing: the threads have ended.
    ThreadsEnded,
    /// Closing: the records are in files.
    RecordsFlushed,
    /// Closing: the index is in files; there is no marker yet.
    IndexFlushed,
    /// Closing: keys and checkpoints take no more; there is no marker yet.
    KeysClosed,
    /// Closing: the marker stands.
    MarkerWritten,
}

impl From<Step> for CrashPoint {
    fn from(step: Step) -> Self {
        match step {
            Step::LedgerInOnePlace => Self::LedgerInOnePlace,
            Step::LedgerWritten => Self::LedgerWritten,
            Step::OneCopyDestroyed => Self::OneCopyDestroyed,
        }
    }
}

impl CrashPoint {
    /// Every point.
    pub const ALL: [Self; 25] = [
        Self::BeforeWrite,
        Self::AfterWrite,
        Self::AfterPublish,
        Self::AfterAnswer,
        Self::BeforeIndexAdd,
        Self::AfterIndexAdd,
        Self::BeforeErasing,
        Self::LedgerInOnePlace,
        Self::LedgerWritten,
        Self::OneCopyDestroyed,
        Self::KeysDestroyed,
        Self::LookupsDeleted,
        Self::BeforeScrub,
        Self::AfterScrub,
        Self::CheckpointSigned,
        Self::CheckpointKept,
        Self::RecordsOpened,
        Self::Derived,
        Self::MarkerRemoved,
        Self::KeysSettled,
        Self::ThreadsEnded,
        Self::RecordsFlushed,
        Self::IndexFlushed,
        Self::KeysClosed,
        Self::MarkerWritten,
    ];
}

/// How often the point was passed by this process.
static PASSED: AtomicU64 = AtomicU64::new(0);
/// Events that were given to the index by this process.
static FILED: AtomicU64 = AtomicU64::new(0);

impl Faults {
    /// Dies here if it is asked to.
    pub(super) fn pass(&self, point: CrashPoint) {
        let Some(crash) = self.crash.filter(|crash| crash.at == point) else { return };
        if PASSED.fetch_add(1, Ordering::Relaxed) + 1 == crash.passing {
            std::process::abort();
        }
    }

    /// The lists under which an event is filed: all of them, unless one is to be lost.
    pub(super) fn keep<'a, T>(&self, lists: &'a [T]) -> &'a [T] {
        match self.lose_posting {
            Some(lost) if FILED.fetch_add(1, Ordering::Relaxed) + 1 == lost => lists.get(1..).unwrap_or_default(),
            _ => lists,
        }
    }
}
