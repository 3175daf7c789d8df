//! Gives out positions: one thread that takes what is queued as a group, checks what is newer than each
//! caller looked at, writes and syncs the group once, and only then answers.
//!
//! Nothing after this file may depend on there being one machine: what it needs of the outside is a queue, a
//! durable write of a group, and the head to publish.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use letopis_domain::ids::Position;
use letopis_domain::values::Timestamp;
use rustc_hash::FxHashSet;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::append::Prepared;
use super::cursor::Source;
use super::faults::CrashPoint;
use super::indexer::Complete;
use super::postings::Posting;
use super::records::GroupBatch;
use super::search;
use super::shared::{Failure, Shared};
use super::tail::TailView;
use super::tree::Growth;
use crate::frame::close;
use crate::keys::Erasure;
use crate::log::{Appended, Direction, RequestDigest, RequestRecord};
use crate::stamps::Stamps;

/// Most appends in a group.
const GROUP_APPENDS_MAX: usize = 1_024;
/// Size of the frames from which on a group is closed.
const GROUP_BYTES: usize = 8 << 20;

/// Longest wait for those who were just answered.
const GATHER_MAX: Duration = Duration::from_micros(500);
/// That wait as a part of the time that a synced write takes.
const GATHER_PART: u32 = 4;

/// What the sequencer is asked.
pub(super) enum Message {
    /// Append this.
    Append(Box<Prepared>, oneshot::Sender<Verdict>),
    /// Settle which instant is meant, once everything stamped so far is durable.
    Settle(Timestamp, oneshot::Sender<Timestamp>),
    /// Take no more.
    Close,
}

/// What became of an append.
pub(super) enum Verdict {
    /// It is durable.
    Appended(Appended),
    /// This event came first.
    Conflict(Posting),
    /// A request with this id is in the log; the digest is the one that was asked about.
    Known(RequestRecord, RequestDigest),
    /// It was checked too long ago: check again.
    Outdated(Box<Prepared>),
    /// One of its events has personal data of someone who was erased.
    Erased(Uuid),
    /// It erases somebody, and the key store could not do that now.
    Unerasable(String),
    /// The log takes no more writes.
    Failed(String),
}

/// The thread's own state.
pub(super) struct Sequencer {
    shared: Arc<Shared>,
    indexer: Sender<Complete>,
    stamps: Stamps,
    tree: Growth,
    /// The last position given out.
    last: u64,
    generation_events: u64,
    batch: GroupBatch,
    /// Everyone who was erased: nothing personal about them is taken any more.
    fenced: FxHashSet<Uuid>,
    /// The group that was acknowledged too early, when that is asked for.
    late: GroupBatch,
    /// Slots of the key store that the records know of.
    slots_used: u32,
    /// How long a synced write takes, smoothed.
    sync: Duration,
    /// Appends that were in flight when the last group was written.
    in_flight: usize,
}

/// An append, its first position, and who waits for it.
type Accepted = (Box<Prepared>, u64, oneshot::Sender<Verdict>);

/// Appends that were accepted, and answers that wait for the group to be durable.
#[derive(Default)]
struct Group {
    accepted: Vec<Accepted>,
    declined: Vec<(Verdict, oneshot::Sender<Verdict>)>,
    size_bytes: usize,
}

impl Sequencer {
    pub fn new(
        shared: Arc<Shared>,
        indexer: Sender<Complete>,
        stamps: Stamps,
        tree: Growth,
        generation_events: u64,
    ) -> Self {
        let last = shared.head();
        let (batch, late) = (GroupBatch::default(), GroupBatch::default());
        let (sync, in_flight) = (Duration::ZERO, 1);
        let fenced = shared.keyring().destroyed().into_iter().collect();
        Self {
            shared,
            indexer,
            stamps,
            tree,
            last,
            generation_events,
            batch,
            fenced,
            late,
            slots_used: 0,
            sync,
            in_flight,
        }
    }

    /// Works until it is told to close.
    pub fn run(mut self, queue: &Receiver<Message>) {
        while let Ok(message) = queue.recv() {
            self.gather(queue);
            let mut next = Some(message);
            let mut group = Group::default();
            let view = self.shared.tail.view();
            loop {
                match next.take() {
                    Some(Message::Append(prepared, reply)) => self.take(&view, &mut group, prepared, reply),
                    Some(Message::Settle(at, reply)) => {
                        self.finish(std::mem::take(&mut group), queue);
                        let settled = self.settle(at);
                        // Who asked may have gone away.
                        let _ = reply.send(settled);
                        break;
                    }
                    Some(Message::Close) => {
                        self.finish(group, queue);
                        return;
                    }
                    None => break,
                }
                if group.accepted.len() < GROUP_APPENDS_MAX && group.size_bytes < GROUP_BYTES {
                    next = queue.try_recv().ok();
                }
            }
            self.finish(group, queue);
        }
    }

