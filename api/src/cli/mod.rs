//! The command line: one file per subcommand.

mod at_work;
mod backup;
mod demo;
mod erase;
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

pub use progress::Meter;
pub use run::run;
use run::{DataFolder, Found, is_in_use};
