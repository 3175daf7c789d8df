//! What the command line takes out of a data folder, for the access log.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use letopis_access_log::{Access, AccessLog, Kind, Options};
use letopis_domain::ids::{Position, SubjectId};
use letopis_eventlog::environment::Environment;
use letopis_eventlog::log::Log;
use uuid::Uuid;

use super::work::Folder;

/// The folder of the access log, in the data folder.
pub const ACCESS_LOG: &str = "access-log";
/// Events read at a time.
const BATCH_SIZE: usize = 1_000;

/// Opens the access log of a data folder.
///
/// # Errors
/// When another process has it, or it cannot be read.
pub fn open_access_log(data: &Path, env: Arc<dyn Environment>, days: Option<u32>) -> anyhow::Result<AccessLog> {
    let options = Options { retention_days: days };
    let opened = AccessLog::open(&data.join(ACCESS_LOG), options, Arc::new(move || env.now()));
    opened.context("failed to open the access log")
}

/// Writes down that the command line takes something out, before it does: what cannot be written down does not leave.
///
/// # Errors
/// When it cannot be written down.
pub fn note(folder: &Folder, kind: Kind, operation: &str, people: BTreeSet<SubjectId>) -> anyhow::Result<()> {
    let access = Access {
        operation: Some(operation.to_owned()),
        subjects: people.into_iter().map(Into::into).collect(),
        ..Access::new(Uuid::now_v7(), kind)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    if let Some(log) = &folder.access_log {
        return Ok(runtime.block_on(log.record(vec![access]))?);
    }
    let log = open_access_log(&folder.data, Arc::clone(&folder.env), None)?;
    runtime.block_on(async {
        log.record(vec![access]).await?;
        log.close().await
    })?;
    Ok(())
}

/// Everybody whose data the events at these positions hold.
///
/// # Errors
/// When the log cannot be read.
pub fn people_at(log: &dyn Log, positions: &[Position]) -> anyhow::Result<BTreeSet<SubjectId>> {
    let mut people = BTreeSet::new();
    for some in positions.chunks(BATCH_SIZE) {
        for event in log.get_many(some)?.into_iter().flatten() {
            people.extend(event.event.data_subjects().as_slice().iter().copied());
        }
    }
    Ok(people)
}
