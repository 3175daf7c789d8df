//! The writing side of an import: batches of rows to chunks of events.
//!
//! The commands of a batch are decided in memory and appended as one group. A row counts only once its group is
//! durable, so a killed import is repeated from the start and finds what it did as duplicates.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use letopis_domain::ids::RequestId;
use letopis_domain::refusal::{RefusalCode, Refused};
use letopis_eventlog::chunk::{Chunk, ChunkOutcome};
use letopis_eventlog::environment::Environment;
use letopis_eventlog::error::{AppendError, ReadError, TransactError};
use letopis_eventlog::log::{Log, RequestDigest, RequestKey};
use letopis_eventlog::transact::Envelope;
use rustc_hash::FxHashMap;

use super::error::{MappingError, RowError};
use super::pairing::RowText;
use super::plan::{Job, Plan};
use super::reader::{Message, Reader};
use super::records::Record;
use super::rejects::Rejects;
use super::row::{Meaning, Prepared, RowWork, prepare};
use super::scope::Scope;
use super::section::CommandStep;
use super::summary::{Counts, SectionSummary, Summary};

/// How often a batch is carried out anew because others wrote at the same time.
const ATTEMPTS_MAX: u32 = 8;

/// Hears how far the import is.
pub trait Progress: Send {
    /// Bytes of the inputs read so far, of how many, and rows done.
    fn advance(&mut self, read_bytes: u64, total_bytes: u64, rows: u64);
}

impl Progress for () {
    fn advance(&mut self, _read_bytes: u64, _total_bytes: u64, _rows: u64) {}
}

/// What an import needs besides log and mapping.
pub struct Options<'a> {
    /// The inputs.
    pub inputs: Vec<PathBuf>,
    /// Where rejected rows are kept.
    pub rejects: Rejects,
    /// Who hears about progress.
    pub progress: &'a mut dyn Progress,
    /// Set from elsewhere to stop after the current batch.
    pub stop: Arc<AtomicBool>,
}

/// Why an import could not go on. What was recorded before stays recorded.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The mapping or the inputs do not fit; nothing was imported.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The log failed.
    #[error("the event log failed: {0}")]
    Log(TransactError),
    /// The reject file could not be written.
    #[error("the reject file {path} cannot be written: {source}")]
    Rejects {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Imports files by a mapping.
///
/// # Errors
/// Before the first row when mapping and inputs do not fit; later only when the log or the reject file fail.
pub async fn run(
    log: Arc<dyn Log>,
    env: Arc<dyn Environment>,
    plan: &Plan,
    options: Options<'_>,
) -> Result<Summary, ImportError> {
    let started = Instant::now();
    let jobs: Arc<[Job]> = plan.jobs(&options.inputs)?.into();
    let mut importer = Importer::new(Arc::clone(&log), env, plan, options, Arc::clone(&jobs));
    importer.setup(plan).await?;
    let (out, mut messages) = tokio::sync::mpsc::channel(4);
    let meter = Arc::new(AtomicU64::new(0));
    let reader = Reader {
        jobs: Arc::clone(&jobs),
        namespace: importer.namespace.clone(),
        meter: Arc::clone(&meter),
        stop: Arc::clone(&importer.stop),
        out,
    };
    let reading = tokio::task::spawn_blocking(move || reader.run());
    let total_bytes = jobs.iter().map(|job| job.input.stored_size).sum();
    let mut outcome = Ok(());
    while let Some(message) = messages.recv().await {
        outcome = importer.hear(message).await;
        if outcome.is_err() {
            break;
        }
        let rows = importer.summary.sections.iter().map(|section| section.counts.rows).sum();
        importer.options.progress.advance(meter.load(Ordering::Relaxed), total_bytes, rows);
    }
    drop(messages);
    // The reading side ends by itself once nobody listens; a panic there was told as a problem of its file.
    let _: Result<(), tokio::task::JoinError> = reading.await;
    outcome?;
    importer.close(started, log.head().0)
}

struct Importer<'a> {
    chunk: Chunk,
    /// Revisions that the chunk holds and the log does not know yet.
    revisions: FxHashMap<RequestId, RequestDigest>,
    log: Arc<dyn Log>,
    namespace: super::identity::Namespace,
    jobs: Arc<[Job]>,
    options: Options<'a>,
    stop: Arc<AtomicBool>,
    summary: Summary,
}

