//! `letopis restore`: brings a backup back into a new data folder.

use std::path::PathBuf;
use std::sync::Arc;

use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::log::Log;

use super::{DataFolder, Found, Meter};
use crate::company::Company;

/// Which backup to bring back, and where to.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    /// The backup folder.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The number of the backup; the newest one when absent.
    #[arg(long, value_name = "NUMBER")]
    id: Option<u32>,
}

/// Brings it back, and verifies the log.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let data = &arguments.folder.data;
    let restored = letopis_eventlog::backup::restore(&arguments.from, arguments.id, data)?;
    let company = Company::open_existing(data, Arc::new(SystemEnvironment))?;
    let mut meter = Meter::new("verifying", "records");
    let found = company.log().verify(&mut |done, total| meter.set(done, total));
    meter.finish();
    let head = company.log().head();
    company.close()?;
    if let Some(problem) = found.problem {
        return Err(Found(format!("the restored log is damaged {problem}")).into());
    }
    println!(
        "backup {} was restored to {}: the log ends at position {head} and is sound",
        restored.backup.id,
        data.display()
    );
    Ok(())
}
