//! Record a call, or an attempt at one.

use serde::{Deserialize, Serialize};

use crate::activity::{ActivityText, CallOutcome, Direction, Subjects};
use crate::ids::{ActivityId, EmployeeId};
use crate::values::DurationMs;

/// Record a call, or an attempt at one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordCall {
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
    /// How it ended; none = unknown.
    #[serde(default)]
    pub outcome: Option<CallOutcome>,
    /// What was said or written.
    #[serde(default)]
    pub text: ActivityText,
}
