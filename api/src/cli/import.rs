//! `letopis import`: brings facts in from files, by a mapping.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use letopis_eventlog::environment::{Environment, SystemEnvironment};
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::RocksLog;

use super::{DataFolder, Meter};
use crate::import::{self, Options, Plan, Progress, Rejects, Summary};

/// What to import.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    /// What the rows mean; docs/import.md describes it.
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// Prints the summary as JSON.
    #[arg(long)]
    json: bool,
    /// Where rejected rows are kept; DIR/rejects/<mapping>-<time>.csv unless told.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Files, archives or folders.
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
}

/// Files that could not be read to their end, or an import that was stopped.
#[derive(Debug, thiserror::Error)]
#[error("the import is incomplete: {0}")]
struct Incomplete(String);

/// Imports it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let plan = Plan::load(&arguments.mapping)?;
    let env: Arc<dyn Environment> = Arc::new(SystemEnvironment);
    let log = RocksLog::open(&arguments.folder.data, Arc::clone(&env), &arguments.folder.options()?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut meter = Bytes(Meter::new("importing", "bytes"));
    let summary = runtime.block_on(async {
        let options = Options {
            inputs: arguments.inputs.clone(),
            rejects: Rejects::to(rejects_path(arguments)),
            progress: &mut meter,
            stop: stop_on_signals()?,
        };
        let log: Arc<dyn Log> = Arc::<RocksLog>::clone(&log);
        anyhow::Ok(import::run(log, env, &plan, options).await?)
    });
    meter.0.finish();
    log.close()?;
    report(&summary?, arguments.json)
}

#[expect(clippy::print_stdout, reason = "the summary is the answer")]
fn report(summary: &Summary, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(summary)?);
    } else {
        println!("{summary}");
    }
    if summary.is_complete() {
        return Ok(());
    }
    let stopped = summary.interrupted.then(|| "it was stopped before its end".to_owned());
    let problems: Vec<String> = summary.problems.iter().cloned().chain(stopped).collect();
    Err(Incomplete(problems.join("; ")).into())
}

fn rejects_path(arguments: &Arguments) -> PathBuf {
    arguments.rejects.clone().unwrap_or_else(|| {
        let mapping = arguments.mapping.file_stem().unwrap_or_default().to_string_lossy();
        let time = chrono::Utc::now().format("%Y%m%dT%H%M%SZ");
        arguments.folder.data.join("rejects").join(format!("{mapping}-{time}.csv"))
    })
}

/// A flag that Ctrl-C and SIGTERM set: the group at hand is finished, and the summary says how far it went.
fn stop_on_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let heard = Arc::clone(&stop);
    tokio::spawn(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        heard.store(true, Ordering::Relaxed);
    });
    Ok(stop)
}

/// Shows progress by the bytes of the inputs.
struct Bytes(Meter);

impl Progress for Bytes {
    fn advance(&mut self, read_bytes: u64, total_bytes: u64, _rows: u64) {
        self.0.set(read_bytes, total_bytes);
    }
}
