//! `letopis rebuild`: folds all read models anew beside those in use, compares, and puts them in their place.
//!
//! Where a server holds the folder, the server does it, and goes on answering meanwhile.

use std::path::Path;
use std::sync::Arc;

use letopis_eventlog::environment::SystemEnvironment;

use super::{DataFolder, Found, Meter, is_in_use};
use crate::company::Company;
use crate::control::{AskError, Rebuilt, ask_rebuild};

/// What to rebuild.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
}

/// Rebuilds it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = &arguments.folder.data;
    let mut meter = Meter::new("rebuilding", "events");
    let rebuilt = match Company::open_existing(folder, Arc::new(SystemEnvironment)) {
        Ok(company) => here(company, &mut meter),
        Err(error) if is_in_use(&error) => there(folder, error, &mut meter),
        Err(error) => Err(error),
    };
    meter.finish();
    say(&rebuilt?)
}

fn here(company: Company, meter: &mut Meter) -> anyhow::Result<Rebuilt> {
    // An import leaves the views behind the log, and then there would be nothing to compare with.
    company.catch_up()?;
    let report = company.views().rebuild(&mut |progress| meter.set(progress.done, progress.total))?;
    company.close()?;
    Ok((&report).into())
}

/// By the server that holds the folder; `in_use` is what to say when there is none that listens.
fn there(folder: &Path, in_use: anyhow::Error, meter: &mut Meter) -> anyhow::Result<Rebuilt> {
    match ask_rebuild(folder, &mut |done, total| meter.set(done, total)) {
        Err(AskError::Nobody { .. }) => Err(in_use),
        other => Ok(other?),
    }
}

fn say(rebuilt: &Rebuilt) -> anyhow::Result<()> {
    #[expect(clippy::cast_precision_loss, reason = "a rate is for people")]
    let rate = rebuilt.events as f64 / rebuilt.seconds.max(0.001);
    println!("{} events were folded in {:.1} s ({rate:.0}/s)", rebuilt.events, rebuilt.seconds);
    for digest in &rebuilt.digests {
        println!("{digest}");
    }
    match rebuilt.is_equal {
        None => println!("there was nothing to compare with: the read models in use had not come as far as the log"),
        Some(true) => println!("the read models in use said the same"),
        Some(false) => {
            let found = "the read models in use said something else; the new ones took their place";
            return Err(Found(found.to_owned()).into());
        }
    }
    Ok(())
}
