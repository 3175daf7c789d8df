//! The door of the access log.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::Sender;
use letopis_domain::values::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot};

use crate::access::Access;
use crate::chain::Head;
use crate::cursor::Cursor;
use crate::days::{Day, Days};
use crate::error::{AccessLogError, failed};
use crate::job::{Job, Progress, Shared};
use crate::medium::{Opener, on_disk};
use crate::query::{Filter, Page};
use crate::reader::Reader;
use crate::recovery::{Opened, recover};
use crate::retention;
use crate::verify::Verified;
use crate::writer::Writer;

/// Most lines that wait to be written; who brings more waits.
const QUEUE_LINES_MAX: u32 = 8_192;

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How a log is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// For how many whole days after its own a day is kept; none = for ever.
    pub retention_days: Option<u32>,
}

/// An open access log. It is shared by reference or in an `Arc`; closing it, or dropping it, writes what waits.
/// Dropping waits for that on the thread of the caller; `close` waits without holding a thread, and tells what was lost.
pub struct AccessLog {
    days: Days,
    options: Options,
    clock: Clock,
    opened: Opened,
    shared: Shared,
    room: Arc<Semaphore>,
    sender: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<Result<(), AccessLogError>>>>,
}

impl AccessLog {
    /// Opens the log in a folder, which is made when it is missing and closed to other users of the machine.
    ///
    /// # Errors
    /// When the folder is in use, or cannot be read or written.
    pub fn open(folder: &Path, options: Options, clock: Clock) -> Result<Self, AccessLogError> {
        Self::open_on(folder, options, clock, on_disk())
    }

    /// Opens the log on files that a test brings.
    pub(crate) fn open_on(
        folder: &Path,
        options: Options,
        clock: Clock,
        files: Opener,
    ) -> Result<Self, AccessLogError> {
        let days = Days::of(folder);
        days.make()?;
        let lock = days.lock()?;
        let recovered = recover(&days)?;
        let head = Some(recovered.head).filter(|head| head.seq > 0);
        let opened = Opened { head, cut_bytes: recovered.cut_bytes };
        let progress = Progress { head: recovered.head, newest: recovered.newest, failure: None };
        let shared = Arc::new(Mutex::new(progress));
        let writer = Writer::new(days.clone(), files, Arc::clone(&shared), lock);
        let (sender, jobs) = crossbeam_channel::unbounded();
        let thread = thread::Builder::new().name("access-log".to_owned()).spawn(move || writer.run(&jobs));
        let thread = Mutex::new(Some(thread.map_err(failed("starting the writer of", folder))?));
        let room = Arc::new(Semaphore::new(QUEUE_LINES_MAX as usize));
        Ok(Self { days, options, clock, opened, shared, room, sender: Mutex::new(Some(sender)), thread })
    }

    /// What the opening found.
    pub const fn opened(&self) -> &Opened {
        &self.opened
    }

    /// The last durable line. Kept elsewhere, it later proves to `verify` that nothing up to it was changed or cut off.
    pub fn head(&self) -> Option<Head> {
        Some(self.shared.lock().head).filter(|head| head.seq > 0)
    }

    /// Records what happened in one request, in order, and returns when it is durable. Given up, it may be recorded or not.
    ///
    /// # Errors
    /// When it is not durable: nothing that was read may be shown. It may be found in the log all the same after a crash.
    pub async fn record(&self, accesses: Vec<Access>) -> Result<(), AccessLogError> {
        if accesses.is_empty() {
            return Ok(());
        }
        let (answer, answered) = oneshot::channel();
        self.send(accesses, Some(answer)).await?;
        answered.await.map_err(|_| AccessLogError::Closed)?
    }

    /// Hands over what happened, waiting only for room in the queue. Once accepted it outlasts a failure
    /// of the disk, but not the end of the process: only `record` promises that.
    ///
    /// # Errors
    /// When it was not accepted: the log cannot write, or was closed.
    pub async fn submit(&self, accesses: Vec<Access>) -> Result<(), AccessLogError> {
        if accesses.is_empty() {
            return Ok(());
        }
        self.send(accesses, None).await
    }

