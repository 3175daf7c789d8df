//! Commands on tasks.

use letopis_domain::ids::{EmployeeId, TaskId};

use super::Task;
use crate::enums::TaskKind;
use crate::ids::Given;
use crate::intake::{Fresh, SubjectsInput};
use crate::mutation::mutations;
use crate::scalars::DateTime;

mutations! {
    /// Commands on tasks.
    TaskMutations;

    /// Schedules a task.
    schedule_task(ScheduleTaskInput => letopis_domain::task::ScheduleTask) -> ScheduleTaskPayload {
        /// The task.
        task: Task, by |command| command.task
    } {
        /// The new task's id, or a UUID; made when absent.
        task: Fresh<TaskId>,
        /// With whom, or about what: at least one.
        subjects: SubjectsInput,
        /// Who is to do it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
        /// What is to be done.
        kind: TaskKind,
        /// By when.
        due_at: DateTime,
        /// The task in words.
        title: Option<String>,
    }

    /// Records that a task is done.
    complete_task(CompleteTaskInput => letopis_domain::task::CompleteTask) -> CompleteTaskPayload {
        /// The task.
        task: Task, by |command| command.task
    } {
        /// The task.
        task: Given<TaskId>,
        /// The result in words.
        comment: Option<String>,
    }

    /// Calls a task off.
    cancel_task(CancelTaskInput => letopis_domain::task::CancelTask) -> CancelTaskPayload {
        /// The task.
        task: Task, by |command| command.task
    } {
        /// The task.
        task: Given<TaskId>,
        /// Why, in words.
        comment: Option<String>,
    }
}
