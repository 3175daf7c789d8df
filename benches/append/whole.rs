//! What goes through the whole log: reading and decoding all of it, verifying it, and the space it takes.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use letopis_benches::{Row, size_of, spread};
use letopis_domain::ids::Position;
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::RocksLog;

const ROUNDS: usize = 3;
/// Entries of a timeline page.
const PAGE: u64 = 50;
const PAGES: u64 = 2_000;

pub fn measure(folder: &Path, log: &RocksLog) -> anyhow::Result<Vec<Row>> {
    let records = log.head().0;
    let row = |what: &str, bar: &str, measured: String| Row {
        what: format!("{what}, {records} events"),
        bar: bar.to_owned(),
        measured,
        note: "in the page cache".to_owned(),
    };
    let scan = rates(records, || scan(log))?;
    let verify = rates(records, || verify(log))?;
    let pages = rates(PAGES, || pages(log))?;
    log.compact();
    let size = size_of(&folder.join("conditions").join("log"))?;
    Ok(vec![
        row("scan: read and decode everything", "≥ 600,000/s", format!("{}/s", spread(&scan, 0))),
        row("verify: records and index", "≥ 200,000/s", format!("{}/s", spread(&verify, 0))),
        row("50 events from all over, one thread", "≥ 2,000/s", format!("{}/s", spread(&pages, 0))),
        row("space of records and index, compacted", "—", format!("{} bytes per event", size / records)),
    ])
}

fn rates(count: u64, mut work: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Vec<f64>> {
    (0..ROUNDS)
        .map(|_| {
            let before = Instant::now();
            work()?;
            Ok(count as f64 / before.elapsed().as_secs_f64())
        })
        .collect()
}

fn scan(log: &RocksLog) -> anyhow::Result<()> {
    let mut last = Position::START;
    log.scan(Position::START, Position::END, &mut |event| {
        last = event.position;
        ControlFlow::Continue(())
    })?;
    anyhow::ensure!(last == log.head(), "the scan ended at {last}");
    Ok(())
}

fn verify(log: &RocksLog) -> anyhow::Result<()> {
    let found = log.verify(&mut |_, _| {});
    found.problem.map_or(Ok(()), |problem| Err(problem.into()))
}

fn pages(log: &RocksLog) -> anyhow::Result<()> {
    let head = log.head().0;
    for page in 0..PAGES {
        let scattered = |entry| Position(1 + (page * 7_919 + entry * (head / PAGE)) % head);
        let mut positions: Vec<Position> = (0..PAGE).map(scattered).collect();
        positions.sort_unstable();
        anyhow::ensure!(log.get_many(&positions)?.iter().all(Option::is_some), "an event is missing");
    }
    Ok(())
}
