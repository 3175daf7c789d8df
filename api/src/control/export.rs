//! Exports: a history with proofs, or the whole log as a portable file.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, bail};
use letopis_access_log::Kind;
use letopis_domain::ids::Position;
use letopis_eventlog::backup::PortableSummary;
use letopis_eventlog::rocks::Export;
use letopis_projections::AsOf;
use serde::{Deserialize, Serialize};

use super::accesses::{note, people_at};
use super::new_file::NewFile;
use super::request::Answer;
use super::work::Folder;
use crate::history::HistoryOf;

/// How long to wait for the read models.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// What to export, and where to.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct ExportRequest {
    /// Whose history.
    pub of: HistoryOf,
    /// Checkpoints that the auditor holds, as signed notes.
    pub since: Vec<String>,
    /// The file.
    pub to: NewFile,
}

/// Exports a history.
pub(super) fn export(folder: &Folder, request: &ExportRequest) -> anyhow::Result<Answer> {
    let log = &folder.log;
    let checkpoint = log.checkpoint()?;
    let upto = Position(checkpoint.size());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let view = runtime.block_on(folder.views()?.at(Some(AsOf::Position(upto)), PATIENCE))?;
    let positions = request.of.positions(&view)?;
    let about = request.of.tag().to_string();
    if positions.is_empty() {
        bail!("there is nothing about {about} as of position {upto}");
    }
    note(folder, Kind::Export, "export", people_at(&**log, &positions)?)?;
    let held = |note: &String| log.held_checkpoint(note).context("a checkpoint given with --since is not of this log");
    let since = request.since.iter().map(held).collect::<anyhow::Result<Vec<_>>>()?;
    let export = Export { about: &about, positions: &positions, checkpoint: &checkpoint, since: &since };
    let summary = request.to.write(|out| Ok(log.export(&export, out)?))?;
    Ok(Answer::Exported { events: summary.events, bytes: summary.bytes, size: checkpoint.size() })
}

/// Exports the whole log as a portable file.
pub(super) fn export_log(folder: &Folder, to: &NewFile, report: &mut dyn FnMut(u64, u64)) -> anyhow::Result<Answer> {
    note(folder, Kind::Export, "export --format ndjson", BTreeSet::new())?;
    let written = to.write(|out| Ok(folder.log.export_portable(out, report)?))?;
    let PortableSummary { records, root, bytes } = written;
    Ok(Answer::ExportedLog { records, root, bytes })
}
