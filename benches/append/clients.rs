//! Durable conditional appends of one event each, by one client and by 64, in turns with the raw disk.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use letopis_benches::{Latencies, Probe, Row, median, spread};
use letopis_domain::event::EventType;
use letopis_domain::ids::{ActivityId, LeadId, Position};
use letopis_domain::query::{AppendCondition, Query};
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::{Options, RocksLog};
use uuid::Uuid;

use crate::events::{append, employee, note};

const MANY: u64 = 64;

/// What one measurement gave.
pub struct Load {
    pub rate: f64,
    pub latencies: Latencies,
}

pub fn measure(folder: &Path, rounds: usize, seconds: f64) -> anyhow::Result<Vec<Row>> {
    let log = RocksLog::open(&folder.join("clients"), Arc::new(SystemEnvironment), &Options::default())?;
    let mut probe = Probe::new(folder)?;
    let length = Duration::from_secs_f64(seconds);
    let (mut raw_p50, mut raw_rate) = (Vec::new(), Vec::new());
    let (mut one, mut one_share, mut many, mut many_share) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut one_latencies, mut many_latencies) = (Latencies::default(), Latencies::default());
    for round in 0..=rounds {
        let before = probe.measure(length / 4)?;
        let single = run(&log, 1, length)?;
        let between = probe.measure(length / 4)?;
        let crowd = run(&log, MANY, length)?;
        let after = probe.measure(length / 4)?;
        if round == 0 {
            continue; // Warms up caches and files.
        }
        let beside_one = f64::midpoint(before.rate, between.rate);
        let beside_many = (between.p50 + after.p50).as_secs_f64() / 2.0;
        one.push(single.rate);
        one_share.push(100.0 * single.rate / beside_one);
        many.push(crowd.rate);
        many_share.push(crowd.rate * beside_many / MANY as f64);
        raw_p50.push(beside_many * 1e6);
        raw_rate.push(beside_one);
        one_latencies.add(&single.latencies);
        many_latencies.add(&crowd.latencies);
    }
    let raw = format!("raw p50 {} µs, {}/s", spread(&raw_p50, 0), spread(&raw_rate, 0));
    let tail = |latencies: &Latencies| {
        let micros = |share| latencies.quantile(share).as_secs_f64() * 1e6;
        format!("p50 {:.0} µs, p99 {:.0} µs", micros(0.5), micros(0.99))
    };
    let bar_many = if median(&raw_p50) <= 100.0 {
        "≥ 60,000/s".to_owned()
    } else {
        format!("≥ {:.0}/s (half of 64 / raw)", 32.0 * 1e6 / median(&raw_p50))
    };
    Ok(vec![
        Row {
            what: "durable conditional append, 250 bytes, 64 clients".to_owned(),
            bar: bar_many,
            measured: format!(
                "{}/s, {}, {} of 64 / raw",
                spread(&many, 0),
                tail(&many_latencies),
                spread(&many_share, 2)
            ),
            note: raw.clone(),
        },
        Row {
            what: "the same, 1 client".to_owned(),
            bar: "≥ 60 % of raw".to_owned(),
            measured: format!("{}/s, {}, {} % of raw", spread(&one, 0), tail(&one_latencies), spread(&one_share, 0)),
            note: raw,
        },
    ])
}

/// Clients that append one after the other, each under the condition that its new activity does not exist and
/// that nothing happened to its lead since its last append.
pub fn run(log: &Arc<RocksLog>, clients: u64, length: Duration) -> anyhow::Result<Load> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let start = Instant::now();
    let latencies = runtime.block_on(async {
        let mut running = tokio::task::JoinSet::new();
        for client in 0..clients {
            let log = log.clone();
            running.spawn(async move { one_client(&*log, client, start + length).await });
        }
        let mut all = Latencies::default();
        while let Some(latencies) = running.join_next().await {
            all.add(&latencies??);
        }
        anyhow::Ok(all)
    })?;
    let rate = latencies.count() as f64 / start.elapsed().as_secs_f64();
    Ok(Load { rate, latencies })
}

async fn one_client(log: &dyn Log, client: u64, end: Instant) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::default();
    let lead = LeadId(Uuid::now_v7());
    let mut after = Position::START;
    while Instant::now() < end {
        let activity = ActivityId(Uuid::now_v7());
        let query = Query::about(&activity, &[EventType::NoteRecorded]).or(&lead, &[]);
        let condition = AppendCondition { fail_if_events_match: query, after };
        let request = append(vec![note(lead, employee(client), activity)], condition);
        let before = Instant::now();
        after = log.append(request).await?.last;
        latencies.record(before.elapsed());
    }
    Ok(latencies)
}
