//! How fast the log takes durable appends, and what conditions on a long history cost.
//!
//! `cargo run -p letopis-benches --bin bench-append` measures in a folder under the current one, because `/tmp`
//! may be no disk. Every durable figure stands beside the raw disk, measured in turns with it.

mod clients;
mod conditions;
mod erasure;
mod events;
mod peer;
mod sealed;
mod whole;

use std::path::PathBuf;

use clap::Parser;

/// What to measure.
#[derive(Parser)]
struct Arguments {
    /// Where the data goes.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Events in the log under the conditions.
    #[arg(long, default_value_t = 2_000_000)]
    events: u64,
    /// Rounds, each with the raw disk before it.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds per measurement.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// A program of another store to measure in turns with this one, e.g. `umadb-peer` of `make bench-peers`.
    #[arg(long)]
    peer: Option<PathBuf>,
    /// A folder of the peer that is filled for the conditions once and kept; filled anew in a folder of its own when absent.
    #[arg(long, requires = "peer")]
    peer_data: Option<PathBuf>,
    /// Only these: `clients`, `sealed`, `conditions`, `erasure`.
    #[arg(long)]
    only: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let is_wanted = |name: &str| arguments.only.as_deref().is_none_or(|only| only == name);
    if is_wanted("clients") {
        for row in clients::measure(folder.path(), arguments.rounds, arguments.seconds)? {
            row.print();
        }
    }
    if is_wanted("sealed") {
        let (rounds, seconds) = (arguments.rounds, arguments.seconds);
        for row in sealed::measure(folder.path(), rounds, seconds, arguments.peer.as_deref())? {
            row.print();
        }
    }
    if is_wanted("erasure") {
        for row in erasure::measure(folder.path(), arguments.rounds)? {
            row.print();
        }
    }
    if is_wanted("conditions") {
        let (events, seconds) = (arguments.events, arguments.seconds);
        let peer = arguments
            .peer
            .as_deref()
            .map(|program| conditions::Beside { program, data: arguments.peer_data.as_deref() });
        for row in conditions::measure(folder.path(), events, seconds, peer)? {
            row.print();
        }
    }
    Ok(())
}