    async fn send(
        &self,
        accesses: Vec<Access>,
        answer: Option<oneshot::Sender<Result<(), AccessLogError>>>,
    ) -> Result<(), AccessLogError> {
        let at = (self.clock)();
        let accesses: Vec<Access> = accesses.into_iter().map(Access::bounded).collect();
        let lines: usize = accesses.iter().map(Access::lines).sum();
        let lines = u32::try_from(lines).unwrap_or(QUEUE_LINES_MAX).min(QUEUE_LINES_MAX);
        self.check_writable()?;
        let room = Arc::clone(&self.room).acquire_many_owned(lines).await.map_err(|_| AccessLogError::Closed)?;
        self.check_writable()?;
        let job = Job { at, accesses, answer, room: Some(room) };
        let sender = self.sender.lock();
        sender.as_ref().ok_or(AccessLogError::Closed)?.send(job).map_err(|_| AccessLogError::Closed)
    }

    fn check_writable(&self) -> Result<(), AccessLogError> {
        self.shared.lock().failure.clone().map_or(Ok(()), |reason| Err(AccessLogError::Refusing(reason)))
    }

    /// Who reads what is durable, on the thread of the caller.
    pub fn reader(&self) -> Reader {
        Reader::within(self.days.clone(), Arc::clone(&self.shared))
    }

    /// A page of at most `first` entries that match, newest first, beginning after a cursor. The files are read on another
    /// thread, which stops when the answer is no longer waited for.
    ///
    /// # Errors
    /// When `first` is not within 1 to 100, the cursor is of no line, or the disk cannot be read.
    pub async fn query(&self, filter: Filter, first: usize, after: Option<Cursor>) -> Result<Page, AccessLogError> {
        self.aside(move |reader, is_given_up| reader.query_unless(&filter, first, after, is_given_up)).await
    }

    /// Checks the chain of all lines, and that `known` is one of them; on another thread, as `query`.
    ///
    /// # Errors
    /// When the disk cannot be read. A chain that is broken is no error but an answer.
    pub async fn verify(&self, known: Option<Head>) -> Result<Verified, AccessLogError> {
        self.aside(move |reader, is_given_up| reader.verify_unless(known, is_given_up)).await
    }

    /// Reads on a thread that may block, until the future is dropped.
    async fn aside<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader, &dyn Fn() -> bool) -> Result<T, AccessLogError> + Send + 'static,
    ) -> Result<T, AccessLogError> {
        let reader = self.reader();
        let waiting = Waiting(Arc::new(AtomicBool::new(true)));
        let is_waited_for = Arc::clone(&waiting.0);
        let reading = tokio::task::spawn_blocking(move || read(&reader, &|| !is_waited_for.load(Ordering::Relaxed)));
        reading.await.map_err(|_| AccessLogError::GivenUp)?
    }

    /// Removes the days that are older than the retention, oldest first, and says which. The newest day stays: its last
    /// line is what the next one follows. It touches the disk, on the thread of the caller.
    ///
    /// # Errors
    /// When the folder cannot be read or a file not be removed; what was removed before stays so.
    pub fn enforce_retention(&self, now: Timestamp) -> Result<Vec<Day>, AccessLogError> {
        retention::enforce(&self.days, self.options.retention_days, now)
    }

    /// Accepts no more, writes what waits and leaves the folder to others. Closing twice is allowed.
    ///
    /// # Errors
    /// When something that was submitted could not be written; says how much.
    pub async fn close(&self) -> Result<(), AccessLogError> {
        let Some(thread) = self.end() else { return Ok(()) };
        tokio::task::spawn_blocking(move || join(thread)).await.map_err(|_| AccessLogError::Closed)?
    }

    /// Lets the writer run out.
    fn end(&self) -> Option<JoinHandle<Result<(), AccessLogError>>> {
        self.room.close();
        drop(self.sender.lock().take());
        self.thread.lock().take()
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        if let Some(thread) = self.end() {
            // The writer has said in the journal what was lost.
            let _ = join(thread);
        }
    }
}

fn join(thread: JoinHandle<Result<(), AccessLogError>>) -> Result<(), AccessLogError> {
    thread.join().unwrap_or(Err(AccessLogError::Closed))
}

/// True until it is dropped.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