    /// Settles which instant is meant, and keeps later stamps above it.
    fn settle(&mut self, at: Timestamp) -> Timestamp {
        let settled = self.stamps.settle(at, self.shared.env.now());
        self.shared.answered_upto.store(self.stamps.answered_upto().micros(), Ordering::Relaxed);
        settled
    }

    /// Waits a little for those who were just answered: they tend to come back at once, and without them there
    /// would be two crowds that take turns, each waiting for the syncs of both.
    fn gather(&self, queue: &Receiver<Message>) {
        let deadline = Instant::now() + (self.sync / GATHER_PART).min(GATHER_MAX);
        while queue.len() + 1 < self.in_flight && Instant::now() < deadline {
            thread::yield_now();
        }
    }

    /// Decides about one append and gives it positions.
    fn take(&mut self, view: &TailView, group: &mut Group, prepared: Box<Prepared>, reply: oneshot::Sender<Verdict>) {
        if self.last > prepared.checked_upto && prepared.checked_upto < view.indexed_upto {
            group.declined.push((Verdict::Outdated(prepared), reply));
            return;
        }
        let objection = self.objection(view, &prepared).or_else(|| self.fence(&prepared));
        if let Some(objection) = objection.or_else(|| self.unerasable(&prepared)) {
            group.declined.push((objection, reply));
            return;
        }
        let first = self.last + 1;
        let Some(active) = view.generations.last() else { return };
        for event in &prepared.events {
            active.push(event.code, self.shared.faults.keep(&event.lists), event.filed.as_ref());
            self.last += 1;
        }
        let mut next = first;
        for request in &prepared.requests {
            let last = next + request.event_count as u64 - 1;
            if let Some((key, digest)) = request.key {
                active.push_request(key, RequestRecord { digest, first: Position(next), last: Position(last) });
            }
            next = last + 1;
        }
        // From here on, also for what was sealed before.
        self.fenced.extend(prepared.erases.iter().map(|each| each.subject));
        group.size_bytes += prepared.frames.len();
        group.accepted.push((prepared, first, reply));
    }

    /// Whom the append tells personal data about although they were erased.
    fn fence(&self, prepared: &Prepared) -> Option<Verdict> {
        prepared.subjects.iter().find(|subject| self.fenced.contains(subject)).copied().map(Verdict::Erased)
    }

    /// Why the key store could not carry out what the append erases: once it has a position, failing means that the log
    /// takes no more writes.
    fn unerasable(&self, prepared: &Prepared) -> Option<Verdict> {
        if prepared.erases.is_empty() {
            return None;
        }
        let subjects = prepared.erases.iter().map(|each| &each.subject);
        let checked = self.shared.keys.store().check_erasable(subjects);
        checked.err().map(|error| Verdict::Unerasable(error.to_string()))
    }

    /// What is newer than the caller looked at and forbids the append.
    fn objection(&self, view: &TailView, prepared: &Prepared) -> Option<Verdict> {
        if let Some(failure) = self.shared.failure.get() {
            return Some(Verdict::Failed(failure.reason.clone()));
        }
        if self.last == prepared.checked_upto {
            return None;
        }
        for (key, digest) in prepared.requests.iter().filter_map(|request| request.key) {
            if let Some(known) = view.request(key) {
                return Some(Verdict::Known(known, digest));
            }
        }
        if prepared.query.is_everything() {
            return view.posting(prepared.checked_upto + 1).map(Verdict::Conflict);
        }
        let after = prepared.checked_upto;
        let source = Source { index: None, view, after, upto: self.last, direction: Direction::Forward };
        match search::first(&prepared.query, source, &self.shared.types) {
            Ok(found) => found.map(Verdict::Conflict),
            Err(error) => Some(Verdict::Failed(error.to_string())),
        }
    }

