//! Record that a task is done.

use serde::{Deserialize, Serialize};

use crate::ids::TaskId;
use crate::values::PlainText;

/// Record that a task is done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompleteTask {
    /// The task.
    pub task: TaskId,
    /// A comment in free words.
    #[serde(default)]
    pub comment: Option<PlainText>,
}
