//! What a request saw of people, and what it tried in vain, goes to the access log before its answer goes anywhere.

use letopis_access_log::AccessLogError;

use super::prepare::Engine;
use crate::context::RequestContext;

impl Engine {
    /// Writes down what a request saw and tried. What was seen is told to nobody before that is accepted.
    pub(super) async fn note(&self, context: &RequestContext) -> Result<(), AccessLogError> {
        match &self.app.access_log {
            Some(log) => log.submit(context.accesses()).await,
            None => Ok(()),
        }
    }
}
