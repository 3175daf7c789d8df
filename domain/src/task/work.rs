//! What closing a task depends on: the task, and who of those whom it is about was erased.

use crate::common::Common;
use crate::event::Recorded;
use crate::ids::{Tagged, TaskId};
use crate::lead::Comment;
use crate::privacy::{DataSubjects, Erasures};
use crate::query::Query;
use crate::task::Task;

/// A task as far as the boundary shows it.
#[derive(Clone, Debug, Default)]
pub struct Work {
    task: Task,
    erasures: Erasures,
}

impl Work {
    /// The boundary, which grows once it is known whom the task is about.
    pub(super) fn boundary(&self, task: TaskId) -> Query {
        Erasures::within(Query::about(&task, Task::TYPES), &self.task.data_subjects)
    }

    /// Folds one event.
    pub(super) fn evolve(&mut self, event: &Recorded) {
        self.task.evolve(event);
        self.erasures.evolve(event);
    }

    /// The task, if it exists.
    ///
    /// # Errors
    /// `NotFound`.
    pub(super) fn find(&self, task: TaskId) -> Result<&Task, Common> {
        if self.task.exists() { Ok(&self.task) } else { Err(Common::NotFound { field: "task", tag: task.tag() }) }
    }

    /// For whom a comment on the task is sealed.
    ///
    /// # Errors
    /// When there is one, and nobody is left whom the task is about.
    pub(super) fn seal(&self, comment: &Comment) -> Result<DataSubjects, Common> {
        self.erasures.seal(&self.task.data_subjects, comment, "comment")
    }
}
