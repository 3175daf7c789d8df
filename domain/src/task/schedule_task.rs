//! Schedule a task.

use serde::{Deserialize, Serialize};

use crate::activity::Subjects;
use crate::ids::{EmployeeId, TaskId};
use crate::task::TaskKind;
use crate::values::{PlainText, Timestamp};

/// Schedule a task.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleTask {
    /// The new task.
    pub task: TaskId,
    /// With whom, or about what: at least one.
    pub subjects: Subjects,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
    /// What is to be done.
    pub kind: TaskKind,
    /// By when.
    pub due_at: Timestamp,
    /// The task in words.
    #[serde(default)]
    pub title: Option<PlainText>,
}
