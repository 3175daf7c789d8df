//! `letopis restore`: brings a log back into a new data folder, with every erasure that was made since.

use std::path::PathBuf;
use std::sync::Arc;

use letopis_eventlog::backup::{BackupError, Restore, Restored, Source};
use letopis_eventlog::environment::{Environment, SystemEnvironment};

use super::{DataFolder, Found, Meter};

/// What to bring back, and where to.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    /// The backup folder.
    #[arg(long, value_name = "DIR", required_unless_present = "from_ndjson")]
    from: Option<PathBuf>,
    /// The number of the backup; the newest one when absent.
    #[arg(long, value_name = "NUMBER", requires = "from")]
    id: Option<u32>,
    /// A file that 'export --format ndjson' wrote, instead of a backup.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    from_ndjson: Option<PathBuf>,
    /// A copy of the keys to bring back, too: a folder of such copies, of which the newest is taken, or one of them.
    #[arg(long, value_name = "DIR")]
    keys_from: Option<PathBuf>,
    /// Goes on although auditors hold a checkpoint of records that are lost, and gives the log this new name: a new
    /// signing key is made, and nothing is signed under the old name any more.
    #[arg(long, value_name = "NEW-NAME")]
    contradict_checkpoints: Option<String>,
}

/// Brings it back, and verifies the log.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let data = &arguments.folder.data;
    let options = arguments.folder.options()?;
    let source = match (&arguments.from, &arguments.from_ndjson) {
        (_, Some(file)) => Source::Portable(file),
        (Some(folder), None) => Source::Backup { folder, id: arguments.id },
        (None, None) => anyhow::bail!("say what to bring back: --from or --from-ndjson"),
    };
    let restore = Restore {
        source,
        data,
        keys_from: arguments.keys_from.as_deref(),
        options: &options,
        contradict_as: arguments.contradict_checkpoints.as_deref(),
    };
    let mut meter = Meter::new("restoring and verifying", "records");
    let env: Arc<dyn Environment> = Arc::new(SystemEnvironment);
    let restored = restore.run(&env, &mut |done, total| meter.set(done, total));
    meter.finish();
    let restored = restored.map_err(|error| match error {
        BackupError::Found(_) => Found(error.to_string()).into(),
        other => anyhow::Error::from(other),
    })?;
    say(arguments, &restored);
    Ok(())
}

fn say(arguments: &Arguments, restored: &Restored) {
    let Restored { backup, head, erasures, last_erased_at, applied, is_renamed } = restored;
    let what = backup.map_or("the file".to_owned(), |backup| format!("backup {}", backup.id));
    let data = arguments.folder.data.display();
    println!("{what} was restored to {data}: the log ends at position {head} and is sound");
    match last_erased_at {
        None => println!("nobody was ever erased, as the ledger says"),
        Some(at) => println!("{erasures} erasures up to {at}, {applied} applied now"),
    }
    if *is_renamed {
        println!(
            "the log has a new name and a new signing key: tell its auditors why, and give them the verifying key"
        );
    }
}
