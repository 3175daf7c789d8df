//! `letopis backup`: a backup of the records, taken while they are in use.

use std::num::NonZeroUsize;
use std::path::{PathBuf, absolute};

use super::at_work::carry_out;
use super::{DataFolder, Meter};
use crate::control::{Answer, Keep, Request};

/// What to back up, and where to.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    /// The backup folder. Backups in one folder share the files that they have in common.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// A folder for copies of the keys, apart from the backups; each copy is a numbered folder of its own.
    #[arg(long, value_name = "DIR")]
    keys_to: Option<PathBuf>,
    /// Afterwards removes all backups but so many, the newest ones.
    #[arg(long, value_name = "NUMBER")]
    keep: Option<NonZeroUsize>,
    /// Afterwards removes all copies of the keys but so many, the newest ones. The newest is good for every backup that is
    /// kept; older ones hold the keys of people who were erased since.
    #[arg(long, value_name = "NUMBER", requires = "keys_to")]
    keep_keys: Option<NonZeroUsize>,
    /// Copies the master key and the signing keys, too, in the clear. Whoever has such a copy needs nothing else.
    #[arg(long, requires = "keys_to")]
    with_master_key: bool,
}

/// Takes the backup.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    // A server has a working folder of its own.
    let to = absolute(&arguments.to)?;
    let keys_to = arguments.keys_to.as_ref().map(absolute).transpose()?;
    let with_master_key = arguments.with_master_key;
    let keep = Keep { backups: arguments.keep, keys: arguments.keep_keys };
    let request = Request::Backup { to: to.clone(), keys_to, with_master_key, keep };
    match carry_out(&arguments.folder, &request, Meter::new("backing up", "files"))? {
        Answer::BackedUp { id, head, size_bytes, files, keys, removed, removed_keys } => {
            println!("backup {id} in {}: {files} files with {size_bytes} bytes, every one read again", to.display());
            println!("it holds everything up to position {head} at least");
            if let Some(keys) = keys {
                println!("the keys are in {}", keys.display());
                if arguments.keep_keys.is_none() {
                    println!("older copies hold the keys of people who were erased since: --keep-keys removes them");
                }
            }
            for (what, removed) in [("backups", removed), ("copies of the keys", removed_keys)] {
                if !removed.is_empty() {
                    println!("{} older {what} were removed", removed.len());
                }
            }
            Ok(())
        }
        other => Err(other.unexpected()),
    }
}