/// What one batch did, until its group is durable.
#[derive(Default)]
struct Done {
    counts: Counts,
    rejected: Vec<(RowText, RowError)>,
}

/// What became of one row.
enum RowOutcome {
    Accepted,
    Duplicate,
    Rejected(RowError),
}

impl<'a> Importer<'a> {
    fn new(log: Arc<dyn Log>, env: Arc<dyn Environment>, plan: &Plan, options: Options<'a>, jobs: Arc<[Job]>) -> Self {
        let mut sections: Vec<SectionSummary> = plan
            .section_names()
            .into_iter()
            .map(|section| SectionSummary { section, ..SectionSummary::default() })
            .collect();
        for job in jobs.iter() {
            if let Some(section) = sections.get_mut(job.section_index) {
                section.files.push(job.input.name.clone());
            }
        }
        Self {
            chunk: Chunk::new(Arc::clone(&log), env),
            revisions: FxHashMap::default(),
            namespace: plan.namespace(log.external_ids()),
            log,
            jobs,
            stop: Arc::clone(&options.stop),
            options,
            summary: Summary { sections, ..Summary::default() },
        }
    }

    async fn setup(&mut self, plan: &Plan) -> Result<(), ImportError> {
        let record = Record::default();
        let namespace = self.namespace.clone();
        let scope = Scope {
            record: &record,
            missing: &[],
            values: &[],
            previous: None,
            each: None,
            repeat: 0,
            pair: None,
            file: "",
            namespace: &namespace,
        };
        for step in &plan.setup {
            let told = |error: RowError| MappingError::at(&step.place, format!("{} ({})", error.message, error.code));
            let prepared = prepare_setup(step, &scope).map_err(told)?;
            let mut done = Done::default();
            match self.execute(&prepared, &mut done.counts) {
                Ok(_) => self.summary.setup_events += done.counts.events,
                Err(TransactError::Refused(refused)) => {
                    let error = RowError { code: refused.code.as_str(), message: refused.message };
                    return Err(told(error).into());
                }
                Err(error) => return Err(ImportError::Log(error)),
            }
        }
        self.chunk.commit().await.map_err(ImportError::Log)?;
        Ok(())
    }

    async fn hear(&mut self, message: Message) -> Result<(), ImportError> {
        match message {
            Message::Rows { job, rows } => self.batch(job, &rows).await,
            Message::Problem { job, message } => {
                self.summary.problems.push(format!("{}: {message}", self.jobs[job].input.name));
                Ok(())
            }
            Message::Waiting { job, rows } => {
                let uncounted = rows.iter().filter(|(_, is_counted)| !is_counted).count() as u64;
                let starts = rows.len() as u64;
                let counts =
                    Counts { rows: uncounted, ignored: uncounted, unpaired_starts: starts, ..Counts::default() };
                self.settle(job, &Done { counts, rejected: Vec::new() })
            }
        }
    }

    /// Carries a batch out, and again when others wrote at the same time.
    async fn batch(&mut self, job: usize, rows: &[RowWork]) -> Result<(), ImportError> {
        for _ in 0..ATTEMPTS_MAX {
            match self.try_rows(rows).await {
                Ok(done) => return self.settle(job, &done),
                Err(TransactError::Contended { .. }) => {}
                Err(TransactError::Append(AppendError::Malformed(_)) | TransactError::Refused(_)) => {
                    return self.one_by_one(job, rows).await;
                }
                Err(error) => return Err(ImportError::Log(error)),
            }
        }
        self.one_by_one(job, rows).await
    }

