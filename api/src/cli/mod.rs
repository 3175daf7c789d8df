//! The command line: one file per subcommand.

mod demo;
mod import;
mod progress;
mod rebuild;
mod replay;
mod run;
mod schema;
mod serve;
mod verify;

pub use progress::Meter;
pub use run::run;
use run::{DataFolder, Found, is_in_use};
