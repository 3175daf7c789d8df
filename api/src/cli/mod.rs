//! The command line: one file per subcommand.

mod api_key;
mod at_work;
mod backup;
mod checkpoint;
mod data_folder;
mod demo;
mod doors;
mod erase;
mod erasure_record;
mod export;
mod history;
mod import;
mod key;
mod progress;
mod rebuild;
mod replay;
mod restore;
mod run;
mod schema;
mod serve;
mod verify;
mod verify_proof;

use data_folder::DataFolder;
pub use progress::Meter;
pub use run::run;
use run::{Found, is_in_use};