    /// One row of the batch cannot be appended: finds it, and lets the others through.
    async fn one_by_one(&mut self, job: usize, rows: &[RowWork]) -> Result<(), ImportError> {
        for row in rows {
            let done = match self.try_rows(std::slice::from_ref(row)).await {
                Ok(done) => done,
                Err(TransactError::Append(AppendError::Malformed(message))) => refuse(row, &RowError::invalid(message)),
                // Somebody whom it is about was erased between deciding and appending.
                Err(TransactError::Refused(refused)) => {
                    refuse(row, &RowError { code: refused.code.as_str(), message: refused.message })
                }
                Err(error @ TransactError::Contended { .. }) => {
                    refuse(row, &RowError { code: RefusalCode::Conflict.as_str(), message: error.to_string() })
                }
                Err(error) => return Err(ImportError::Log(error)),
            };
            self.settle(job, &done)?;
        }
        Ok(())
    }

    /// All rows in one append, so that what is counted is what was recorded, also when it is tried again.
    async fn try_rows(&mut self, rows: &[RowWork]) -> Result<Done, TransactError> {
        self.revisions.clear();
        let mut done = Done::default();
        for row in rows {
            let starts = row.started.len() as u64;
            let weight = 1 + starts;
            done.counts.unpaired_ends += row.unpaired_ends;
            match &row.meaning {
                // It counts with the row that ends it, or at the end of the section; what it ended itself came to nothing.
                Meaning::Waits => {
                    done.counts.ignored += starts;
                    done.counts.rows += starts;
                    continue;
                }
                Meaning::Ignored => done.counts.ignored += weight,
                Meaning::Rejected(error) => reject(row, error, &mut done),
                Meaning::Commands(commands) => match self.row(commands, &mut done.counts)? {
                    RowOutcome::Accepted => done.counts.accepted += weight,
                    RowOutcome::Duplicate => done.counts.duplicates += weight,
                    RowOutcome::Rejected(error) => reject(row, &error, &mut done),
                },
            }
            done.counts.rows += weight;
        }
        self.chunk.commit().await?;
        Ok(done)
    }

