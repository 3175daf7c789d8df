//! Work on a data folder as a whole, by the process that holds it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use letopis_access_log::{AccessLog, Kind};
use letopis_domain::command::Command;
use letopis_domain::ids::Position;
use letopis_eventlog::backup::BackupInfo;
use letopis_eventlog::environment::Environment;
use letopis_eventlog::rocks::RocksLog;
use letopis_eventlog::transact::{Envelope, transact};
use letopis_identity::Identity;
use letopis_projections::rebuild::RebuildReport;
use letopis_projections::{Found, Unusable, Views};

use super::accesses::note;
use super::api_key::api_keys;
use super::erasure_record::record;
use super::export::{export, export_log};
use super::places::Places;
use super::request::{Answer, Checked, Keep, Request};
use super::subject_export::export_subject;

/// How long to wait for read models that are behind.
const PATIENCE: Duration = Duration::from_mins(1);

/// An open data folder.
#[derive(Clone)]
pub struct Folder {
    /// Its log.
    pub log: Arc<RocksLog>,
    /// Its read models and how they were found; none where the work needs none, because opening them takes its time.
    pub views: Option<(Views, Found)>,
    /// Clock and randomness.
    pub env: Arc<dyn Environment>,
    /// Where its keys are.
    pub places: Places,
    /// The folder itself.
    pub data: PathBuf,
    /// Who may come in, where the folder is served.
    pub identity: Option<Arc<Identity>>,
    /// Who saw what of people, where the folder is served.
    pub access_log: Option<Arc<AccessLog>>,
}

impl Folder {
    pub(super) fn views(&self) -> anyhow::Result<&Views> {
        self.views.as_ref().map(|(views, _)| views).context("the read models are not open")
    }

    /// Why the read models had to be built anew when the folder was opened, if something was wrong with them.
    fn damaged_views(&self) -> Option<Unusable> {
        match self.views {
            Some((_, Found::Unusable(reason))) if reason.is_damage() => Some(reason),
            _ => None,
        }
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
        Request::Backup { to, keys_to, with_master_key, keep } => {
            if keys_to.is_some() {
                note(folder, Kind::Export, "backup --keys-to", BTreeSet::new())?;
            }
            back_up(&folder.log, &to, keys_to.as_deref(), with_master_key, keep)
        }
        Request::Export(request) => export(folder, &request),
        Request::ExportLog { to } => export_log(folder, &to, report),
        Request::RecordErasure(request) => record(folder, &request),
        Request::ExportSubject(request) => export_subject(folder, &request),
        Request::ApiKeys(request) => api_keys(folder, &request),
        Request::Checkpoint { since } => checkpoint(&folder.log, since.as_deref()),
        Request::Erase { command, actor } => {
            note(folder, Kind::Administration, "erase", BTreeSet::from([command.subject]))?;
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            let command: Command = command.into();
            let envelope = Envelope { actor, ..Envelope::default() };
            let outcome = runtime.block_on(transact(&*folder.log, &*folder.env, &command, &envelope))?;
            let appended = outcome.appended;
            Ok(Answer::Erased { position: appended.map(|appended| appended.last.0) })
        }
    }
}

fn back_up(
    log: &RocksLog,
    to: &Path,
    keys_to: Option<&Path>,
    with_master_key: bool,
    keep: Keep,
) -> anyhow::Result<Answer> {
    let BackupInfo { id, head, size_bytes, files, .. } = log.backup(to)?;
    tracing::info!(id, %head, to = %to.display(), "a backup was taken");
    // Afterwards, so that every record of the backup has its keys in the set.
    let keys = keys_to.map(|to| log.copy_keys(to, with_master_key)).transpose();
    let keys = keys.with_context(|| format!("backup {id} was taken, but not the copy of the keys"))?;
    let removed = keep.backups.map(|keep| log.prune_backups(to, keep)).transpose()?.unwrap_or_default();
    let old_keys = keys_to.zip(keep.keys).map(|(to, keep)| log.prune_keys(to, keep));
    Ok(Answer::BackedUp {
        id,
        head: head.0,
        size_bytes,
        files,
        keys: keys.map(|set| set.folder().to_owned()),
        removed,
        removed_keys: old_keys.transpose()?.unwrap_or_default(),
    })
}

