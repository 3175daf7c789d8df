//! `letopis demo`: fills an empty data folder with a believable company.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clap::ValueEnum;
use letopis_eventlog::environment::{SeededEnvironment, SystemEnvironment};
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::{FolderError, OpenError, Options, RocksLog};

use super::{DataFolder, Meter};
use crate::demo::{self, DemoError, Size, Told};

/// Where the demo grows, inside the data folder. What a stopped demo leaves there is nobody's company yet.
const UNFINISHED: &str = "demo-unfinished";

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
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut meter = Meter::new("writing the demo", "events");
    let told = fill(&arguments.folder.data, arguments.seed, |log, env| {
        let mut show = |events| meter.set(events, size.events().max(events));
        runtime.block_on(demo::write(log, env, arguments.seed, size, &mut show))
    });
    meter.finish();
    let told = told?;
    println!("{} events in {}", told.events, arguments.folder.data.display());
    println!("  the customer whose page was almost sold twice: account {}", told.account);
    println!("  the seller who dumps leads:                    employee {}", told.dumper);
    println!("  the seller who believes in every deal:         employee {}", told.optimist);
    Ok(())
}

/// What a company's log consists of, in the order in which a demo moves it: a log without its keys does not open.
const PARTS: [&str; 2] = ["log", "keys"];

/// Writes a demo beside the place of the log and moves it there when it is done, so that no part of a company is
/// ever taken for a whole one.
fn fill(
    folder: &Path,
    seed: u64,
    write: impl FnOnce(Arc<dyn Log>, Arc<SeededEnvironment>) -> Result<Told, DemoError>,
) -> anyhow::Result<Told> {
    let unfinished = folder.join(UNFINISHED);
    finish_move(folder, &unfinished)?;
    let is_begun = PARTS.iter().any(|part| folder.join(part).exists());
    let empty = if is_begun { Some(open_empty(folder)?) } else { None };
    remove_left_over(&unfinished)?;
    let env = Arc::new(SeededEnvironment::new(seed, demo::START));
    let log = RocksLog::open(&unfinished, Arc::<SeededEnvironment>::clone(&env), &Options::default())?;
    let told = write(Arc::<RocksLog>::clone(&log), env);
    log.close()?;
    let told = told?;
    drop(log);
    if let Some(empty) = empty {
        empty.close()?;
        drop(empty);
        for place in PARTS.map(|part| folder.join(part)) {
            fs::remove_dir_all(&place).with_context(|| format!("failed to remove the empty {}", place.display()))?;
        }
    }
    move_parts(folder, &unfinished, &PARTS)?;
    Ok(told)
}

/// Moves what is done to its place.
fn move_parts(folder: &Path, unfinished: &Path, parts: &[&str]) -> anyhow::Result<()> {
    for part in parts {
        let place = folder.join(part);
        fs::rename(unfinished.join(part), &place).with_context(|| format!("failed to create {}", place.display()))?;
    }
    fs::remove_dir_all(unfinished).with_context(|| format!("failed to remove {}", unfinished.display()))?;
    File::open(folder)?.sync_all().with_context(|| format!("failed to sync {}", folder.display()))
}

/// A demo that was stopped while it was moved is whole: only its keys are not in their place yet.
fn finish_move(folder: &Path, unfinished: &Path) -> anyhow::Result<()> {
    let [log, keys] = PARTS;
    let is_moving = folder.join(log).exists() && unfinished.join(keys).exists() && !unfinished.join(log).exists();
    if is_moving { move_parts(folder, unfinished, &[keys]) } else { Ok(()) }
}

/// Opens a log that must be empty, so that nobody else fills it meanwhile.
fn open_empty(folder: &Path) -> anyhow::Result<Arc<RocksLog>> {
    let log = RocksLog::open(folder, Arc::new(SystemEnvironment), &Options::default())?;
    match log.head().0 {
        0 => Ok(log),
        head => {
            log.close()?;
            Err(DemoError::NotEmpty(head).into())
        }
    }
}

/// Removes what a demo left that was stopped, unless it is still being written.
fn remove_left_over(unfinished: &Path) -> anyhow::Result<()> {
    if !unfinished.exists() {
        return Ok(());
    }
    match RocksLog::open(unfinished, Arc::new(SystemEnvironment), &Options::default()) {
        Err(error @ OpenError::Folder(FolderError::InUse { .. })) => return Err(error.into()),
        Ok(log) => log.close()?,
        // Damaged, as after a power cut: it goes all the same.
        Err(_) => {}
    }
    fs::remove_dir_all(unfinished).with_context(|| format!("failed to remove {}", unfinished.display()))
}
