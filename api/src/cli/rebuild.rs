//! `letopis rebuild`: folds all read models anew beside those in use, compares, and puts them in their place.

use std::sync::Arc;

use letopis_eventlog::environment::SystemEnvironment;

use super::{DataFolder, Found, Meter};
use crate::company::Company;

/// What to rebuild.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
}

/// Rebuilds it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let company = Company::open_existing(&arguments.folder.data, Arc::new(SystemEnvironment))?;
    // An import leaves the views behind the log, and then there would be nothing to compare with.
    company.catch_up()?;
    let mut meter = Meter::new("rebuilding", "events");
    let report = company.views().rebuild(&mut |progress| meter.set(progress.done, progress.total))?;
    meter.finish();
    #[expect(clippy::cast_precision_loss, reason = "a rate is for people")]
    let rate = report.events as f64 / report.elapsed.as_secs_f64().max(0.001);
    println!("{} events were folded in {:.1} s ({rate:.0}/s)", report.events, report.elapsed.as_secs_f64());
    for digest in &report.digests {
        println!("{digest}");
    }
    let verdict = match report.is_equal() {
        None => {
            println!("there was nothing to compare with: the read models in use had not come as far as the log");
            Ok(())
        }
        Some(true) => {
            println!("the read models in use said the same");
            Ok(())
        }
        Some(false) => {
            Err(Found("the read models in use said something else; the new ones took their place".to_owned()))
        }
    };
    company.close()?;
    Ok(verdict?)
}
