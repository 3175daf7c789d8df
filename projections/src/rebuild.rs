//! A rebuild: all read models once more from the log, beside the ones in use, and then in their place.
//!
//! The log is read on one thread, folded on another, and timeline rows are sorted and written on a third, while the
//! tables follow. All reach the store as sorted files, which costs a fraction of the way through the memtable.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use letopis_domain::event::Recorded;
use letopis_domain::ids::Position;
use letopis_domain::query::Query;
use letopis_eventlog::log::{Log, Range};

use crate::digest::{ProjectionDigest, digests};
use crate::generation::Generation;
use crate::handle::{FoldError, Views};
use crate::models::timeline::Entry;
use crate::projector::{Folding, fold_batch};
use crate::store::StoreError;

/// Events read at once.
const READ_EVENTS: usize = 8_192;
/// Timeline rows of the first sorted file, so that writing begins early …
const RUN_ROWS_MIN: usize = 500_000;
/// … and of the largest; each is twice the one before, because files that overlap slow readers down.
const RUN_ROWS_MAX: usize = 6_000_000;
/// From so many events on, empty views are built in one go instead of event by event.
const FILL_EVENTS: u64 = 100_000;
/// Batches between two threads.
const QUEUE_BATCHES: usize = 4;

/// How far a rebuild is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Progress {
    /// Events folded.
    pub done: u64,
    /// Events to fold.
    pub total: u64,
    /// Since the start.
    pub elapsed: Duration,
}

impl Progress {
    /// Events per second so far.
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    pub fn rate(&self) -> f64 {
        self.done as f64 / self.elapsed.as_secs_f64().max(1e-6)
    }

    /// How long the rest will take at this rate; none while nothing is done.
    #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
    pub fn remaining(&self) -> Option<Duration> {
        let rest = self.total.saturating_sub(self.done) as f64 / self.rate();
        (self.done > 0).then(|| Duration::try_from_secs_f64(rest).unwrap_or(Duration::MAX))
    }
}

/// What a rebuild came to.
#[derive(Clone, PartialEq, Debug)]
pub struct RebuildReport {
    /// The position at which both digests were taken.
    pub position: Position,
    /// Events folded.
    pub events: u64,
    /// How long folding and storing took.
    pub elapsed: Duration,
    /// What the read models say that were built anew.
    pub digests: Vec<ProjectionDigest>,
    /// What those said that were in use: nothing where they could not be read, none when they had not come that far.
    pub digests_before: Option<Vec<ProjectionDigest>>,
}

impl RebuildReport {
    /// The read models that said something else; empty when they said the same, or there was nothing to compare with.
    pub fn differing(&self) -> Vec<&'static str> {
        let Some(before) = &self.digests_before else { return Vec::new() };
        let said_else = |digest: &&ProjectionDigest| !before.contains(digest);
        self.digests.iter().filter(said_else).map(|digest| digest.name).collect()
    }

    /// Whether the read models in use said the same; none when there was nothing to compare with.
    pub fn is_equal(&self) -> Option<bool> {
        self.digests_before.as_ref().map(|before| *before == self.digests)
    }
}

impl Views {
    /// Builds all read models anew beside the ones in use, compares, and puts them in their place. Readers and the
    /// projector go on meanwhile. `report` is called now and then.
    ///
    /// # Errors
    /// When the log cannot be read or the rows cannot be stored; the ones in use then stay.
    pub fn rebuild(&self, report: &mut dyn FnMut(Progress)) -> Result<RebuildReport, FoldError> {
        let (fresh, compared) = self.build_and_compare(report)?;
        self.take_over(fresh)?;
        Ok(compared)
    }

    /// Builds all read models anew, compares, and leaves those in use where they are.
    ///
    /// # Errors
    /// When the log cannot be read or the rows cannot be stored.
    pub fn compare(&self, report: &mut dyn FnMut(Progress)) -> Result<RebuildReport, FoldError> {
        let (fresh, compared) = self.build_and_compare(report)?;
        fresh.give_up();
        Ok(compared)
    }

    fn build_and_compare(&self, report: &mut dyn FnMut(Progress)) -> Result<(Generation, RebuildReport), FoldError> {
        let shared = &self.shared;
        let started = Instant::now();
        let (fresh, upto) = self.build_fresh(report)?;
        let elapsed = started.elapsed();
        let old = shared.generation();
        let digests_before = (shared.applied() >= upto).then(|| {
            digests(&old, upto).unwrap_or_else(|error| {
                tracing::warn!(%error, "the read models in use are damaged");
                Vec::new()
            })
        });
        let fresh_digests = digests(&fresh, upto)?;
        let compared =
            RebuildReport { position: upto, events: upto.0, elapsed, digests: fresh_digests, digests_before };
        Ok((fresh, compared))
    }