    fn row(&mut self, commands: &[Prepared], counts: &mut Counts) -> Result<RowOutcome, TransactError> {
        let has_own = commands.iter().any(|command| !command.is_ensure);
        let (mut is_new, mut refusal) = (false, None);
        for command in commands {
            // Rows after this one rely on every ensure rule that was applied here, whatever becomes of this row.
            if refusal.is_some() && !command.is_ensure {
                break;
            }
            match self.execute(command, counts) {
                Ok(recorded) => is_new |= recorded && (!command.is_ensure || !has_own),
                Err(TransactError::Refused(refused)) => {
                    refusal.get_or_insert_with(|| told(command, &refused));
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(error) = refusal {
            return Ok(RowOutcome::Rejected(error));
        }
        Ok(if is_new { RowOutcome::Accepted } else { RowOutcome::Duplicate })
    }

    /// Carries a command out; says whether it brought events.
    fn execute(&mut self, prepared: &Prepared, counts: &mut Counts) -> Result<bool, TransactError> {
        let key = RequestKey { id: prepared.key.id.clone(), digest: self.keyed_digest(prepared) };
        let outcome = self.chunk.execute(&prepared.command, &envelope(prepared, key));
        let is_known = match &outcome {
            Ok(ChunkOutcome::Duplicate) => true,
            Err(TransactError::Refused(refused)) => refused.code == RefusalCode::Changed,
            _ => false,
        };
        match &prepared.revision {
            // Which row sees a value first depends on the files at hand: an ensure rule counts once per value.
            _ if is_known && prepared.is_ensure => Ok(false),
            Some(_) if is_known => self.revise(prepared, outcome.is_ok(), counts),
            _ => Ok(count(&outcome?, counts)),
        }
    }

    /// The identity came before: records the new content unless it is what was recorded last.
    fn revise(&mut self, prepared: &Prepared, is_first: bool, counts: &mut Counts) -> Result<bool, TransactError> {
        let Some(revision) = &prepared.revision else { return Ok(false) };
        let mut last_is_same = is_first;
        let keyed = self.keyed_digest(prepared);
        for number in 1_u64.. {
            let id = self.revision_id(prepared, number)?;
            if let Some(digest) = self.revision_digest(&id)? {
                last_is_same = digest == keyed;
                continue;
            }
            if last_is_same {
                return Ok(false);
            }
            let key = RequestKey { id, digest: keyed };
            let outcome = self.chunk.execute(revision, &envelope(prepared, key.clone()))?;
            let is_new = count(&outcome, counts);
            if is_new {
                self.revisions.insert(key.id, key.digest);
            }
            return Ok(is_new);
        }
        Ok(false)
    }

    /// What the log remembers a row's content by: nobody can find the content by trying.
    fn keyed_digest(&self, prepared: &Prepared) -> RequestDigest {
        self.log.request_hasher().update(&prepared.key.digest).finish()
    }

    /// The content of a revision, in the log or in the batch at hand.
    fn revision_digest(&self, id: &RequestId) -> Result<Option<RequestDigest>, ReadError> {
        match self.revisions.get(id) {
            Some(digest) => Ok(Some(*digest)),
            None => Ok(self.log.find_request(id)?.map(|known| known.digest)),
        }
    }

    fn revision_id(&self, prepared: &Prepared, number: u64) -> Result<RequestId, TransactError> {
        let number = number.to_string();
        self.namespace
            .request("revision", [prepared.key.id.as_str(), number.as_str()])
            .ok_or_else(|| TransactError::Read(ReadError::Storage("a request id is too long".to_owned())))
    }

    fn settle(&mut self, job: usize, done: &Done) -> Result<(), ImportError> {
        let job = &self.jobs[job];
        let Some(section) = self.summary.sections.get_mut(job.section_index) else { return Ok(()) };
        section.counts.add(&done.counts);
        for (row, error) in &done.rejected {
            *section.rejected_by_code.entry(error.code).or_default() += 1;
            let kept = self.options.rejects.keep(&job.section_name, &job.input.name, row, error);
            kept.map_err(|source| ImportError::Rejects { path: self.options.rejects.path().to_owned(), source })?;
        }
        Ok(())
    }

    fn close(mut self, started: Instant, head: u64) -> Result<Summary, ImportError> {
        let flushed = self.options.rejects.flush();
        flushed.map_err(|source| ImportError::Rejects { path: self.options.rejects.path().to_owned(), source })?;
        self.summary.position = head;
        self.summary.interrupted = self.stop.load(Ordering::Relaxed);
        if !self.options.rejects.is_empty() {
            self.summary.rejects = Some(self.options.rejects.path().to_owned());
        }
        self.summary.close(started.elapsed());
        Ok(self.summary)
    }
}

fn prepare_setup(step: &CommandStep, scope: &Scope<'_>) -> Result<Prepared, RowError> {
    let text = step.occurred_at.as_ref().map(|when| when.value.evaluate(scope)).transpose()?;
    let time = text.map(|text| super::time_format::TimeFormat::rfc3339().time(&text.to_text())).transpose();
    prepare(step, scope, time.map_err(RowError::invalid)?, &[])
}

fn envelope(prepared: &Prepared, key: RequestKey) -> Envelope {
    Envelope {
        key: Some(key),
        occurred_at: prepared.occurred_at,
        unseen: Vec::new(),
        actor: prepared.actor,
        correlation: prepared.correlation,
        causation: None,
        expected_position: None,
    }
}

fn count(outcome: &ChunkOutcome, counts: &mut Counts) -> bool {
    match outcome {
        ChunkOutcome::Recorded(events) => {
            counts.events += events.len() as u64;
            true
        }
        ChunkOutcome::Unchanged | ChunkOutcome::Duplicate => false,
    }
}

/// What a person reads of a refused command.
fn told(command: &Prepared, refused: &Refused) -> RowError {
    let message = match &refused.field {
        Some(field) => format!("{}: field '{field}': {}", command.place, refused.message),
        None => format!("{}: {}", command.place, refused.message),
    };
    RowError { code: refused.code.as_str(), message }
}

fn reject(row: &RowWork, error: &RowError, done: &mut Done) {
    for text in row.started.iter().chain([&row.row]) {
        done.counts.rejected += 1;
        done.rejected.push((text.clone(), error.clone()));
    }
}

fn refuse(row: &RowWork, error: &RowError) -> Done {
    let mut done = Done::default();
    reject(row, error, &mut done);
    done.counts.rows = done.counts.rejected;
    done.counts.unpaired_ends = row.unpaired_ends;
    done
}
