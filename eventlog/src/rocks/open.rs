//! Opening a log: look before RocksDB repairs anything, hold what is there against what was promised, derive
//! what the index lacks, start the threads.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use letopis_domain::ids::Position;
use letopis_domain::values::Timestamp;
use rust_rocksdb::Cache;
use tokio::sync::watch;

use super::checkpointer::Checkpointer;
use super::checkpoints::Checkpoints;
use super::derive::Deriver;
use super::faults::{CrashPoint, Faults};
use super::folder::{CleanStop, Folder, FolderError};
use super::index::{Codes, Index, Meta};
use super::records::{self, Records};
use super::sequencer::Sequencer;
use super::shared::{Shared, Types};
use super::tail::{Generation, Tail};
use super::tree::{self, Growth, LiveTree, TreeError, TreeHead};
use super::wal::{self, WalState};
use super::{Options, RocksLog, erasure, indexer, open_keys};
use crate::copies::CopiesError;
use crate::environment::Environment;
use crate::error::ReadError;
use crate::frame::PersonalPart;
use crate::keys::{KeyError, KeyMaker, KeyStore, Keyring};
use crate::log::Direction;
use crate::stamps::Stamps;

/// Generations that may wait for the indexer.
const INDEXER_QUEUE: usize = 2;

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Acknowledged groups are damaged.
    #[error(
        "the write-ahead log is damaged at byte {offset} of {}, and intact groups follow; nothing was changed: restore a backup, or keep this folder for examination",
        .file.display()
    )]
    DamagedWal {
        /// The file.
        file: PathBuf,
        /// Where it breaks.
        offset: usize,
    },
    /// Records that were durable once, as the last clean stop or the index says, are not there.
    #[error(
        "the log ends at position {found}, but position {expected} was recorded: acknowledged records are lost; restore a backup, or, to go on without them, remove log/clean-stop and log/index from the data folder"
    )]
    HeadLost {
        /// What was recorded.
        expected: Position,
        /// What is there.
        found: Position,
    },
    /// The log ends inside a group.
    #[error("the log ends at position {0}, in the middle of a group")]
    TornGroup(Position),
    /// The Merkle tree does not fit the records.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The storage engine failed.
    #[error("the event log could not be opened: {0}")]
    Storage(String),
    /// The kept checkpoints could not be read.
    #[error("the kept checkpoints cannot be used: {0}")]
    Checkpoints(#[from] CopiesError),
    /// Checkpoints left a log that is being restored, and nobody can say whether they are its own.
    #[error(
        "checkpoints left this log as '{origin}', and they cannot be checked without the public keys {}: put the file there, which every set of keys and every auditor has; if it is lost for good, say --contradict-checkpoints with a new name for the log, under which it signs from then on",
        .file.display()
    )]
    UncheckedCheckpoints {
        /// The name of the log in the last of them.
        origin: String,
        /// The file that is missing.
        file: PathBuf,
    },
    /// The signing keys cannot be used.
    #[error(transparent)]
    SigningKeys(#[from] crate::proof::KeyError),
    /// The write-ahead log could not be looked at.
    #[error("the write-ahead log could not be read: {0}")]
    Wal(io::Error),
    /// A record could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The records have no id, so that nobody knows which keys are theirs.
    #[error("the event log was written by an earlier version, which sealed nothing: it cannot be read by this one")]
    WithoutId,
    /// An erasure that was interrupted could not be finished.
    #[error("an erasure that was interrupted could not be finished: {0}")]
    Erasure(String),
    /// A thread could not be started.
    #[error("a thread could not be started: {0}")]
    Thread(io::Error),
}

