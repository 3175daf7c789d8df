//! UmaDB as a peer: its own storage engine and writer thread in this process, driven by lines on standard input, so
//! that `bench-append` can measure it in turns with Letopis.
//!
//! `umadb-peer FOLDER [pipelined]`, then any number of lines:
//!
//! - `append CLIENTS SECONDS` answers `append RATE P50_MICROS P99_MICROS`
//! - `fill EVENTS` answers `fill RATE`
//! - `case NAME TIMES` answers `case READ_MILLIS APPEND_MILLIS`, medians; the names are those of [`Case`]

mod store;
mod work;

use std::io::{BufRead, Write};

use anyhow::{Context, bail};

use crate::store::Store;
use crate::work::Case;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = arguments.get(1).context("a folder is needed")?;
    let store = Store::open(folder.as_ref(), arguments.get(2).is_some_and(|mode| mode == "pipelined"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match words.as_slice() {
            ["append", clients, seconds] => {
                let (clients, seconds) = (clients.parse()?, seconds.parse()?);
                let load = runtime.block_on(work::append(&store, clients, seconds))?;
                format!("append {:.0} {:.0} {:.0}", load.rate, load.p50_micros, load.p99_micros)
            }
            ["fill", events] => format!("fill {:.0}", runtime.block_on(work::fill(&store, events.parse()?))?),
            ["case", name, times] => {
                let case: Case = name.parse()?;
                let (read, append) = runtime.block_on(work::case(&store, case, times.parse()?))?;
                format!("case {read:.4} {append:.4}")
            }
            _ => bail!("'{line}' is not understood"),
        };
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}