    /// Makes the group durable, lets it be seen, and answers.
    fn finish(&mut self, group: Group, queue: &Receiver<Message>) {
        let Group { mut accepted, declined, .. } = group;
        let answers = accepted.len() + declined.len();
        if answers == 0 {
            // After a question about an instant there is nothing more to write, and nobody was answered.
            return;
        }
        let recorded_at = self.stamp(&mut accepted);
        let erasures = recorded_at.map(|at| erasures(&accepted, at)).unwrap_or_default();
        if self.shared.faults.acknowledge_before_write {
            self.tree.publish(&self.shared.tree);
            publish(&self.shared, self.last);
            answer(std::mem::take(&mut accepted), recorded_at, None);
            std::mem::swap(&mut self.batch, &mut self.late);
        }
        if let Some(recorded_at) = recorded_at
            && self.shared.failure.get().is_none()
        {
            self.note_slots();
            self.shared.faults.pass(CrashPoint::BeforeWrite);
            let before = Instant::now();
            let written = self.shared.records.write(&self.batch);
            self.sync = (self.sync * 7 + before.elapsed()) / 8;
            let done = written.map_err(|error| error.to_string());
            if let Err(reason) = done.and_then(|()| self.erase(&erasures)) {
                let failure = Failure { reason, recorded_at };
                let Failure { reason, .. } = self.shared.failure.get_or_init(|| failure);
                tracing::error!(%reason, "a durable write failed; the event log takes no more writes until it is reopened");
            } else {
                self.shared.faults.pass(CrashPoint::AfterWrite);
                self.tree.publish(&self.shared.tree);
                publish(&self.shared, self.last);
                self.shared.faults.pass(CrashPoint::AfterPublish);
            }
        }
        self.in_flight = answers + queue.len();
        answer(accepted, recorded_at, self.shared.failure.get());
        self.shared.faults.pass(CrashPoint::AfterAnswer);
        for (verdict, reply) in declined {
            // What came first may be part of the group that failed.
            let failed = self.shared.failure.get().map(|failure| Verdict::Failed(failure.reason.clone()));
            let _ = reply.send(failed.unwrap_or(verdict));
        }
        self.rotate_when_full();
    }

    /// Stamps and closes the frames into one batch; none when there is nothing to write.
    fn stamp(&mut self, accepted: &mut [Accepted]) -> Option<Timestamp> {
        if accepted.is_empty() {
            return None;
        }
        let recorded_at = self.stamps.stamp(self.shared.env.now());
        self.batch.clear();
        for (prepared, first, _) in accepted {
            let mut rest = &mut prepared.frames[..];
            for (position, event) in (*first..).zip(&prepared.events) {
                let (frame, after) = rest.split_at_mut(event.frame_size);
                close(frame, Position(position), recorded_at, position == self.last);
                self.batch.put(position, frame);
                if !self.shared.faults.skip_tree {
                    self.tree.add(frame, &self.shared.records, &mut self.batch);
                }
                self.shared.types.add(event.code);
                rest = after;
            }
        }
        if !self.shared.faults.skip_tree {
            self.tree.finish(&self.shared.records, &mut self.batch);
        }
        Some(recorded_at)
    }

    /// Lets the records say how far the key store was in use. Whose keys this group needs were durable before it came.
    fn note_slots(&mut self) {
        let used = self.shared.keys.store().used();
        if used > self.slots_used {
            self.batch.put_slots_used(&self.shared.records, used);
            self.slots_used = used;
        }
    }

    /// Carries out the erasures of a group that is durable; nobody sees the group before.
    fn erase(&self, erasures: &[Erasure]) -> Result<(), String> {
        if erasures.is_empty() || self.shared.faults.acknowledge_before_erasing {
            return Ok(());
        }
        self.shared.erase(erasures).map_err(|error| error.to_string())
    }

    /// Hands a full generation to the indexer. Waits while the indexer is far behind, so that memory is bounded.
    fn rotate_when_full(&self) {
        let Some(active) = self.shared.tail.active() else { return };
        if self.last - active.base() >= self.generation_events
            && self.shared.failure.get().is_none()
            && let Some(generation) = self.shared.tail.rotate()
        {
            // The indexer is gone only when the log is closed while it fails; then the generations stay in memory.
            let _ = self.indexer.send(Complete { generation, types: self.shared.types.totals() });
        }
    }
}

/// Whom the group erases.
fn erasures(accepted: &[Accepted], recorded_at: Timestamp) -> Vec<Erasure> {
    let of_append = |(prepared, first, _): &Accepted| {
        prepared.erases.iter().map(|each| each.recorded(*first, recorded_at)).collect::<Vec<_>>()
    };
    accepted.iter().flat_map(of_append).collect()
}

fn publish(shared: &Shared, last: u64) {
    shared.head.send_replace(Position(last));
}

fn answer(accepted: Vec<Accepted>, recorded_at: Option<Timestamp>, failure: Option<&Failure>) {
    for (prepared, first, reply) in accepted {
        let verdict = match (failure, recorded_at) {
            (None, Some(recorded_at)) => {
                let last = Position(first + prepared.events.len() as u64 - 1);
                Verdict::Appended(Appended { first: Position(first), last, recorded_at })
            }
            (failure, _) => Verdict::Failed(failure.map(|failure| failure.reason.clone()).unwrap_or_default()),
        };
        // Who asked may have gone away; what is durable stays.
        let _ = reply.send(verdict);
    }
}
