//! `letopis erasure-record`: writes the papers of an erasure, which are kept outside the log.

use std::path::{PathBuf, absolute};

use letopis_domain::ids::SubjectId;

use super::at_work::carry_out;
use super::history::id;
use super::{DataFolder, Meter};
use crate::control::{Answer, ErasureRecordRequest, Operator, Request};

/// Whose erasure, and what the papers say.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    /// The data subject that was erased, by global id or UUID.
    #[arg(long, value_name = "ID")]
    subject: String,
    #[command(flatten)]
    operator: Operator,
    /// The folder for certificate, proof, act and extract. Only its owner may read them.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Replaces papers that are there.
    #[arg(long)]
    force: bool,
}

/// Writes them.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let request = Request::RecordErasure(ErasureRecordRequest {
        subject: id::<SubjectId>(&arguments.subject)?,
        to: absolute(&arguments.to)?,
        may_replace: arguments.force,
        operator: arguments.operator.clone(),
    });
    match carry_out(&arguments.folder, &request, Meter::new("certifying", "events"))? {
        Answer::ErasureRecorded { position, subjects, folder } => {
            println!(
                "the erasure of {subjects} data subjects at position {position} is certified in {}",
                folder.display()
            );
            println!("'letopis verify-proof' checks certificate.txt; keep act.txt and extract.csv for three years");
            Ok(())
        }
        other => Err(other.unexpected()),
    }
}
