//! Record a meeting.

use serde::{Deserialize, Serialize};

use crate::activity::{ActivityText, Direction, Subjects};
use crate::ids::{ActivityId, EmployeeId};
use crate::values::DurationMs;

/// Record a meeting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordMeeting {
    /// The new activity.
    pub activity: ActivityId,
    /// What it is about: at least one.
    pub subjects: Subjects,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
    /// Who turned to whom.
    pub direction: Direction,
    /// How long it lasted, in milliseconds; none = unknown.
    #[serde(default)]
    pub duration: Option<DurationMs>,
    /// What was said or written.
    #[serde(default)]
    pub text: ActivityText,
}
