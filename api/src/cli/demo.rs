//! `letopis demo`: fills an empty data folder with a believable company.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::ValueEnum;
use letopis_eventlog::environment::{SeededEnvironment, SystemEnvironment};
use letopis_eventlog::keys::{LEDGER_FILE, MASTER_KEY_FILE, SLOTS_FILE};
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
    let options = arguments.folder.options()?;
    let mut meter = Meter::new("writing the demo", "events");
    let told = fill(&arguments.folder.data, &options, arguments.seed, |log, env| {
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

/// Where a demo grows, and where its parts go when it is done.
struct Stage {
    /// The unfinished data folder.
    folder: PathBuf,
    /// How it is opened. Keys grow beside the place where they go: it may be on another disk.
    options: Options,
    /// What goes where, in this order: a log without its keys does not open.
    moves: Vec<(PathBuf, PathBuf)>,
}

impl Stage {
    fn of(data: &Path, wanted: &Options) -> Self {
        let folder = data.join(UNFINISHED);
        let place = wanted.key_folder(data);
        let keys = if wanted.keys.is_some() { place.join(UNFINISHED) } else { folder.join("keys") };
        let files = [SLOTS_FILE, LEDGER_FILE, MASTER_KEY_FILE].map(|file| (keys.join(file), place.join(file)));
        let mut moves = vec![(folder.join("log"), data.join("log"))];
        moves.extend(files);
        // One that is there already stays the one.
        let master_key = Some(wanted.master_key_file(data)).filter(|file| file.exists()).or(wanted.master_key.clone());
        Self { folder, options: Options { keys: Some(keys), master_key, ..wanted.clone() }, moves }
    }

    /// Whether it was stopped while its parts were moved: then it is whole, only not all of it in its place.
    fn is_moving(&self) -> bool {
        let Some(((log, place), files)) = self.moves.split_first() else { return false };
        place.exists() && !log.exists() && files.iter().any(|(from, _)| from.exists())
    }

    /// Moves what is done to its place.
    fn finish(&self) -> anyhow::Result<()> {
        for (from, to) in self.moves.iter().filter(|(from, _)| from.exists()) {
            let failed = || format!("failed to create {}", to.display());
            let parent = to.parent().unwrap_or(Path::new("."));
            DirBuilder::new().recursive(true).mode(0o700).create(parent).with_context(failed)?;
            fs::rename(from, to).with_context(failed)?;
            File::open(parent).and_then(|parent| parent.sync_all()).with_context(failed)?;
        }
        self.remove()
    }

    /// Removes what is not needed any more.
    fn remove(&self) -> anyhow::Result<()> {
        for folder in self.options.keys.iter().chain([&self.folder]).filter(|folder| folder.exists()) {
            fs::remove_dir_all(folder).with_context(|| format!("failed to remove {}", folder.display()))?;
        }
        Ok(())
    }

    /// Removes what a demo left that was stopped, unless it is still being written.
    fn remove_left_over(&self) -> anyhow::Result<()> {
        if !self.folder.exists() {
            return self.remove();
        }
        match RocksLog::open(&self.folder, Arc::new(SystemEnvironment), &self.options) {
            Err(error @ OpenError::Folder(FolderError::InUse { .. })) => return Err(error.into()),
            Ok(log) => log.close()?,
            // Damaged, as after a power cut: it goes all the same.
            Err(_) => {}
        }
        self.remove()
    }
}

/// Writes a demo beside the place of the log and moves it there when it is done, so that no part of a company is
/// ever taken for a whole one.
fn fill(
    data: &Path,
    wanted: &Options,
    seed: u64,
    write: impl FnOnce(Arc<dyn Log>, Arc<SeededEnvironment>) -> Result<Told, DemoError>,
) -> anyhow::Result<Told> {
    let stage = Stage::of(data, wanted);
    if stage.is_moving() {
        stage.finish()?;
    }
    let is_begun = stage.moves.iter().take(2).any(|(_, place)| place.exists());
    let empty = if is_begun { Some(open_empty(data, wanted)?) } else { None };
    stage.remove_left_over()?;
    let env = Arc::new(SeededEnvironment::new(seed, demo::START));
    let log = RocksLog::open(&stage.folder, Arc::<SeededEnvironment>::clone(&env), &stage.options)?;
    let told = write(Arc::<RocksLog>::clone(&log), env);
    log.close()?;
    let told = told?;
    drop(log);
    if let Some(empty) = empty {
        empty.close()?;
        drop(empty);
        let log = data.join("log");
        fs::remove_dir_all(&log).with_context(|| format!("failed to remove the empty {}", log.display()))?;
    }
    stage.finish()?;
    Ok(told)
}

/// Opens a log that must be empty, so that nobody else fills it meanwhile.
fn open_empty(folder: &Path, options: &Options) -> anyhow::Result<Arc<RocksLog>> {
    let log = RocksLog::open(folder, Arc::new(SystemEnvironment), options)?;
    match log.head().0 {
        0 => Ok(log),
        head => {
            log.close()?;
            Err(DemoError::NotEmpty(head).into())
        }
    }
}
