//! `letopis backup`: a backup of the records, taken while they are in use.

use std::path::{PathBuf, absolute};

use super::at_work::carry_out;
use super::{DataFolder, Meter};
use crate::control::{Answer, Request};

/// What to back up, and where to.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    /// The backup folder. Backups in one folder share the files that they have in common.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Takes the backup.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    // A server has a working folder of its own.
    let to = absolute(&arguments.to)?;
    match carry_out(&arguments.folder, &Request::Backup { to: to.clone() }, Meter::new("backing up", "files"))? {
        Answer::BackedUp { id, head, size_bytes, files } => {
            println!("backup {id} in {}: {files} files with {size_bytes} bytes, every one read again", to.display());
            println!("it holds everything up to position {head} at least");
            Ok(())
        }
        other => Err(other.unexpected()),
    }
}
