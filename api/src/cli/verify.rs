//! `letopis verify`: checks every record and whatever is derived from the records.

use super::at_work::carry_out;
use super::{DataFolder, Found, Meter};
use crate::control::{Answer, Checked, Request};

/// What to verify.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    /// Rebuild all read models beside those in use, too, and compare.
    #[arg(long)]
    deep: bool,
}

/// Verifies it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let request = Request::Verify { deep: arguments.deep };
    match carry_out(&arguments.folder, &request, Meter::new("verifying", "records"))? {
        Answer::Checked(checked) => say(checked),
        other => Err(other.unexpected()),
    }
}

fn say(checked: Checked) -> anyhow::Result<()> {
    #[expect(clippy::cast_precision_loss, reason = "a rate is for people")]
    let rate = checked.records as f64 / checked.seconds.max(0.001);
    println!(
        "{} records in {} groups and {} index entries were checked in {:.1} s ({rate:.0} records/s)",
        checked.records, checked.groups, checked.index_entries, checked.seconds
    );
    match checked.problem {
        None => {
            println!("the log is sound");
            Ok(())
        }
        Some(problem) => Err(Found(format!("the log is damaged {problem}")).into()),
    }
}
