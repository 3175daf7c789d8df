//! The reading side of an import, on a thread of its own: files to batches of evaluated rows.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::mpsc::Sender;

use super::error::RowError;
use super::identity::Namespace;
use super::pairing::RowText;
use super::plan::Job;
use super::records::Record;
use super::row::{Ensured, Evaluator, Meaning, RowWork, SectionState, row_text};

/// Most rows in a batch.
pub const BATCH_ROWS_MAX: usize = 1_000;
/// Most commands in a batch, except that a row is never split.
const BATCH_COMMANDS_MAX: usize = 8_000;
/// Most text in a batch, in bytes, with the same exception.
const BATCH_SIZE_MAX: usize = 4 * 1024 * 1024;

/// What the reading side tells.
pub enum Message {
    /// Rows of a file, by number of the job.
    Rows { job: usize, rows: Vec<RowWork> },
    /// A file could not be read to its end.
    Problem { job: usize, message: String },
    /// Rows of a section that waited for an end that did not come.
    Waiting { job: usize, rows: Vec<(RowText, bool)> },
}

/// What the reading side works on.
pub struct Reader {
    /// The files, sections together.
    pub jobs: Arc<[Job]>,
    /// Where ids come from.
    pub namespace: Namespace,
    /// Counts the bytes read.
    pub meter: Arc<AtomicU64>,
    /// Set to stop early.
    pub stop: Arc<AtomicBool>,
    /// Where the messages go.
    pub out: Sender<Message>,
}

/// The other side is gone: nobody wants to hear more.
struct Unheard;

impl Reader {
    /// Reads everything. A defect in the program ends one file, not the import.
    pub fn run(self) {
        let mut ensured = Ensured::default();
        let mut state: Option<(usize, SectionState)> = None;
        for (job, work) in self.jobs.iter().enumerate() {
            if state.as_ref().is_some_and(|(section, _)| *section != work.section_index)
                && self.finish(job - 1, state.take()).is_err()
            {
                return;
            }
            let (_, state) = state.get_or_insert_with(|| (work.section_index, SectionState::new(&work.section)));
            let read = catch_unwind(AssertUnwindSafe(|| self.file(job, work, state, &mut ensured)));
            let told = match read {
                Ok(told) => told,
                Err(_) => self.problem(job, "the program failed on this file; please report it".to_owned()),
            };
            if told.is_err() || self.stop.load(Ordering::Relaxed) {
                return;
            }
        }
        // Nobody listening is as good as told.
        let _: Result<(), Unheard> = self.finish(self.jobs.len().saturating_sub(1), state);
    }

    fn file(&self, job: usize, work: &Job, state: &mut SectionState, ensured: &mut Ensured) -> Result<(), Unheard> {
        let (mut records, _) = match work.reading.open(&work.input, &self.meter) {
            Ok(opened) => opened,
            Err(message) => return self.problem(job, message),
        };
        let evaluator = Evaluator {
            section: &work.section,
            missing: &work.reading.missing,
            file: &work.input.name,
            namespace: &self.namespace,
        };
        let mut record = Record::default();
        let mut batch = Batch::default();
        let mut undecodable: Option<(u64, u64)> = None;
        while !self.stop.load(Ordering::Relaxed) {
            match records.next(&mut record) {
                Ok(None) => break,
                Ok(Some(well_formed)) => {
                    let row = match well_formed.and_then(|()| check_length(&record, work.columns.len())) {
                        Ok(()) => evaluator.evaluate(&record, state, ensured),
                        Err(error) => {
                            if error.code == RowError::ENCODING {
                                undecodable =
                                    Some(undecodable.map_or((record.line, 1), |(line, count)| (line, count + 1)));
                            }
                            rejected(&record, error)
                        }
                    };
                    if batch.push(row) {
                        self.send(Message::Rows { job, rows: batch.take() })?;
                    }
                }
                Err(error) => {
                    self.send(Message::Rows { job, rows: batch.take() })?;
                    return self
                        .problem(job, format!("line {}: {error}; the rows before it were imported", records.line()));
                }
            }
        }
        self.send(Message::Rows { job, rows: batch.take() })?;
        match undecodable {
            None => Ok(()),
            Some((line, rows)) => self.problem(
                job,
                format!(
                    "line {line}: bytes that are not {}; rows rejected for this: {rows}",
                    work.reading.encoding_name()
                ),
            ),
        }
    }

    fn finish(&self, job: usize, state: Option<(usize, SectionState)>) -> Result<(), Unheard> {
        let Some((_, state)) = state else { return Ok(()) };
        let rows: Vec<_> =
            state.waiting.rest().map(|started| (started.row, started.is_counted.replace(true))).collect();
        if rows.is_empty() { Ok(()) } else { self.send(Message::Waiting { job, rows }) }
    }

    fn problem(&self, job: usize, message: String) -> Result<(), Unheard> {
        self.send(Message::Problem { job, message })
    }

    fn send(&self, message: Message) -> Result<(), Unheard> {
        self.out.blocking_send(message).map_err(|_| Unheard)
    }
}

fn rejected(record: &Record, error: RowError) -> RowWork {
    RowWork { row: row_text(record), meaning: Meaning::Rejected(error), started: Vec::new(), unpaired_ends: 0 }
}

fn check_length(record: &Record, columns: usize) -> Result<(), RowError> {
    if record.len() == columns {
        return Ok(());
    }
    Err(RowError::malformed(format!("the row has {} fields, the header {columns}", record.len())))
}

/// Rows on their way to be carried out together.
#[derive(Default)]
struct Batch {
    rows: Vec<RowWork>,
    commands: usize,
    size: usize,
}

impl Batch {
    /// Adds a row; says whether the batch is full.
    fn push(&mut self, row: RowWork) -> bool {
        if let Meaning::Commands(commands) = &row.meaning {
            self.commands += commands.len();
        }
        self.size += row.row.text.len();
        self.rows.push(row);
        self.rows.len() >= BATCH_ROWS_MAX || self.commands >= BATCH_COMMANDS_MAX || self.size >= BATCH_SIZE_MAX
    }

    fn take(&mut self) -> Vec<RowWork> {
        let full = std::mem::take(self);
        full.rows
    }
}
