//! The log on RocksDB as its users see it.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use letopis_domain::event::Recorded;
use letopis_domain::ids::{Position, RequestId};
use letopis_domain::query::Query;
use letopis_domain::values::Timestamp;
use parking_lot::Mutex;
use rustc_hash::FxHashSet;
use tokio::sync::{oneshot, watch};
use uuid::Uuid;

use super::append;
use super::checkpointer::Checkpointer;
use super::faults::CrashPoint;
use super::folder::{CleanStop, FolderError};
use super::lookup_rows::Scrub;
use super::open::{self, OpenError};
use super::options::Options;
use super::postings::Posting;
use super::proving::ProofError;
use super::records::{self, decode};
use super::search::CompiledQuery;
use super::sequencer::Message;
use super::shared::Shared;
use super::tree::TreeHead;
use crate::copies::CopiesError;
use crate::environment::Environment;
use crate::error::ReadError;
use crate::frame::Frame;
use crate::keys::{Copying, ErasedSubject, ExternalIds, KeyError, KeySet, LedgerEnd, RequestHasher, prune_sets};
use crate::log::{AppendFuture, AppendRequest, Log, Match, PositionFuture, Range, RequestRecord, ScanStep};
use crate::tree::{Hash, TreeReader};

/// What is done with each stored record: read, as it is stored, and decoded.
type EachStored<'a> = dyn FnMut(&Frame<'_>, &[u8], Recorded) -> Result<(), ProofError> + 'a;

/// Most events that are read from disk in one go.
const READ_BATCH: usize = 1_024;

/// A log that could not be closed cleanly. What was acknowledged is safe all the same.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// Writing out what is in memory failed.
    #[error("the event log could not be closed cleanly: {0}")]
    Storage(String),
    /// The marker of a clean stop could not be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// The event log in a data folder. Dropping it closes it cleanly; [`RocksLog::close`] also says how that went.
pub struct RocksLog {
    shared: Arc<Shared>,
    /// The last one scrubs the index for the others.
    threads: Mutex<Vec<JoinHandle<()>>>,
    checkpointer: Checkpointer,
}

impl RocksLog {
    /// Opens the log of a data folder: the records are under `log/`, the lock is the file `lock`. The folder is
    /// created where it is missing, and held against other processes until the log is dropped.
    ///
    /// # Errors
    /// When the folder is in use, or damaged beyond a group that was never completed.
    pub fn open(folder: &Path, env: Arc<dyn Environment>, options: &Options) -> Result<Arc<Self>, OpenError> {
        open::open(folder, env, options)
    }

    pub(super) fn new(shared: Arc<Shared>, threads: Vec<JoinHandle<()>>, checkpointer: Checkpointer) -> Self {
        Self { shared, threads: Mutex::new(threads), checkpointer }
    }

    /// Takes no more appends, writes everything out and marks the stop as clean. Reading goes on to work.
    ///
    /// # Errors
    /// When something could not be written; the next opening treats the stop as unclean.
    pub fn close(&self) -> Result<(), CloseError> {
        let mut threads = std::mem::take(&mut *self.threads.lock());
        let scrubber = threads.pop();
        if scrubber.is_none() {
            return Ok(());
        }
        self.shared.is_closing.store(true, Ordering::Relaxed);
        self.checkpointer.stop();
        // The sequencer may be gone already, when its thread panicked.
        let _ = self.shared.queue.send(Message::Close);
        let mut has_panicked = threads.into_iter().map(JoinHandle::join).filter(Result::is_err).count() > 0;
        // Nobody asks for more scrubs; those that were asked for are done first.
        let _ = self.shared.scrubs.send(Scrub::default());
        has_panicked |= scrubber.is_some_and(|scrubber| scrubber.join().is_err());
        if has_panicked {
            return Err(CloseError::Storage("a thread panicked".to_owned()));
        }
        let faults = self.shared.faults;
        faults.pass(CrashPoint::ThreadsEnded);
        if let Some(failure) = self.shared.failure.get() {
            return Err(CloseError::Storage(failure.reason.clone()));
        }
        let storage = |error: rust_rocksdb::Error| CloseError::Storage(error.into_string());
        self.shared.records.flush().map_err(storage)?;
        faults.pass(CrashPoint::RecordsFlushed);
        for generation in self.shared.tail.view().generations {
            let types = self.shared.types.totals();
            self.shared.index.add(&generation, types).map_err(|error| CloseError::Storage(error.to_string()))?;
        }
        self.shared.index.flush().map_err(storage)?;
        faults.pass(CrashPoint::IndexFlushed);
        let answered_upto = Timestamp::from_micros(self.shared.answered_upto.load(Ordering::Relaxed));
        self.shared.checkpoints.issue_when_due(&self.shared.tree, self.shared.env.now());
        self.shared.checkpoints.close().map_err(CloseError::Storage)?;
        self.shared.keys.store().close().map_err(|error| CloseError::Storage(error.to_string()))?;
        faults.pass(CrashPoint::KeysClosed);
        let TreeHead { size, root } = self.shared.tree.head();
        self.shared.folder.write_clean_stop(CleanStop { head: Position(size), root, answered_upto })?;
        faults.pass(CrashPoint::MarkerWritten);
        Ok(())
    }

