//! How fast read models are built and how closely they follow: rebuild, catch-up, lag under load, space.
//!
//! `bench-replay [--events N] [--seconds S] [--rate R]`

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use letopis_benches::{Latencies, Probe, Row, Workload, fill, size_of};
use letopis_domain::ids::Position;
use letopis_domain::query::AppendCondition;
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::log::{AppendRequest, Log, RequestEvents};
use letopis_eventlog::rocks::{Options, RocksLog};
use letopis_projections::{Projector, Views};

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How fast read models are built and how closely they follow.
#[derive(Parser)]
struct Arguments {
    /// Where the data goes.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Events to rebuild from.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// How long to append while the projector follows, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Events appended per second meanwhile.
    #[arg(long, default_value_t = 20_000)]
    rate: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let log = RocksLog::open(folder.path(), Arc::new(SystemEnvironment), &Options::default())?;
    let mut workload = Workload::new(1);
    fill(&*log, &mut workload, arguments.events).await?;
    let (views, _) = Views::open(log.clone(), &folder.path().join("views"))?;
    fill_views(&views, arguments.events)?;
    rebuild(&views)?;
    lag(&log, &views, &mut workload, folder.path(), &arguments).await?;
    views.compact()?;
    let events = log.head().0;
    log.close()?;
    space(&folder.path().join("views"), "the views", events)?;
    space(&folder.path().join("log"), "the log and its indexes, not compacted", events)?;
    Ok(())
}

fn fill_views(views: &Views, events: u64) -> anyhow::Result<()> {
    let started = Instant::now();
    views.catch_up()?;
    let rate = events as f64 / started.elapsed().as_secs_f64();
    print(format!("first fold of all projections, {events} events"), "–", format!("{rate:.0} events/s"), String::new());
    Ok(())
}

fn rebuild(views: &Views) -> anyhow::Result<()> {
    let report = views.rebuild(&mut |_| {})?;
    for digest in &report.digests {
        eprintln!("{digest}");
    }
    let rate = report.events as f64 / report.elapsed.as_secs_f64();
    let equal = if report.is_equal() == Some(true) { "equal digests" } else { "DIGESTS DIFFER" };
    let measured = format!("{rate:.0} events/s, {equal}");
    print(
        format!("rebuild of all projections, {} events", report.events),
        "≥ 200,000 events/s",
        measured,
        String::new(),
    );
    Ok(())
}

/// Appends at a steady rate while the projector follows; the lag of a group is the time from its acknowledgement to
/// its visibility in every read model.
async fn lag(
    log: &Arc<RocksLog>,
    views: &Views,
    workload: &mut Workload,
    folder: &Path,
    arguments: &Arguments,
) -> anyhow::Result<()> {
    let projector = Projector::start(views)?;
    let (acknowledged, mut awaited) = tokio::sync::mpsc::unbounded_channel::<(Position, Instant)>();
    let mut applied = views.watch_applied();
    let measuring = tokio::spawn(async move {
        let mut lags = Vec::new();
        while let Some((position, at)) = awaited.recv().await {
            if applied.wait_for(|applied| *applied >= position).await.is_err() {
                break;
            }
            lags.push(at.elapsed());
        }
        lags
    });
    let raw = Probe::new(folder)?.measure(Duration::from_secs(1))?;
    let started = Instant::now();
    let mut sent = 0;
    while started.elapsed() < Duration::from_secs(arguments.seconds) {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let due = u64::try_from(started.elapsed().as_micros())? * arguments.rate / 1_000_000;
        let count = (due - sent).min(10_000);
        if count == 0 {
            continue;
        }
        let events = workload.take(usize::try_from(count)?);
        let requests = events.into_iter().map(|event| RequestEvents { key: None, events: vec![event] }).collect();
        let appended = log.append(AppendRequest { requests, condition: AppendCondition::default() }).await?;
        acknowledged.send((appended.last, Instant::now()))?;
        sent += count;
    }
    let rate = sent as f64 / started.elapsed().as_secs_f64();
    drop(acknowledged);
    let lags = measuring.await?;
    projector.stop();
    let thirds = lags.chunks(lags.len().div_ceil(3).max(1)).map(p99).collect::<Vec<_>>();
    let measured = format!("p99 {} ms at {rate:.0} events/s, by thirds {thirds:?} ms", p99(&lags));
    let what = format!("lag of the projector over {} s of appends", arguments.seconds);
    print(what, "p99 ≤ 250 ms at 20,000/s, not growing", measured, raw.to_string());
    Ok(())
}

fn p99(lags: &[Duration]) -> u128 {
    let mut latencies = Latencies::default();
    for lag in lags {
        latencies.record(*lag);
    }
    latencies.quantile(0.99).as_millis()
}

fn print(what: String, bar: &str, measured: String, note: String) {
    Row { what, bar: bar.to_owned(), measured, note }.print();
}

fn space(folder: &Path, what: &str, events: u64) -> anyhow::Result<()> {
    let bytes = size_of(folder)?;
    let measured = format!("{:.0} bytes/event", bytes as f64 / events as f64);
    print(format!("space of {what}, {events} events"), "≤ 700 bytes/event in all", measured, String::new());
    Ok(())
}
