//! How fast real rows and the demo come into a durable log, through the same commands as everything else, and what
//! room they take there.
//!
//! `cargo run -p letopis-benches --bin bench-import` measures in a folder under the current one, because `/tmp` may
//! be no disk. The rows are those of BPI 2012, read from `../shared/data` or `LETOPIS_TEST_DATA`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use letopis::demo::{self, Size};
use letopis::import::{self, Options, Plan, Rejects, Summary};
use letopis_benches::{Probe, Row, size_of};
use letopis_eventlog::environment::{Environment, SeededEnvironment, SystemEnvironment};
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::{self, RocksLog};
use letopis_projections::Views;

/// What to measure.
#[derive(Parser)]
struct Arguments {
    /// Where the data goes.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Only these: `bpi`, `demo`, `space`.
    #[arg(long)]
    only: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let is_wanted = |name: &str| arguments.only.as_deref().is_none_or(|only| only == name);
    let raw = Probe::new(folder.path())?.measure(Duration::from_secs(2))?.to_string();
    if is_wanted("bpi") {
        bpi(&runtime, folder.path(), &raw)?;
    }
    if is_wanted("demo") {
        demo(&runtime, folder.path(), &raw)?;
    }
    if is_wanted("space") {
        space(&runtime, &folder.path().join("space"))?;
    }
    Ok(())
}

fn bpi(runtime: &tokio::runtime::Runtime, folder: &Path, raw: &str) -> anyhow::Result<()> {
    let what = "import of the BPI file through commands".to_owned();
    let bar = "≥ 15,000 rows/s".to_owned();
    let input = data().join("bpi2012-loan-applications/events.csv.gz");
    if !input.exists() {
        let measured = format!("not measured: {} is absent; set LETOPIS_TEST_DATA", input.display());
        Row { what, bar, measured, note: raw.to_owned() }.print();
        return Ok(());
    }
    let env: Arc<dyn Environment> = Arc::new(SystemEnvironment);
    let log = RocksLog::open(&folder.join("bpi"), Arc::clone(&env), &rocks::Options::default())?;
    let plan = Plan::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/mappings/bpi2012.toml"))?;
    let run = |inputs: Vec<PathBuf>| {
        let rejects = Rejects::to(folder.join("rejects.csv"));
        let options = Options { inputs, rejects, progress: &mut (), stop: Arc::default() };
        let log: Arc<dyn Log> = Arc::<RocksLog>::clone(&log);
        runtime.block_on(import::run(log, Arc::clone(&env), &plan, options))
    };
    let first = run(vec![input.clone()])?;
    anyhow::ensure!(first.total.rejected == 0 && first.total.rows > 200_000, "{first}");
    let again = run(vec![input])?;
    anyhow::ensure!(again.total.events == 0, "{again}");
    let rate = |summary: &Summary| format!("{} rows in {:.1} s", summary.total.rows, summary.seconds);
    let measured = format!(
        "{} rows/s ({}, {} events); again: {} rows/s",
        first.rows_per_second,
        rate(&first),
        first.total.events,
        again.rows_per_second
    );
    Row { what, bar, measured, note: raw.to_owned() }.print();
    log.close()?;
    Ok(())
}

fn demo(runtime: &tokio::runtime::Runtime, folder: &Path, raw: &str) -> anyhow::Result<()> {
    let env = Arc::new(SeededEnvironment::new(1, demo::START));
    let log = RocksLog::open(&folder.join("demo"), Arc::<SeededEnvironment>::clone(&env), &rocks::Options::default())?;
    let started = Instant::now();
    let all: Arc<dyn Log> = Arc::<RocksLog>::clone(&log);
    let told = runtime.block_on(demo::write(all, env, 1, Size::Medium, &mut |_| {}))?;
    let seconds = started.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = told.events as f64 / seconds;
    Row {
        what: "demo, medium, through commands".to_owned(),
        bar: "≥ 20,000 events/s".to_owned(),
        measured: format!("{rate:.0} events/s ({} in {seconds:.1} s)", told.events),
        note: raw.to_owned(),
    }
    .print();
    log.close()?;
    Ok(())
}

/// What a demo company of a million events takes on the disk, in all and in its parts.
fn space(runtime: &tokio::runtime::Runtime, folder: &Path) -> anyhow::Result<()> {
    let env = Arc::new(SeededEnvironment::new(1, demo::START));
    let log = RocksLog::open(folder, Arc::<SeededEnvironment>::clone(&env), &rocks::Options::default())?;
    let all: Arc<dyn Log> = Arc::<RocksLog>::clone(&log);
    let events = runtime.block_on(demo::write(Arc::clone(&all), env, 1, Size::Large, &mut |_| {}))?.events;
    let (views, _) = Views::open(all, &folder.join("views"))?;
    views.catch_up()?;
    views.compact()?;
    views.close()?;
    log.compact();
    log.close()?;
    let per_event = |part: &str| anyhow::Ok(size_of(&folder.join(part))? / events);
    let (whole, records, indexes, views) =
        (per_event(".")?, per_event("log/records")?, per_event("log/index")?, per_event("views")?);
    Row {
        what: format!("space of a demo company, {events} events, compacted"),
        bar: "≤ 700 bytes/event in all".to_owned(),
        measured: format!("{whole} bytes/event: records {records}, indexes {indexes}, views {views}"),
        note: String::new(),
    }
    .print();
    Ok(())
}

/// The folder of the data sets.
fn data() -> PathBuf {
    std::env::var_os("LETOPIS_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from)
}