    /// Everyone who was erased, as the ledger of the key store says.
    pub fn erasures(&self) -> Vec<ErasedSubject> {
        self.shared.keys.store().erasures()
    }

    /// The id of the log, drawn when it was made. Its keys are good for no other.
    pub fn id(&self) -> Uuid {
        self.shared.keys.store().log()
    }

    /// How far the ledger of erasures goes.
    pub(crate) fn ledger_end(&self) -> LedgerEnd {
        self.shared.keys.store().ledger_end()
    }

    /// The lines of the kept checkpoints.
    pub(crate) fn kept_checkpoints(&self) -> Result<Vec<u8>, CopiesError> {
        let mut bytes = self.shared.checkpoints.bytes()?;
        // One may be on its way.
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1));
        Ok(bytes)
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.shared.env.now()
    }

    /// Hands over every record up to a position, oldest first: read, as it is stored, and decoded.
    pub(crate) fn each_stored(&self, upto: Position, each: &mut EachStored<'_>) -> Result<(), ProofError> {
        let mut failed = None;
        self.shared.records.scan(0, upto.0, crate::log::Direction::Forward, &mut |position, bytes| {
            let frame = records::frame(position, bytes)?;
            let event = frame.decode(self.shared.keyring())?;
            failed = each(&frame, bytes, event).err();
            Ok(if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// The root of the tree over the first records.
    pub(crate) fn root_of(&self, size: u64) -> Result<Hash, ReadError> {
        TreeReader::new(self.shared.nodes(), size).root()
    }

    /// Erasures of the ledger that the log does not record: it comes from a backup that is older.
    pub(crate) fn unrecorded_erasures(&self) -> Result<Vec<ErasedSubject>, ReadError> {
        let recorded = self.shared.recorded_erasures()?;
        let recorded: FxHashSet<Uuid> = recorded.iter().map(|erasure| erasure.subject).collect();
        Ok(self.erasures().into_iter().filter(|erased| !recorded.contains(&erased.subject.0)).collect())
    }

    /// Copies the keys into the next numbered folder of `into`. The master key and the signing keys, which are secret
    /// by themselves, are copied only on demand.
    ///
    /// # Errors
    /// When something cannot be read or written, `checkpoint.pub` is missing although checkpoints are kept, the folder has
    /// sets of another log, or another copy to it is under way.
    pub fn copy_keys(&self, into: &Path, with_secrets: bool) -> Result<KeySet, KeyError> {
        match self.shared.checkpoints.unchecked() {
            Ok(None) => {}
            Ok(Some((_, file))) => {
                return Err(KeyError::UncheckedCheckpoints(format!("{} is missing", file.display())));
            }
            Err(error) => return Err(KeyError::UncheckedCheckpoints(error.to_string())),
        }
        let (head, now) = (self.head(), self.shared.env.now());
        Copying { store: self.shared.keys.store(), head, now, with_secrets }.copy(into)
    }

    /// Removes all sets of keys of a folder but the newest `keep`; the numbers of those that were removed. With them goes
    /// what they hold of people who were erased since.
    ///
    /// # Errors
    /// When a set is of another log, none that stays has the master key although one that goes has it, the newest is
    /// damaged, keys are being copied to the folder, or something cannot be removed.
    pub fn prune_keys(&self, folder: &Path, keep: NonZeroUsize) -> Result<Vec<u32>, KeyError> {
        prune_sets(folder, keep, self.id())
    }

    /// Merges the files of records and index into as few as possible. Takes its time.
    pub fn compact(&self) {
        self.shared.records.compact();
        self.shared.index.compact();
    }

    /// Hands the database of the records to a backup.
    pub(crate) fn with_records<T>(&self, work: impl FnOnce(&rust_rocksdb::DB) -> T) -> T {
        work(self.shared.records.db())
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    fn read_all(&self, range: Range) -> Result<Vec<Arc<Recorded>>, ReadError> {
        let mut events = Vec::new();
        self.each_frame(range, |position, bytes| {
            events.push(Arc::new(decode(position, bytes, self.shared.keyring())?));
            Ok(())
        })?;
        Ok(events)
    }

    fn each_frame(
        &self,
        range: Range,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let upto = range.upto.0.min(self.shared.head());
        let mut left = range.limit;
        if left == 0 || range.after.0 >= upto {
            return Ok(());
        }
        // A limit narrows the range, so that a short read is not taken for a scan.
        let (after, upto) = match (range.direction, u64::try_from(range.limit)) {
            (crate::log::Direction::Forward, Ok(limit)) => {
                (range.after.0, upto.min(range.after.0.saturating_add(limit)))
            }
            (crate::log::Direction::Backward, Ok(limit)) => (range.after.0.max(upto.saturating_sub(limit)), upto),
            (_, Err(_)) => (range.after.0, upto),
        };
        self.shared.records.scan(after, upto, range.direction, &mut |position, bytes| {
            each(position, bytes)?;
            left -= 1;
            Ok(if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })
    }

    fn compile(&self, query: &Query) -> CompiledQuery {
        CompiledQuery::new(query, &self.shared.types, &self.shared.keyring().secrets)
    }
}

impl Drop for RocksLog {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "the event log was not closed cleanly");
        }
    }
}

impl Log for RocksLog {
    fn head(&self) -> Position {
        Position(self.shared.head())
    }

    fn watch_head(&self) -> watch::Receiver<Position> {
        self.shared.head.subscribe()
    }

    fn append(&self, request: AppendRequest) -> AppendFuture {
        Box::pin(append::append(self.shared.clone(), request))
    }

    fn read(&self, query: &Query, range: Range) -> Result<Vec<Arc<Recorded>>, ReadError> {
        let compiled = self.compile(query);
        if compiled.is_everything() {
            return self.read_all(range);
        }
        let positions: Vec<u64> = self.shared.find(&compiled, range)?.iter().map(|posting| posting.position).collect();
        let mut events = Vec::with_capacity(positions.len());
        for some in positions.chunks(READ_BATCH) {
            events.append(&mut self.shared.records.get_many(some, self.shared.keyring())?);
        }
        Ok(events)
    }

    fn find(&self, query: &Query, range: Range) -> Result<Vec<Match>, ReadError> {
        let compiled = self.compile(query);
        let mut postings = Vec::new();
        if compiled.is_everything() {
            self.each_frame(range, |position, bytes| {
                let event_type = records::frame(position, bytes)?.event_type();
                let event_type =
                    event_type.map_err(|source| ReadError::Undecodable { position: Position(position), source })?;
                postings.push(Posting { position, code: self.shared.types.codes.of_type(event_type) });
                Ok(())
            })?;
        } else {
            postings = self.shared.find(&compiled, range)?;
        }
        postings.into_iter().map(|posting| self.shared.matched(posting)).collect()
    }

    fn get(&self, position: Position) -> Result<Option<Arc<Recorded>>, ReadError> {
        if position == Position::START || position > self.head() {
            return Ok(None);
        }
        self.shared.records.get(position.0, self.shared.keyring())
    }

    fn get_many(&self, positions: &[Position]) -> Result<Vec<Option<Arc<Recorded>>>, ReadError> {
        let head = self.head();
        let exists = |position: &Position| *position > Position::START && *position <= head;
        let existing: Vec<u64> = positions.iter().filter(|position| exists(position)).map(|each| each.0).collect();
        let mut found = self.shared.records.get_many(&existing, self.shared.keyring())?.into_iter();
        Ok(positions.iter().map(|position| if exists(position) { found.next() } else { None }).collect())
    }

    fn scan(&self, after: Position, upto: Position, each: &mut ScanStep<'_>) -> Result<(), ReadError> {
        let upto = upto.min(self.head()).0;
        let forward = crate::log::Direction::Forward;
        let keyring = self.shared.keyring();
        self.shared
            .records
            .scan(after.0, upto, forward, &mut |position, bytes| Ok(each(decode(position, bytes, keyring)?)))
    }

    fn request_hasher(&self) -> RequestHasher {
        self.shared.keyring().secrets.request_hasher()
    }

    fn external_ids(&self) -> ExternalIds {
        self.shared.keyring().secrets.external_ids()
    }

    fn find_request(&self, id: &RequestId) -> Result<Option<RequestRecord>, ReadError> {
        self.shared.request(id.as_str())
    }

    fn position_at(&self, at: Timestamp) -> PositionFuture {
        let shared = self.shared.clone();
        Box::pin(async move {
            let head = shared.head();
            if head > 0 && shared.recorded_at(head)? > at {
                return shared.last_recorded_upto(at, head).map(Position);
            }
            let (reply, answer) = oneshot::channel();
            // A closed log takes no more appends: nothing has to be waited for.
            let is_open = shared.queue.send(Message::Settle(at, reply)).is_ok();
            let settled = if is_open { answer.await.unwrap_or(at) } else { at };
            shared.check_settled(settled)?;
            shared.last_recorded_upto(settled, shared.head()).map(Position)
        })
    }
}
