//! `letopis demo`: fills an empty data folder with a believable company.

use std::sync::Arc;

use clap::ValueEnum;
use letopis_eventlog::environment::SeededEnvironment;
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::{Options, RocksLog};

use super::{DataFolder, Meter};
use crate::demo::{self, Size};

/// What to write.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    /// The same seed gives the same company, to the byte.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How much happens in it.
    #[arg(long, value_enum, default_value_t = SizeName::Small)]
    size: SizeName,
}

/// Names of the sizes.
#[derive(Clone, Copy, ValueEnum)]
enum SizeName {
    /// About 5,000 events.
    Small,
    /// About 100,000 events.
    Medium,
    /// About 1,000,000 events.
    Large,
}

/// Writes it.
#[expect(clippy::print_stdout, reason = "what was written is the answer")]
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let size = match arguments.size {
        SizeName::Small => Size::Small,
        SizeName::Medium => Size::Medium,
        SizeName::Large => Size::Large,
    };
    let env = Arc::new(SeededEnvironment::new(arguments.seed, demo::START));
    let log = RocksLog::open(&arguments.folder.data, Arc::<SeededEnvironment>::clone(&env), &Options::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut meter = Meter::new("writing the demo", "events");
    let all: Arc<dyn Log> = Arc::<RocksLog>::clone(&log);
    let mut show = |events| meter.set(events, size.events().max(events));
    let told = runtime.block_on(demo::write(all, env, arguments.seed, size, &mut show));
    meter.finish();
    log.close()?;
    let told = told?;
    println!("{} events in {}", told.events, arguments.folder.data.display());
    println!("  the customer whose page was almost sold twice: account {}", told.account);
    println!("  the seller who dumps leads:                    employee {}", told.dumper);
    println!("  the seller who believes in every deal:         employee {}", told.optimist);
    Ok(())
}
