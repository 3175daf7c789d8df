//! Take a note.

use serde::{Deserialize, Serialize};

use crate::activity::{ActivityText, Direction, Subjects};
use crate::ids::{ActivityId, EmployeeId};

/// Take a note.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordNote {
    /// The new activity.
    pub activity: ActivityId,
    /// What it is about: at least one.
    pub subjects: Subjects,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
    /// Who turned to whom; internal unless told.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// A code of the company for what kind of note it is.
    #[serde(default)]
    pub kind: Option<String>,
    /// What was said or written.
    #[serde(default)]
    pub text: ActivityText,
}
