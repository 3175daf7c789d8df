//! Work on a data folder as a whole: by this process where it can have the folder, otherwise by the server that holds it.

use std::sync::Arc;

use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::rocks::RocksLog;

use super::{DataFolder, Meter, is_in_use};
use crate::control::{Answer, AskError, Asked, Folder, Places, Request, ask, perform};

/// Has it done, and shows how far it is.
pub(super) fn carry_out(folder: &DataFolder, request: &Request, mut meter: Meter) -> anyhow::Result<Answer> {
    let here = if request.needs_views() {
        with_views(folder, request, &mut meter)
    } else {
        without(folder, request, &mut meter)
    };
    let outcome = match here {
        Err(in_use) if is_in_use(&in_use) => {
            let asked = Asked { request: request.clone(), places: folder.places()? };
            match ask(&folder.data, &asked, &mut |done, total| meter.set(done, total)) {
                Err(AskError::Nobody { .. }) => Err(in_use),
                other => other.map_err(Into::into),
            }
        }
        other => other,
    };
    meter.finish();
    outcome
}

fn with_views(folder: &DataFolder, request: &Request, meter: &mut Meter) -> anyhow::Result<Answer> {
    let company = folder.open_existing(Arc::new(SystemEnvironment))?;
    // An import leaves the views behind the log, and then there would be nothing to compare with.
    company.catch_up()?;
    let answer = perform(&company.folder(None, None), request.clone(), &mut |done, total| meter.set(done, total))?;
    company.close()?;
    Ok(answer)
}

fn without(folder: &DataFolder, request: &Request, meter: &mut Meter) -> anyhow::Result<Answer> {
    let env = Arc::new(SystemEnvironment);
    let options = folder.options_of_existing()?;
    let log = RocksLog::open(&folder.data, env.clone(), &options)?;
    let places = Places::of(&folder.data, &options);
    let folder = Folder {
        log: Arc::clone(&log),
        views: None,
        env,
        places,
        data: folder.data.clone(),
        identity: None,
        access_log: None,
    };
    let answer = perform(&folder, request.clone(), &mut |done, total| meter.set(done, total))?;
    log.close()?;
    Ok(answer)
}
