//! Schedule a task.

use serde::{Deserialize, Serialize};

use crate::activity::Subjects;
use crate::common::{Common, Existing};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{EmployeeId, TaskId};
use crate::known::{Known, References};
use crate::limits;
use crate::query::Query;
use crate::task::{TaskKind, TaskScheduled, TaskText};
use crate::values::{Personal, PlainText, Timestamp};

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

/// What scheduling depends on.
#[derive(Clone, Debug, Default)]
pub struct State {
    existing: Existing<TaskScheduled>,
    known: Known,
}

impl ScheduleTask {
    fn references(&self) -> References {
        References::default().to_subjects(&self.subjects).to_employed("employee", self.employee)
    }
}

impl Decision for ScheduleTask {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        self.subjects.within(Query::about(&self.task, &[]))
    }

    fn boundary(&self, known: &State) -> Query {
        let named = self.references().within(Query::about(&self.task, &[EventType::TaskScheduled]));
        known.known.within(named, &self.subjects)
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        if let Some(fact) = TaskScheduled::of(&event.event) {
            state.existing.found(event, fact);
        }
        state.known.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        if self.subjects.is_empty() {
            return Err(Common::Required { field: "subjects" });
        }
        limits::short("title", self.title.as_ref().map(PlainText::reveal))?;
        state.known.check(&self.references())?;
        let text = TaskText { title: self.title.clone() };
        state.known.seal(&self.subjects, &text, "title")?;
        let scheduled = TaskScheduled {
            task: self.task,
            subjects: self.subjects,
            employee: at.employee(self.employee),
            kind: self.kind,
            due_at: self.due_at,
            data_subjects: state.known.data_subjects(&self.subjects),
            personal: Personal::Known(text),
        };
        state.existing.create("task", scheduled, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::employee::EmployeeLeft;
    use crate::fixtures::{SELLER, company, customer, customer_subject};
    use crate::refusal::RefusalCode;
    use crate::testing::{NOW, id};

    fn task() -> ScheduleTask {
        ScheduleTask {
            task: id(80),
            subjects: customer(),
            employee: Some(id(SELLER)),
            kind: TaskKind::Call,
            due_at: NOW.plus_ms(7 * 86_400_000),
            title: Some("ask about the renewal".into()),
        }
    }

    #[test]
    fn a_task_is_due_in_the_future() {
        let scheduled = TaskScheduled {
            task: id(80),
            subjects: customer(),
            employee: Some(id(SELLER)),
            kind: TaskKind::Call,
            due_at: NOW.plus_ms(7 * 86_400_000),
            data_subjects: customer_subject(),
            personal: Personal::Known(TaskText { title: Some("ask about the renewal".into()) }),
        };
        company().when(&task()).then([scheduled.into()]);
    }

    #[test]
    fn a_task_is_not_scheduled_in_the_future() {
        company().occurring_at(NOW.plus_ms(86_400_000)).when(&task()).then_refused(RefusalCode::InFuture);
    }

    #[test]
    fn a_task_is_about_somebody_who_exists() {
        let nobody = ScheduleTask { subjects: Subjects::default(), ..task() };
        company().when(&nobody).then_refused(RefusalCode::Required);
        let stranger = Subjects { lead: Some(id(99)), ..Subjects::default() };
        company().when(&ScheduleTask { subjects: stranger, ..task() }).then_refused(RefusalCode::NotFound);
    }

    #[test]
    fn nobody_who_left_gets_a_task() {
        let history = company().and(EmployeeLeft { employee: id(SELLER) });
        history.when(&task()).then_refused(RefusalCode::InvalidState);
    }

    #[test]
    fn an_id_names_one_task() {
        let other = ScheduleTask { kind: TaskKind::Meeting, ..task() };
        company().after(&task()).when(&other).then_refused(RefusalCode::AlreadyExists);
    }
}
