//! Call a task off.

use serde::{Deserialize, Serialize};

use crate::ids::TaskId;
use crate::values::PlainText;

/// Call a task off.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelTask {
    /// The task.
    pub task: TaskId,
    /// A comment in free words.
    #[serde(default)]
    pub comment: Option<PlainText>,
}
