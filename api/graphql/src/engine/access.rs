//! What a request saw of people, and what it tried in vain, goes to the access log before its answer goes anywhere.

use letopis_access_log::{AccessLogError, Kind};

use super::prepare::Engine;
use crate::context::RequestContext;

impl Engine {
    /// Writes down what a request saw and tried. What was seen is told to nobody before that is on the disk.
    pub(super) async fn note(&self, context: &RequestContext) -> Result<(), AccessLogError> {
        let Some(log) = &self.app.access_log else { return Ok(()) };
        let accesses = context.accesses();
        if accesses.iter().any(|access| access.kind == Kind::Read) {
            // Whoever reads personal data waits until that is on the disk.
            log.record(accesses).await
        } else {
            log.submit(accesses).await
        }
    }
}
