//! Record a message sent or received.

use serde::{Deserialize, Serialize};

use crate::activity::{ActivityText, Direction, Subjects};
use crate::ids::{ActivityId, EmployeeId};

/// Record a message sent or received.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordMessage {
    /// The new activity.
    pub activity: ActivityId,
    /// What it is about: at least one.
    pub subjects: Subjects,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
    /// Who turned to whom.
    pub direction: Direction,
    /// By which service.
    #[serde(default)]
    pub channel: Option<String>,
    /// What was said or written.
    #[serde(default)]
    pub text: ActivityText,
}
