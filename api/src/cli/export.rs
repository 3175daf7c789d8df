//! `letopis export`: a history in one file that an auditor can verify without the log and without its operator; what is
//! held on a person, for them; or the whole log in one file that no program of ours is needed to read.

use std::path::{PathBuf, absolute};

use anyhow::bail;

use super::at_work::carry_out;
use super::history::{Whose, id};
use super::{DataFolder, Meter};
use crate::control::{Answer, ExportRequest, NewFile, Request, SubjectExportRequest};

/// What to export, and where to.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    #[command(flatten)]
    whose: Option<Whose>,
    /// A data subject, by global id or UUID: everything that is held on this person, for them, as JSON. Personal values
    /// stand in it in the clear.
    #[arg(long, value_name = "ID", conflicts_with_all = ["with_proofs", "since", "format", "account", "lead", "contact", "opportunity"])]
    subject: Option<String>,
    /// With every event its stored bytes and the proof that it is part of the log.
    #[arg(long)]
    with_proofs: bool,
    /// A checkpoint that the auditor holds; the file proves that the log goes on from it. May be given several times.
    #[arg(long, value_name = "FILE")]
    since: Vec<PathBuf>,
    /// The whole log, decoded and as it is stored, personal values in the clear; `restore --from-ndjson` brings it back.
    #[arg(long, value_enum, conflicts_with_all = ["with_proofs", "since", "account", "lead", "contact", "opportunity"])]
    format: Option<Format>,
    /// The file to write. Only its owner may read it.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Replaces a file that is there.
    #[arg(long)]
    force: bool,
}

/// How the whole log is written.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Format {
    /// A JSON object per line and record.
    Ndjson,
}

/// Exports it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let to = NewFile { path: absolute(&arguments.to)?, may_replace: arguments.force };
    let request = match (arguments.format, &arguments.whose, &arguments.subject) {
        (Some(Format::Ndjson), ..) => Request::ExportLog { to },
        (None, Some(whose), _) => Request::Export(history(arguments, whose, to)?),
        (None, None, Some(subject)) => Request::ExportSubject(SubjectExportRequest { subject: id(subject)?, to }),
        (None, None, None) => {
            bail!(
                "say whose history: --account, --lead, --contact, --opportunity or --subject; or --format ndjson for the whole log"
            )
        }
    };
    match carry_out(&arguments.folder, &request, Meter::new("exporting", "events"))? {
        Answer::Exported { events, bytes, size } => {
            println!("{events} events with their proofs, {bytes} bytes, in {}", arguments.to.display());
            println!("the proofs are of a log of {size} records; 'letopis verify-proof' checks them");
            Ok(())
        }
        Answer::ExportedSubject { events, bytes } => {
            println!("{events} events, {bytes} bytes, in {}", arguments.to.display());
            println!("personal values stand in the file in the clear, also those of others who share an event");
            Ok(())
        }
        Answer::ExportedLog { records, root, bytes } => {
            println!("{records} records, {bytes} bytes, in {}", arguments.to.display());
            println!("the Merkle root over them is {root}; personal values stand in the file in the clear");
            Ok(())
        }
        other => Err(other.unexpected()),
    }
}

fn history(arguments: &Arguments, whose: &Whose, to: NewFile) -> anyhow::Result<ExportRequest> {
    if !arguments.with_proofs {
        bail!("say --with-proofs; 'letopis replay --json' prints a history without them");
    }
    let read = |file: &PathBuf| {
        std::fs::read_to_string(file).map_err(|error| anyhow::anyhow!("failed to read {}: {error}", file.display()))
    };
    let since = arguments.since.iter().map(read).collect::<anyhow::Result<Vec<String>>>()?;
    Ok(ExportRequest { of: whose.history()?, since, to })
}
