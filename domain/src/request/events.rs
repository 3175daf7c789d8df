//! The event of requests.

use serde::{Deserialize, Serialize};

use crate::fact::fact;

/// A request with an id was carried out and brought no event, since the history said so already.
///
/// Without it the log would forget the request, and the same request, sent again after the history went on, would
/// be decided anew. It is about nobody, so it carries no tags and is part of no history.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RequestSettled {
    /// The name of the command, e.g. `AssignLead`.
    pub command: String,
}
fact!(RequestSettled, |_event, _tags| {});
