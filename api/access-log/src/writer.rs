//! The thread that writes: takes what waits, appends it, syncs once, answers.
//!
//! When a write or a sync fails nothing of the batch counts. Who waited is told, and may not show what they read; what
//! was only submitted stays owed. The log then refuses everything and tries again each `RETRY`, so that it heals by itself
//! once an operator has made room. It does so without trust in what the failed attempt left: the file is opened anew, cut
//! back to the last line that a sync has vouched for, and what is owed is written again, since a page whose sync failed may
//! be gone from memory though a later sync of it succeeds.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::chain::Head;
use crate::days::{Day, Days};
use crate::error::AccessLogError;
use crate::job::{Job, Shared};
use crate::line;
use crate::medium::{Medium, Opener};

/// How long a log that cannot write waits for its next attempt.
pub const RETRY: Duration = Duration::from_millis(if cfg!(test) { 5 } else { 500 });
/// About how much is written between two syncs.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// Most calls that share a sync.
const BATCH_JOBS_MAX: usize = 4_096;

/// The newest file.
struct Newest {
    day: Day,
    /// Bytes that a sync has vouched for.
    synced_bytes: u64,
    /// The open file; none after a failure, and before the first write.
    medium: Option<Box<dyn Medium>>,
}

/// The one who writes.
pub struct Writer {
    days: Days,
    opener: Opener,
    newest: Option<Newest>,
    head: Head,
    owed: VecDeque<Job>,
    failure: Option<Arc<str>>,
    shared: Shared,
    _lock: File,
}

impl Writer {
    /// Continues where `shared` says the log ends.
    pub fn new(days: Days, opener: Opener, shared: Shared, lock: File) -> Self {
        let (head, newest) = {
            let progress = shared.lock();
            (progress.head, progress.newest)
        };
        let newest = newest.map(|(day, synced_bytes)| Newest { day, synced_bytes, medium: None });
        Self { days, opener, newest, head, owed: VecDeque::new(), failure: None, shared, _lock: lock }
    }

    /// Writes until nobody can send any more, and everything that was sent is written or answered.
    pub fn run(mut self, jobs: &Receiver<Job>) -> Result<(), AccessLogError> {
        loop {
            let first = match self.failure {
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(_) => jobs.recv_timeout(RETRY),
            };
            match first {
                Ok(first) => {
                    let more = jobs.try_iter().take(BATCH_JOBS_MAX - 1);
                    self.commit(std::iter::once(first).chain(more).collect());
                }
                Err(RecvTimeoutError::Timeout) => self.commit(Vec::new()),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if !self.owed.is_empty() {
            self.commit(Vec::new());
        }
        match self.failure.filter(|_| !self.owed.is_empty()) {
            None => Ok(()),
            Some(reason) => {
                let count = self.owed.iter().map(|job| job.accesses.len()).sum();
                tracing::error!(count, %reason, "submitted accesses were lost");
                Err(AccessLogError::Unwritten { count, reason })
            }
        }
    }

    /// Writes what is owed and what came, in this order, or notes why not.
    fn commit(&mut self, came: Vec<Job>) {
        let mut jobs = std::mem::take(&mut self.owed);
        jobs.extend(came);
        let mut outcome = if jobs.is_empty() { self.mend() } else { Ok(()) };
        while outcome.is_ok() && !jobs.is_empty() {
            outcome = self.write(&jobs).map(|written| {
                for answer in jobs.drain(..written).filter_map(|job| job.answer) {
                    // Who does not wait any more needs no answer.
                    let _ = answer.send(Ok(()));
                }
            });
        }
        match outcome {
            Ok(()) => self.set_failure(None),
            Err(error) => self.fail(&error, jobs),
        }
    }

    fn fail(&mut self, error: &io::Error, jobs: VecDeque<Job>) {
        if let Some(newest) = &mut self.newest {
            newest.medium = None;
        }
        let reason: Arc<str> = error.to_string().into();
        self.set_failure(Some(Arc::clone(&reason)));
        for mut job in jobs {
            // Everybody who waits for room is let through, to see that there is no writing.
            job.room = None;
            match job.answer.take() {
                Some(answer) => _ = answer.send(Err(AccessLogError::Refusing(Arc::clone(&reason)))),
                None => self.owed.push_back(job),
            }
        }
    }

    fn set_failure(&mut self, failure: Option<Arc<str>>) {
        match (&self.failure, &failure) {
            (None, Some(reason)) => tracing::error!(%reason, "the access log cannot be written"),
            (Some(_), None) => tracing::info!("the access log is written again"),
            _ => (),
        }
        if self.failure != failure {
            self.shared.lock().failure.clone_from(&failure);
            self.failure = failure;
        }
    }

    /// Writes the first jobs, all into one file; says how many.
    fn write(&mut self, jobs: &VecDeque<Job>) -> io::Result<usize> {
        let Some(first) = jobs.front() else { return Ok(0) };
        let day = self.target(first);
        self.turn_to(day)?;
        let Some(newest) = &mut self.newest else { return Err(io::Error::other("no file is open")) };
        let (mut buffer, mut head, mut written, mut is_late) = (Vec::new(), self.head, 0, false);
        for job in jobs {
            // A later day has a file of its own, an earlier one has none any more.
            if Day::of(job.at) > day || buffer.len() >= BATCH_BYTES_MAX {
                break;
            }
            is_late |= Day::of(job.at) < day;
            for access in &job.accesses {
                line::write(&mut buffer, &mut head, newest.synced_bytes == 0, job.at, access)?;
            }
            written += 1;
        }
        if is_late && !self.days.is_late(day) {
            self.days.mark_late(day)?;
        }
        let Some(medium) = &mut newest.medium else { return Err(io::Error::other("no file is open")) };
        medium.append(&buffer)?;
        medium.sync()?;
        newest.synced_bytes += buffer.len() as u64;
        self.head = head;
        let mut progress = self.shared.lock();
        progress.head = head;
        progress.newest = Some((day, newest.synced_bytes));
        Ok(written)
    }

    /// The day whose file takes a job: its own, but never one before the newest.
    fn target(&self, job: &Job) -> Day {
        let own = Day::of(job.at);
        self.newest.as_ref().map_or(own, |newest| own.max(newest.day))
    }

    fn turn_to(&mut self, day: Day) -> io::Result<()> {
        if self.newest.as_ref().is_none_or(|newest| newest.day != day) {
            // What a failed attempt left in the day before must not stay behind.
            self.mend()?;
            let medium = self.open(day)?;
            self.newest = Some(Newest { day, synced_bytes: 0, medium: Some(medium) });
        }
        self.mend()
    }

    /// Opens the newest file if it is not open, and cuts what no sync has vouched for.
    fn mend(&mut self) -> io::Result<()> {
        let Some(day) = self.newest.as_ref().filter(|newest| newest.medium.is_none()).map(|newest| newest.day) else {
            return Ok(());
        };
        let mut medium = self.open(day)?;
        let size_bytes = medium.size_bytes()?;
        if let Some(newest) = &mut self.newest {
            // Shorter than it was: somebody took lines away. The chain tells, and the log goes on.
            newest.synced_bytes = newest.synced_bytes.min(size_bytes);
            if size_bytes > newest.synced_bytes {
                medium.cut(newest.synced_bytes)?;
            }
            medium.sync()?;
            newest.medium = Some(medium);
        }
        Ok(())
    }

    fn open(&self, day: Day) -> io::Result<Box<dyn Medium>> {
        let medium = (self.opener)(&self.days.file(day))?;
        self.days.sync()?;
        Ok(medium)
    }
}
