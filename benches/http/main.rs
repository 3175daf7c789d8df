//! How fast the built server answers over HTTP: pages of the timelines of random customers.
//!
//! `bench-http [--events N] [--connections N]` writes a history, starts `letopis serve` on it as a process of its own,
//! and asks from this process, which shares the processors with it. Run `cargo build --workspace` first.

mod history;
mod load;
mod server;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use letopis_benches::{Latencies, Row, spread};
use tokio::runtime::Runtime;

use crate::load::Question;
use crate::server::Server;

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Entries of a page.
pub const PAGE: usize = 50;

/// How fast the built server answers.
#[derive(Parser)]
struct Arguments {
    /// Where the data goes.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Events of the history.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// Connections, each asking page after page.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Rounds after the first, which warms up.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds per round.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

/// Eight fields of an entry, none of which needs another entity.
const PLAIN: &str = "id position type occurredAt recordedAt summary isBackDated durationSeconds";
/// Eight fields of an entry, one of which is another entity.
const LINKED: &str = "id position type occurredAt recordedAt summary isBackDated employee { name }";

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let accounts = runtime.block_on(history::write(folder.path(), arguments.events))?;
    let server = server::start(folder.path())?;
    let what = format!(
        "HTTP: timeline page of {PAGE} entries × 8 fields of a random account of {}, {} events, {} connections",
        accounts.len(),
        arguments.events,
        arguments.connections
    );
    let (measured, note) = measure(&runtime, &server, &accounts, PLAIN, &arguments)?;
    Row { what, bar: "≥ 2,000/s, p99 ≤ 20 ms".to_owned(), measured, note }.print();
    let (measured, note) = measure(&runtime, &server, &accounts, LINKED, &arguments)?;
    let what = "the same, with the name of each entry's employee".to_owned();
    Row { what, bar: "–".to_owned(), measured, note }.print();
    server.stop()
}

/// Rate and latencies of asking for these fields, and what an answer costs the server.
fn measure(
    runtime: &Runtime,
    server: &Server,
    accounts: &[String],
    fields: &str,
    arguments: &Arguments,
) -> anyhow::Result<(String, String)> {
    let questions: Arc<[Question]> =
        accounts.iter().map(|account| Question::new(server.address, account, fields)).collect();
    let (mut rates, mut latencies, mut cpu_seconds) = (Vec::new(), Latencies::default(), 0.0);
    for round in 0..=arguments.rounds {
        let before = server.cpu_seconds()?;
        let length = Duration::from_secs(arguments.seconds);
        let load = runtime.block_on(load::run(server.address, &questions, arguments.connections, length))?;
        if round > 0 {
            rates.push(load.rate());
            latencies.add(&load.latencies);
            cpu_seconds += server.cpu_seconds()? - before;
        }
    }
    let ms = |share| latencies.quantile(share).as_secs_f64() * 1e3;
    let measured = format!("{}/s, p50 {:.1} ms, p99 {:.1} ms", spread(&rates, 0), ms(0.5), ms(0.99));
    let cost = cpu_seconds * 1e3 / latencies.count() as f64;
    Ok((measured, format!("{cost:.2} ms of the server's processor time each; the client runs beside it")))
}
