//! What a log from a backup learns from the ledger: the erasures that it does not record.
//!
//! The keys are gone by then, and that is what counts. The events follow so that the log says so, too: whoever asks
//! whether a person is erased, or may be told something about, asks the log.

use letopis_domain::event::NewEvent;
use letopis_domain::ids::{EventId, SubjectId};
use letopis_domain::privacy::PersonalDataErased;
use letopis_domain::query::AppendCondition;

use super::BackupError;
use crate::environment::Environment;
use crate::keys::ErasedSubject;
use crate::log::{AppendRequest, Log, RequestEvents};
use crate::rocks::RocksLog;

/// Erasures that are recorded with one append.
const APPEND_ERASURES: usize = 1_000;

/// Records every erasure of the ledger that the log lacks, as it was recorded once, and tells how many there were.
pub(super) fn record(log: &RocksLog, env: &dyn Environment) -> Result<u64, BackupError> {
    let failed = |error: &dyn std::fmt::Display| BackupError::Erasures(error.to_string());
    let missing = log.unrecorded_erasures().map_err(|error| failed(&error))?;
    let events = missing.chunk_by(are_together).filter_map(|group| {
        let first = group.first()?;
        let erased = group.iter().map(|each: &ErasedSubject| each.subject).collect::<Vec<SubjectId>>();
        let fact = PersonalDataErased { erased: erased.into_iter().collect(), ..first.fact.clone() };
        Some(NewEvent {
            id: EventId(env.new_uuid()),
            occurred_at: first.recorded_at,
            actor: None,
            correlation: None,
            causation: None,
            event: fact.into(),
        })
    });
    let events: Vec<NewEvent> = events.collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| failed(&error))?;
    for some in events.chunks(APPEND_ERASURES) {
        let requests = some.iter().map(|event| RequestEvents { key: None, events: vec![event.clone()] }).collect();
        let request = AppendRequest { requests, condition: AppendCondition::default() };
        runtime.block_on(log.append(request)).map_err(|error| failed(&error))?;
    }
    Ok(missing.len() as u64)
}

/// Those who were erased together follow each other, with one fact. A position alone does not tell: a log that lost its
/// end and went on has another event there.
fn are_together(one: &ErasedSubject, next: &ErasedSubject) -> bool {
    (one.position, one.recorded_at) == (next.position, next.recorded_at) && one.fact == next.fact
}
