//! Work on a data folder as a whole: by this process where it can have the folder, otherwise by the server that holds it.

use std::path::Path;
use std::sync::Arc;

use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::rocks::{Options, RocksLog};

use super::{DataFolder, Meter, is_in_use};
use crate::company::Company;
use crate::control::{Answer, AskError, Folder, Request, ask, perform};

/// Has it done, and shows how far it is.
pub(super) fn carry_out(folder: &DataFolder, request: &Request, mut meter: Meter) -> anyhow::Result<Answer> {
    let path = &folder.data;
    let here =
        if request.needs_views() { with_views(path, request, &mut meter) } else { without(path, request, &mut meter) };
    let outcome = match here {
        Err(in_use) if is_in_use(&in_use) => match ask(path, request, &mut |done, total| meter.set(done, total)) {
            Err(AskError::Nobody { .. }) => Err(in_use),
            other => other.map_err(Into::into),
        },
        other => other,
    };
    meter.finish();
    outcome
}

fn with_views(path: &Path, request: &Request, meter: &mut Meter) -> anyhow::Result<Answer> {
    let company = Company::open_existing(path, Arc::new(SystemEnvironment))?;
    // An import leaves the views behind the log, and then there would be nothing to compare with.
    company.catch_up()?;
    let answer = perform(&company.folder(), request.clone(), &mut |done, total| meter.set(done, total))?;
    company.close()?;
    Ok(answer)
}

fn without(path: &Path, request: &Request, meter: &mut Meter) -> anyhow::Result<Answer> {
    let env = Arc::new(SystemEnvironment);
    let options = Options { may_create: false, ..Options::default() };
    let log = RocksLog::open(path, env.clone(), &options)?;
    let folder = Folder { log: Arc::clone(&log), views: None, env };
    let answer = perform(&folder, request.clone(), &mut |done, total| meter.set(done, total))?;
    log.close()?;
    Ok(answer)
}
