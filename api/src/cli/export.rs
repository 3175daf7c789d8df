//! `letopis export`: a history in one file that an auditor can verify without the log and without its operator.

use std::path::{PathBuf, absolute};

use anyhow::bail;

use super::at_work::carry_out;
use super::history::Whose;
use super::{DataFolder, Meter};
use crate::control::{Answer, ExportRequest, Request};

/// Whose history to export, and where to.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    #[command(flatten)]
    whose: Whose,
    /// With every event its stored bytes and the proof that it is part of the log.
    #[arg(long)]
    with_proofs: bool,
    /// A checkpoint that the auditor holds; the file proves that the log goes on from it. May be given several times.
    #[arg(long, value_name = "FILE")]
    since: Vec<PathBuf>,
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

/// Exports it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if !arguments.with_proofs {
        bail!("say --with-proofs; 'letopis replay --json' prints a history without them");
    }
    let read = |file: &PathBuf| {
        std::fs::read_to_string(file).map_err(|error| anyhow::anyhow!("failed to read {}: {error}", file.display()))
    };
    let since = arguments.since.iter().map(read).collect::<anyhow::Result<Vec<String>>>()?;
    let request = ExportRequest { of: arguments.whose.history()?, since, to: absolute(&arguments.to)? };
    match carry_out(&arguments.folder, &Request::Export(request), Meter::new("exporting", "events"))? {
        Answer::Exported { events, bytes, size } => {
            println!("{events} events with their proofs, {bytes} bytes, in {}", arguments.to.display());
            println!("the proofs are of a log of {size} records; 'letopis verify-proof' checks them");
            Ok(())
        }
        other => Err(other.unexpected()),
    }
}
