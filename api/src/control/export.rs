//! An export with proofs: which events, since which checkpoints, into which file.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use letopis_domain::ids::Position;
use letopis_eventlog::proof::Checkpoint;
use letopis_eventlog::rocks::{Export, RocksLog};
use letopis_projections::AsOf;
use serde::{Deserialize, Serialize};

use super::request::Answer;
use super::work::Folder;
use crate::history::HistoryOf;

/// How long to wait for the read models.
const PATIENCE: Duration = Duration::from_mins(1);

/// What to export, and where to.
#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub struct ExportRequest {
    /// Whose history.
    pub of: HistoryOf,
    /// Checkpoints that the auditor holds, as signed notes.
    pub since: Vec<String>,
    /// The file, as an absolute path.
    pub to: PathBuf,
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
    let since = known(log, &request.since)?;
    let export = Export { about: &about, positions: &positions, checkpoint: &checkpoint, since: &since };
    let summary = whole_file(&request.to, |out| Ok(log.export(&export, out)?))?;
    Ok(Answer::Exported { events: summary.events, bytes: summary.bytes, size: checkpoint.size() })
}

/// The checkpoints that the auditor holds, as this log has kept them.
fn known(log: &RocksLog, notes: &[String]) -> anyhow::Result<Vec<Checkpoint>> {
    let kept = log.checkpoints()?;
    let body = |note: &str| note.split_once("\n\n").map_or(String::new(), |(body, _)| body.to_owned());
    let find = |note: &String| {
        let same = kept.iter().find(|kept| body(kept.note()) == body(note));
        same.cloned().context(
            "a checkpoint given with --since never left this log: the log was changed, or it is of another one",
        )
    };
    notes.iter().map(find).collect()
}

/// Writes a file that appears whole or not at all.
fn whole_file<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let failed = || format!("failed to write {}", path.display());
    let mut out = BufWriter::new(File::create(&unfinished).with_context(failed)?);
    let written = write(&mut out).and_then(|written| {
        out.flush().with_context(failed)?;
        out.get_ref().sync_all().with_context(failed)?;
        fs::rename(&unfinished, path).with_context(failed)?;
        Ok(written)
    });
    if written.is_err() {
        // What went wrong is told already; a leftover is only untidy.
        let _ = fs::remove_file(&unfinished);
    }
    written
}