/// See [`RocksLog::open`].
pub(super) fn open(root: &Path, env: Arc<dyn Environment>, options: &Options) -> Result<Arc<RocksLog>, OpenError> {
    let folder = Folder::hold(root, options.may_create)?;
    let clean_stop = folder.read_clean_stop()?;
    look_at_wal(&folder, clean_stop)?;
    let cache = Cache::new_lru_cache(options.block_cache_bytes);
    let records = Records::open(&folder.records(), &cache).map_err(storage)?;
    options.faults.pass(CrashPoint::RecordsOpened);
    let (head, last_stamp) = end_of(&records)?;
    let keys = open_keys::open(&records, head, &options.place_of_keys(root), clean_stop.is_some())?;
    if let Some(stop) = clean_stop.filter(|stop| stop.head.0 != head) {
        return Err(OpenError::HeadLost { expected: stop.head, found: Position(head) });
    }
    let (frontier, spans) = tree::restore(&records, head, clean_stop.map(|stop| stop.root))?;
    let (index, meta) = open_index(&folder.index(), &cache, options.is_compressed, head)?;
    let types = Types::new(Codes::new(&meta), &meta.types);
    let missing = meta.indexed_upto..head;
    let tail = derive_tail(&records, &index, &types, keys.keyring(), missing, options.generation_events)?;
    folder.sync_names()?;
    options.faults.pass(CrashPoint::Derived);
    let keys = KeyMaker::start(Arc::new(keys)).map_err(OpenError::Thread)?;
    let was_clean = clean_stop.is_some();
    let (file, ledger) = (folder.checkpoints(), options.ledger.as_deref());
    let checkpoints = Checkpoints::open(&file, ledger, options.key_folder(root), was_clean, options.faults)?;
    let checkpoints = checkpoints.silent(options.is_restoring);
    let tree = LiveTree::new(TreeHead { size: head, root: frontier.root() }, spans);
    look_at_public_keys(&checkpoints, options.is_restoring)?;
    tree::check_last(checkpoints.last().as_ref(), &records, &tree)?;
    folder.remove_clean_stop()?;
    options.faults.pass(CrashPoint::MarkerRemoved);
    settle(keys.store(), &checkpoints, options.faults, was_clean)?;
    let (queue, queued) = crossbeam_channel::unbounded();
    let (scrubs, to_scrub) = crossbeam_channel::unbounded();
    let shared = Arc::new(Shared {
        records,
        index,
        tail,
        tree,
        checkpoints,
        types,
        head: watch::Sender::new(Position(head)),
        queue,
        env,
        keys,
        scrubs,
        erasures: AtomicU64::new(0),
        scrubbed: AtomicU64::new(0),
        #[cfg(test)]
        stop: parking_lot::Mutex::default(),
        #[cfg(test)]
        between: parking_lot::Mutex::default(),
        failure: OnceLock::new(),
        is_closing: AtomicBool::new(false),
        answered_upto: AtomicI64::new(Timestamp::MIN.micros()),
        faults: options.faults,
        folder,
    });
    finish_erasures(&shared, options.is_restoring, was_clean)?;
    let (complete, completed) = crossbeam_channel::bounded(INDEXER_QUEUE);
    let answered_upto = clean_stop.map_or(Timestamp::MIN, |stop| stop.answered_upto);
    let stamps = stamps(&shared, last_stamp, answered_upto);
    let sequencer = Sequencer::new(shared.clone(), complete, stamps, Growth::new(frontier), options.generation_events);
    let sequencer = thread::Builder::new().name("sequencer".to_owned()).spawn(move || sequencer.run(&queued));
    let sequencer = sequencer.map_err(OpenError::Thread)?;
    let for_indexer = shared.clone();
    let indexer = thread::Builder::new().name("indexer".to_owned());
    let indexer = indexer.spawn(move || indexer::run(&for_indexer, &completed)).map_err(OpenError::Thread)?;
    let for_scrubber = shared.clone();
    let scrubber = thread::Builder::new().name("scrubber".to_owned());
    let scrubber = scrubber.spawn(move || erasure::run(&for_scrubber, &to_scrub)).map_err(OpenError::Thread)?;
    let checkpointer = Checkpointer::start(shared.clone(), options.checkpoint_interval).map_err(OpenError::Thread)?;
    Ok(Arc::new(RocksLog::new(shared, vec![sequencer, indexer, scrubber], checkpointer)))
}

/// Kept checkpoints that nobody can check are worth a warning where a log goes on, because they are compared with it all
/// the same; but a log that is restored is judged by them.
fn look_at_public_keys(checkpoints: &Checkpoints, is_restoring: bool) -> Result<(), OpenError> {
    match checkpoints.unchecked() {
        Ok(None) => Ok(()),
        Ok(Some((last, file))) if is_restoring => {
            Err(OpenError::UncheckedCheckpoints { origin: last.origin().to_owned(), file })
        }
        Ok(Some((_, file))) => {
            let file = file.display();
            tracing::warn!(%file, "the kept checkpoints cannot be checked without the public keys; put the file back: every set of keys has it");
            Ok(())
        }
        Err(error) if is_restoring => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "the kept checkpoints cannot be checked");
            Ok(())
        }
    }
}

/// Finishes what was begun. A log that is being restored must not erase anybody whom the ledger does not know.
fn finish_erasures(shared: &Shared, is_restoring: bool, was_clean: bool) -> Result<(), OpenError> {
    if is_restoring {
        let recorded = shared.recorded_erasures()?;
        shared.keys.store().check_ledger(recorded.iter().map(|erasure| erasure.subject))?;
    }
    shared.finish_erasures(was_clean).map_err(|error| OpenError::Erasure(error.to_string()))
}

