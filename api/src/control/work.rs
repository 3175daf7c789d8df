//! Work on a data folder as a whole, by the process that holds it.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use letopis_domain::command::Command;
use letopis_eventlog::environment::Environment;
use letopis_eventlog::rocks::RocksLog;
use letopis_eventlog::transact::{Envelope, transact};
use letopis_projections::Views;

use super::export::export;
use super::request::{Answer, Checked, Request};

/// An open data folder.
#[derive(Clone)]
pub struct Folder {
    /// Its log.
    pub log: Arc<RocksLog>,
    /// Its read models; none where the work needs none, because opening them takes its time.
    pub views: Option<Views>,
    /// Clock and randomness.
    pub env: Arc<dyn Environment>,
}

impl Folder {
    pub(super) fn views(&self) -> anyhow::Result<&Views> {
        self.views.as_ref().context("the read models are not open")
    }
}

/// Does what is asked, on this thread. `report` hears how much of how much is done.
///
/// # Errors
/// When it cannot be done; a check that finds something wrong is an answer.
pub fn perform(folder: &Folder, request: Request, report: &mut dyn FnMut(u64, u64)) -> anyhow::Result<Answer> {
    match request {
        Request::Rebuild => {
            let rebuilt = folder.views()?.rebuild(&mut |progress| report(progress.done, progress.total))?;
            tracing::info!(events = rebuilt.events, is_equal = ?rebuilt.is_equal(), "a rebuild took its place");
            Ok(Answer::Rebuilt((&rebuilt).into()))
        }
        Request::Verify { deep } => verify(folder, deep, report).map(Answer::Checked),
        Request::Backup { to } => {
            let taken = folder.log.backup(&to)?;
            tracing::info!(id = taken.id, head = %taken.head, to = %to.display(), "a backup was taken");
            Ok(taken.into())
        }
        Request::Export(request) => export(folder, &request),
        Request::Erase(erase) => {
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            let command: Command = erase.into();
            let envelope = Envelope::default();
            let outcome = runtime.block_on(transact(&*folder.log, &*folder.env, &command, &envelope))?;
            let appended = outcome.appended;
            Ok(Answer::Erased { position: appended.map(|appended| appended.last.0) })
        }
    }
}

fn verify(folder: &Folder, deep: bool, report: &mut dyn FnMut(u64, u64)) -> anyhow::Result<Checked> {
    let started = Instant::now();
    let mut found = Checked::new(folder.log.verify(report), started.elapsed().as_secs_f64());
    if deep && found.problem.is_none() {
        let compared = folder.views()?.compare(&mut |progress| report(progress.done, progress.total))?;
        let differing = compared.differing();
        if !differing.is_empty() {
            let names = differing.join(", ");
            found.problem =
                Some(format!("in the read models, of which these say something else than the log: {names}"));
        }
        found.seconds = started.elapsed().as_secs_f64();
    }
    Ok(found)
}
