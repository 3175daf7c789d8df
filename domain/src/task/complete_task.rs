//! Record that a task is done.

use serde::{Deserialize, Serialize};

use crate::common::rejection;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::TaskId;
use crate::lead::Comment;
use crate::limits;
use crate::query::Query;
use crate::task::work::Work;
use crate::task::{TaskCompleted, TaskStatus};
use crate::values::{Personal, PlainText};

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

rejection! {
    /// It is no longer open.
    Closed { status: TaskStatus } => InvalidState, "task", "the task is {status} already";
}

impl Decision for CompleteTask {
    type State = Work;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Query::about(&self.task, &[])
    }

    fn boundary(&self, known: &Work) -> Query {
        known.boundary(self.task)
    }

    fn evolve(&self, state: &mut Work, event: &Recorded) {
        state.evolve(event);
    }

    fn decide(&self, state: &Work, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        limits::text("comment", self.comment.as_ref())?;
        let task = state.find(self.task)?;
        match task.status {
            TaskStatus::Open => {}
            TaskStatus::Completed if task.comment.known() == Some(&self.comment) => return Ok(Vec::new()),
            status => return Err(Rejection::Closed { status }),
        }
        let comment = Comment { comment: self.comment.clone() };
        let closed = TaskCompleted {
            task: self.task,
            subjects: task.subjects,
            employee: task.employee,
            data_subjects: state.seal(&comment)?,
            personal: Personal::Known(comment),
        };
        Ok(vec![closed.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{SELLER, company, customer, customer_subject};
    use crate::refusal::RefusalCode;
    use crate::task::{CancelTask, ScheduleTask, TaskKind};
    use crate::testing::{History, NOW, id};

    fn scheduled() -> History {
        company().after(&ScheduleTask {
            task: id(80),
            subjects: customer(),
            employee: Some(id(SELLER)),
            kind: TaskKind::Other,
            due_at: NOW,
            title: None,
        })
    }

    fn close(comment: &str) -> CompleteTask {
        CompleteTask { task: id(80), comment: Some(comment.into()) }
    }

    #[test]
    fn an_open_task_is_completed_for_those_it_was_about() {
        let closed = TaskCompleted {
            task: id(80),
            subjects: customer(),
            employee: Some(id(SELLER)),
            data_subjects: customer_subject(),
            personal: Personal::Known(Comment { comment: Some("they agreed".into()) }),
        };
        scheduled().when(&close("they agreed")).then([closed.into()]);
    }

    #[test]
    fn a_task_is_completed_once() {
        let closed = scheduled().after(&close("they agreed"));
        closed.clone().when(&close("they agreed")).then_nothing();
        let refused = closed.when(&close("they did not")).then_refused(RefusalCode::InvalidState);
        assert_eq!(refused.to_string(), "the task is completed already");
    }

    #[test]
    fn a_task_that_was_cancelled_is_not_completed() {
        let closed = scheduled().after(&CancelTask { task: id(80), comment: None });
        closed.when(&close("they agreed")).then_refused(RefusalCode::InvalidState);
    }

    #[test]
    fn an_unknown_task_is_not_completed() {
        company().when(&close("they agreed")).then_refused(RefusalCode::NotFound);
    }
}