/// Finishes what the last stop left of the keys and the checkpoints: log, keys and checkpoints are known to fit by now.
fn settle(keys: &KeyStore, checkpoints: &Checkpoints, faults: Faults, was_clean: bool) -> Result<(), OpenError> {
    keys.listen(move |step| faults.pass(step.into()));
    keys.settle(was_clean)?;
    checkpoints.settle(was_clean)?;
    faults.pass(CrashPoint::KeysSettled);
    Ok(())
}

/// The recording clock. After an unclean stop only the machine's clock tells what may have been asked about.
fn stamps(shared: &Shared, last: Timestamp, answered_upto: Timestamp) -> Stamps {
    let mut stamps = if shared.head() == 0 { Stamps::new() } else { Stamps::reopened(last, shared.env.now()) };
    stamps.keep_above(answered_upto);
    shared.answered_upto.store(stamps.answered_upto().micros(), Ordering::Relaxed);
    stamps
}

/// Refuses damage that RocksDB would cut away in silence.
fn look_at_wal(folder: &Folder, clean_stop: Option<CleanStop>) -> Result<(), OpenError> {
    match wal::inspect(&folder.records()).map_err(OpenError::Wal)? {
        WalState::Intact => Ok(()),
        WalState::BrokenTail(broken) if clean_stop.is_none() => {
            let (file, offset) = (broken.file.display(), broken.offset);
            tracing::warn!(%file, offset, "the last group was not written completely and is cut off; it was never acknowledged unless the disk lost it later");
            Ok(())
        }
        WalState::BrokenTail(broken) | WalState::BrokenInside(broken) => {
            Err(OpenError::DamagedWal { file: broken.file, offset: broken.offset })
        }
    }
}

/// The head and its stamp.
fn end_of(records: &Records) -> Result<(u64, Timestamp), OpenError> {
    let Some((head, bytes)) = records.last()? else { return Ok((0, Timestamp::MIN)) };
    let frame = records::frame(head, &bytes)?;
    if !frame.is_group_end() {
        return Err(OpenError::TornGroup(Position(head)));
    }
    Ok((head, frame.recorded_at))
}

/// Opens the index, or begins a new one where it cannot be used: everything in it can be derived. An index that is
/// ahead of the records was derived from records that are gone.
fn open_index(path: &Path, cache: &Cache, is_compressed: bool, head: u64) -> Result<(Index, Meta), OpenError> {
    match Index::open(path, cache, is_compressed).map_err(storage).and_then(|index| Ok((index.meta()?, index))) {
        Ok((Some(meta), index)) if meta.indexed_upto <= head => return Ok((index, meta)),
        Ok((Some(Meta { indexed_upto, .. }), _)) => {
            return Err(OpenError::HeadLost { expected: Position(indexed_upto), found: Position(head) });
        }
        Ok((None, index)) if index.is_empty()? => return Ok((index, Meta::default())),
        Ok((None, index)) => {
            drop(index);
            tracing::warn!("the index is of another revision; it is derived anew");
        }
        Err(error) => tracing::warn!(%error, "the index cannot be read; it is derived anew"),
    }
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(OpenError::Storage(error.to_string())),
        // Where there was none, making one failed: making it once more says why.
        _ => {}
    }
    Ok((Index::open(path, cache, is_compressed).map_err(storage)?, Meta::default()))
}

/// Derives what the index lacks: complete generations go to disk, the rest stays in memory.
fn derive_tail(
    records: &Records,
    index: &Index,
    types: &Types,
    keyring: &Keyring,
    missing: std::ops::Range<u64>,
    generation_events: u64,
) -> Result<Tail, OpenError> {
    let mut generation = Generation::after(missing.start);
    let mut deriver = Deriver::default();
    records.scan(missing.start, missing.end, Direction::Forward, &mut |position, bytes| {
        let frame = records::frame(position, bytes)?;
        let personal = if frame.has_lookups() { frame.personal(keyring)? } else { PersonalPart::None };
        let entries = deriver.next(&frame, &personal, &types.codes)?;
        if let Some((key, record)) = entries.ended {
            generation.push_request(key, record);
        }
        generation.push(entries.code, &entries.lists, entries.filed.as_ref());
        types.add(entries.code);
        if frame.is_group_end() {
            if let Some((key, record)) = deriver.finish() {
                generation.push_request(key, record);
            }
            if position - generation.base() >= generation_events {
                index.add(&generation, types.totals())?;
                generation = Generation::after(position);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(Tail::starting_with(generation))
}

fn storage(error: rust_rocksdb::Error) -> OpenError {
    OpenError::Storage(error.into_string())
}
