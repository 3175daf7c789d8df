//! `letopis checkpoint`: signs what the log says now, and proves that it goes on from what somebody knows.

use std::path::{PathBuf, absolute};

use anyhow::Context;

use super::at_work::carry_out;
use super::{DataFolder, Meter};
use crate::control::{Answer, NewFile, Request};

/// Since when, and where to.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    /// A checkpoint that somebody holds; before the new one stands the proof that the log goes on from it.
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// The file to write; it is printed when absent.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Replaces a file that is there.
    #[arg(long, requires = "to")]
    force: bool,
}

/// Signs it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let read =
        |file: &PathBuf| std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()));
    let since = arguments.since.as_ref().map(read).transpose()?;
    match carry_out(&arguments.folder, &Request::Checkpoint { since }, Meter::new("signing", "records"))? {
        Answer::Signed { text } => {
            let Some(to) = &arguments.to else {
                print!("{text}");
                return Ok(());
            };
            let file = NewFile { path: absolute(to)?, may_replace: arguments.force };
            file.write(|out| Ok(out.write_all(text.as_bytes())?))
        }
        other => Err(other.unexpected()),
    }
}