    /// Fills views that are empty and far behind in one go; whether it was worth it.
    pub(crate) fn fill(&self) -> Result<bool, FoldError> {
        let is_worth_it = self.applied() == Position::START && self.shared.log.head().0 >= FILL_EVENTS;
        if is_worth_it {
            let (fresh, _) = self.build_fresh(&mut |_| {})?;
            self.take_over(fresh)?;
        }
        Ok(is_worth_it)
    }

    fn build_fresh(&self, report: &mut dyn FnMut(Progress)) -> Result<(Generation, Position), FoldError> {
        let fresh = self.shared.home.fresh()?;
        let upto = self.shared.log.head();
        build(&self.shared.log, &fresh, upto, report).inspect_err(|_| fresh.give_up())?;
        Ok((fresh, upto))
    }

    /// Folds what the log has gained meanwhile, and serves from then on.
    fn take_over(&self, fresh: Generation) -> Result<(), FoldError> {
        let shared = &self.shared;
        let mut folding = shared.folding.lock();
        let mut fresh_folding = Folding::default();
        while fold_batch(&*shared.log, &fresh, &mut fresh_folding)? > 0 {}
        fresh.close()?;
        shared.swap(fresh)?;
        *folding = Folding::default();
        Ok(())
    }
}

type Batch = Vec<Arc<Recorded>>;

/// Fills an empty generation with everything up to a position.
fn build(
    log: &Arc<dyn Log>,
    fresh: &Generation,
    upto: Position,
    report: &mut dyn FnMut(Progress),
) -> Result<(), FoldError> {
    let (batches, folded) = sync_channel::<Result<Batch, FoldError>>(QUEUE_BATCHES);
    let (runs, sorted) = sync_channel::<Vec<Entry>>(1);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut after = Position::START;
            while after < upto {
                let range = Range { upto, ..Range::after(after, READ_EVENTS) };
                let batch = log.read(&Query::all(), range).map_err(FoldError::from);
                let last = batch.as_ref().ok().and_then(|batch| batch.last().map(|event| event.position));
                if batches.send(batch).is_err() {
                    return;
                }
                let Some(last) = last else { return };
                after = last;
            }
        });
        let writer = scope.spawn(move || write_runs(fresh, &sorted));
        let outcome = fold(fresh, upto, &folded, &runs, report);
        drop(folded);
        drop(runs);
        let outcome = outcome.and_then(|()| Ok(fresh.store_tables()?));
        let written =
            writer.join().unwrap_or_else(|_| Err(StoreError::Rows("writing the timeline broke off".to_owned())));
        outcome?;
        written.map_err(FoldError::from)
    })?;
    Ok(fresh.seal()?)
}

fn fold(
    fresh: &Generation,
    upto: Position,
    folded: &Receiver<Result<Batch, FoldError>>,
    runs: &std::sync::mpsc::SyncSender<Vec<Entry>>,
    report: &mut dyn FnMut(Progress),
) -> Result<(), FoldError> {
    let started = Instant::now();
    let mut facts = fresh.facts.write();
    let (mut entries, mut run_rows): (Vec<Entry>, usize) = (Vec::new(), RUN_ROWS_MIN);
    let broke_off = || FoldError::Store(StoreError::Rows("writing the timeline broke off".to_owned()));
    for batch in folded {
        for event in batch? {
            facts.apply(&event);
        }
        entries.append(&mut facts.take_entries());
        if entries.len() >= run_rows {
            runs.send(std::mem::take(&mut entries)).map_err(|_| broke_off())?;
            run_rows = (run_rows * 2).min(RUN_ROWS_MAX);
        }
        report(Progress { done: facts.applied().0, total: upto.0, elapsed: started.elapsed() });
    }
    runs.send(entries).map_err(|_| broke_off())
}

fn write_runs(fresh: &Generation, runs: &Receiver<Vec<Entry>>) -> Result<(), StoreError> {
    for mut run in runs {
        run.sort_unstable();
        fresh.store()?.ingest(run.iter().map(|entry| (entry.key(), entry.value())))?;
    }
    Ok(())
}
