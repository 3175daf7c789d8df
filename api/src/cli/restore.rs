//! `letopis restore`: brings a backup back into a new data folder.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
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
    let keys = data.join("keys");
    for (file, what) in [("subject-keys", "the keys of data subjects"), ("erasures", "the ledger of erasures")] {
        // Without the ledger, people who were erased since the backup would come back.
        if !keys.join(file).is_file() {
            bail!("{} is missing: copy the newest key folder, with {what}, to {} first", file, keys.display());
        }
    }
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
