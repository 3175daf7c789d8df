//! `letopis rebuild`: folds all read models anew beside those in use, compares, and puts them in their place.

use super::at_work::carry_out;
use super::{DataFolder, Found, Meter};
use crate::control::{Answer, Rebuilt, Request};

/// What to rebuild.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
}

/// Rebuilds it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match carry_out(&arguments.folder, &Request::Rebuild, Meter::new("rebuilding", "events"))? {
        Answer::Rebuilt(rebuilt) => say(&rebuilt),
        other => Err(other.unexpected()),
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
