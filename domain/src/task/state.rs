//! A task as its events tell it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::activity::Subjects;
use crate::event::{Event, EventType, Recorded};
use crate::ids::{EmployeeId, TaskId};
use crate::lead::Comment;
use crate::privacy::DataSubjects;
use crate::task::TaskKind;
use crate::values::{Personal, PlainText, Timestamp};

/// Where a task stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskStatus {
    /// To be done.
    #[default]
    Open,
    /// Done.
    Completed,
    /// Called off.
    Cancelled,
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        })
    }
}

/// A task as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Open, completed or cancelled.
    pub status: TaskStatus,
    /// What it is about.
    pub subjects: Subjects,
    /// Whom the task is about.
    pub data_subjects: DataSubjects,
    /// Who is to do it.
    pub employee: Option<EmployeeId>,
    /// What is to be done.
    pub kind: TaskKind,
    /// The task in words.
    pub title: Personal<Option<PlainText>>,
    /// By when.
    pub due_at: Timestamp,
    /// When it was scheduled, by business time; none = there is no such task.
    pub scheduled_at: Option<Timestamp>,
    /// When it was completed or cancelled, by business time; none while open.
    pub closed_at: Option<Timestamp>,
    /// The result, or why it was called off.
    pub comment: Personal<Option<PlainText>>,
}

impl Task {
    /// The events it is made of.
    pub const TYPES: &'static [EventType] =
        &[EventType::TaskScheduled, EventType::TaskCompleted, EventType::TaskCancelled];

    /// Whether it was ever scheduled.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.scheduled_at.is_some()
    }

    /// Whether it was due before this instant and neither done nor called off by then.
    #[must_use]
    pub fn is_overdue(&self, at: Timestamp) -> bool {
        self.exists() && self.due_at < at && self.closed_at.is_none_or(|closed_at| closed_at > at)
    }

    /// Folds one of its events, in position order; others leave it as it is.
    pub fn evolve(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::TaskScheduled(scheduled) => {
                self.id = scheduled.task;
                self.subjects = scheduled.subjects;
                self.data_subjects = scheduled.data_subjects.clone();
                self.employee = scheduled.employee;
                self.kind = scheduled.kind;
                self.title = scheduled.personal.map(|text| text.title.clone());
                self.due_at = scheduled.due_at;
                self.scheduled_at = Some(recorded.occurred_at);
            }
            Event::TaskCompleted(completed) => self.close(TaskStatus::Completed, &completed.personal, recorded),
            Event::TaskCancelled(cancelled) => self.close(TaskStatus::Cancelled, &cancelled.personal, recorded),
            _ => {}
        }
    }

    fn close(&mut self, status: TaskStatus, comment: &Personal<Comment>, recorded: &Recorded) {
        self.status = status;
        self.closed_at = Some(recorded.occurred_at);
        self.comment = comment.map(|comment| comment.comment.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{SELLER, company, customer};
    use crate::task::{CompleteTask, ScheduleTask};
    use crate::testing::{History, NOW, id};

    fn folded(history: &History) -> Task {
        let mut task = Task::default();
        history.events().iter().for_each(|event| task.evolve(event));
        task
    }

    #[test]
    fn a_task_is_overdue_from_its_due_time_until_it_is_closed() {
        let schedule = ScheduleTask {
            task: id(80),
            subjects: customer(),
            employee: Some(id(SELLER)),
            kind: TaskKind::Call,
            due_at: NOW.plus_ms(-5_000),
            title: None,
        };
        let scheduled = company().after(&schedule);
        let open = folded(&scheduled);
        assert!(!open.is_overdue(NOW.plus_ms(-5_000)));
        assert!(open.is_overdue(NOW.plus_ms(-4_999)));
        let complete = CompleteTask { task: id(80), comment: Some("they agreed".into()) };
        let done = folded(&scheduled.occurring_at(NOW.plus_ms(-1_000)).after(&complete));
        assert_eq!((done.status, done.closed_at), (TaskStatus::Completed, Some(NOW.plus_ms(-1_000))));
        assert_eq!(done.comment, Personal::Known(Some("they agreed".into())));
        assert!(done.is_overdue(NOW.plus_ms(-2_000)));
        assert!(!done.is_overdue(NOW.plus_ms(-1_000)));
        assert!(!Task::default().is_overdue(NOW));
    }
}
