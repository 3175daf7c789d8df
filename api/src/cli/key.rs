//! `letopis key`: the keys that sign checkpoints, and the master key.

use std::path::PathBuf;
use std::sync::Arc;

use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::proof::{SIGNING_KEYS_FILE, SigningKeys, VERIFYING_KEYS_FILE};
use letopis_eventlog::rocks::{MasterKeys, Rewrapped, rewrap};

use super::DataFolder;

/// What to do with them.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Makes the first key, and gives the log its name for ever.
    Generate(Generate),
    /// Makes a further key that signs beside the others: the first step of a rotation.
    Add(Place),
    /// Forgets all signing keys but the newest: the last step of a rotation. What they signed stays valid.
    Retire(Place),
    /// Replaces the master key, which wraps the keys of data subjects. The server must be stopped.
    Rewrap(Rewrap),
}

#[derive(clap::Args)]
struct Rewrap {
    #[command(flatten)]
    place: Place,
    /// The file of the new master key; it is drawn there if there is none, and stays there as a copy to keep apart.
    #[arg(long, value_name = "FILE")]
    new_master_key: PathBuf,
    /// A copy of the old master key: every set of keys that was copied before needs it.
    #[arg(long, value_name = "FILE")]
    old_master_key_to: PathBuf,
}

#[derive(clap::Args)]
struct Generate {
    #[command(flatten)]
    place: Place,
    /// The name of the log, as it stands in every checkpoint: a host name and a path, e.g. `crm.example.com/log`.
    #[arg(long, value_name = "NAME")]
    name: String,
}

/// Where the keys are.
#[derive(clap::Args)]
struct Place {
    #[command(flatten)]
    folder: DataFolder,
}

impl Place {
    fn folder(&self) -> PathBuf {
        self.folder.key_folder()
    }
}

fn replace_master_key(arguments: &Rewrap) -> anyhow::Result<()> {
    let Rewrap { place: Place { folder }, new_master_key, old_master_key_to } = arguments;
    let options = folder.options_of_existing()?;
    let master_keys = MasterKeys { new: new_master_key, old_to: old_master_key_to };
    let Rewrapped { keys, master_key } = rewrap(&folder.data, Arc::new(SystemEnvironment), &options, master_keys)?;
    println!("{keys} keys of data subjects are wrapped by the new master key in {}", master_key.display());
    println!("keep {} apart, and take a new set of keys at once", new_master_key.display());
    println!("older sets need the old master key, which is in {}:", old_master_key_to.display());
    println!("when none of them is needed any more, destroy it and every other copy of the old master key");
    Ok(())
}

/// Does it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Generate(generate) => {
            let folder = generate.place.folder();
            let public = SigningKeys::generate(&folder, &generate.name)?;
            println!("{public}");
            println!("signing key: {}; keep a copy apart", folder.join(SIGNING_KEYS_FILE).display());
            println!("verifying key: {}; give it to auditors", folder.join(VERIFYING_KEYS_FILE).display());
        }
        Command::Add(place) => println!("{}", SigningKeys::add(&place.folder())?),
        Command::Retire(place) => {
            SigningKeys::retire_older(&place.folder())?;
            println!("only the newest key signs from now on");
        }
        Command::Rewrap(rewrap) => replace_master_key(rewrap)?,
    }
    Ok(())
}
