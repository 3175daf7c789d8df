//! The command line: one file per subcommand.

mod at_work;
mod backup;
mod demo;
mod erase;
mod import;
mod progress;
mod rebuild;
mod replay;
mod restore;
mod run;
mod schema;
mod serve;
mod verify;

pub use progress::Meter;
pub use run::run;
use run::{DataFolder, Found, is_in_use};
