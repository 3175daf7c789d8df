//! `letopis verify`: checks every record, and the indexes against what the records say.

use std::sync::Arc;

use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::rocks::{Options, RocksLog};

use super::{DataFolder, Found, Meter};

/// What to verify.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
}

/// Verifies it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let options = Options { may_create: false, ..Options::default() };
    let log = RocksLog::open(&arguments.folder.data, Arc::new(SystemEnvironment), &options)?;
    let mut meter = Meter::new("verifying", "records");
    let found = log.verify(&mut |done, total| meter.set(done, total));
    meter.finish();
    println!(
        "{} records in {} groups and {} index entries were checked",
        found.records, found.groups, found.index_entries
    );
    log.close()?;
    match found.problem {
        None => {
            println!("the log is sound");
            Ok(())
        }
        Some(problem) => Err(Found(format!("the log is damaged {problem}")).into()),
    }
}