fn checkpoint(log: &RocksLog, since: Option<&str>) -> anyhow::Result<Answer> {
    let text = match since {
        None => log.checkpoint()?.note().to_owned(),
        Some(since) => log.continuation(&log.held_checkpoint(since)?)?.to_text(),
    };
    Ok(Answer::Signed { text })
}

fn verify(folder: &Folder, deep: bool, report: &mut dyn FnMut(u64, u64)) -> anyhow::Result<Checked> {
    let started = Instant::now();
    let mut found = Checked::new(folder.log.verify(report), started.elapsed().as_secs_f64());
    if deep && found.problem.is_none() {
        let views = folder.views()?;
        let mut compared = views.compare(&mut |progress| report(progress.done, progress.total))?;
        if compared.is_equal().is_none() && has_come_to(views, compared.position)? {
            compared = views.compare(&mut |progress| report(progress.done, progress.total))?;
        }
        found.problem = problem_of_views(folder, &compared);
        found.seconds = started.elapsed().as_secs_f64();
    }
    Ok(found)
}

/// Whether read models that were only behind come to a position in time.
fn has_come_to(views: &Views, position: Position) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    Ok(runtime.block_on(views.wait_for(position, PATIENCE)).is_ok())
}

/// What is wrong with the read models. Where there was nothing to compare with, nobody can say that they are sound.
fn problem_of_views(folder: &Folder, compared: &RebuildReport) -> Option<String> {
    if let Some(reason) = folder.damaged_views() {
        return Some(format!(
            "in the read models: when the folder was opened {reason}, and they were built anew from the log, so that \
             there was nothing to compare with"
        ));
    }
    if compared.is_equal().is_none() {
        let upto = compared.position;
        return Some(format!("in the read models, which have not come to position {upto} and could not be compared"));
    }
    let differing = compared.differing();
    let names = differing.join(", ");
    (!differing.is_empty())
        .then(|| format!("in the read models, of which these say something else than the log: {names}"))
}

#[cfg(test)]
mod tests {
    use letopis_eventlog::environment::SystemEnvironment;
    use letopis_eventlog::rocks::Options;

    use super::*;

    #[test]
    fn read_models_that_could_not_be_compared_are_not_called_sound() {
        let data = tempfile::tempdir().unwrap();
        let env = Arc::new(SystemEnvironment);
        let log = RocksLog::open(data.path(), env.clone(), &Options::default()).unwrap();
        let (views, found) = Views::open(Arc::<RocksLog>::clone(&log), &data.path().join("views")).unwrap();
        let folder = |found| Folder {
            log: Arc::clone(&log),
            views: Some((views.clone(), found)),
            env: env.clone(),
            places: Places::default(),
            data: data.path().to_owned(),
            identity: None,
            access_log: None,
        };
        let compared = |digests_before| RebuildReport {
            position: Position(7),
            events: 7,
            elapsed: Duration::ZERO,
            digests: Vec::new(),
            digests_before,
        };
        assert_eq!(found, Found::Unusable(Unusable::Missing));
        assert_eq!(problem_of_views(&folder(found), &compared(Some(Vec::new()))), None);
        let behind = problem_of_views(&folder(found), &compared(None)).unwrap();
        assert!(behind.contains("have not come to position 7"), "{behind}");
        for reason in [Unusable::Damaged, Unusable::AheadOfLog] {
            let folder = folder(Found::Unusable(reason));
            let anew = problem_of_views(&folder, &compared(Some(Vec::new()))).unwrap();
            assert!(anew.contains("built anew"), "{anew}");
        }
    }
}
