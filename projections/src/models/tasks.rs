//! Tasks: one row per task, which closes once.

use std::collections::BTreeSet;

use letopis_domain::event::{Event, Recorded};
use letopis_domain::task::{TaskKind, TaskStatus};
use serde::{Deserialize, Serialize};

use crate::models::activities::About;
use crate::models::directory::{Directory, Who};
use crate::names::{Cell, Kind, Names, Ref};
use crate::projection::{
    Projection, access_events, account_events, activity_events, agreement_events, company_events, contact_events,
    lead_events, opportunity_events, privacy_events, published_events,
};
use crate::table::{Row, Table, closing_as_of};
use crate::value::Field;

const fn status_word(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Open => "OPEN",
        TaskStatus::Completed => "COMPLETED",
        TaskStatus::Cancelled => "CANCELLED",
    }
}

const fn kind_word(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Call => "CALL",
        TaskKind::Email => "EMAIL",
        TaskKind::Meeting => "MEETING",
        TaskKind::Other => "OTHER",
    }
}

/// One task.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) entity: Ref,
    pub(crate) opened: u64,
    pub(crate) closed: u64,
    pub(crate) status: TaskStatus,
    pub(crate) kind: TaskKind,
    pub(crate) who: Who,
    /// Who scheduled it.
    pub(crate) scheduled_by: Ref,
    pub(crate) about: About,
    pub(crate) scheduled_at: i64,
    pub(crate) due_at: i64,
    pub(crate) closed_at: i64,
}

impl Default for Task {
    fn default() -> Self {
        Self {
            entity: Ref::NONE,
            opened: 0,
            closed: 0,
            status: TaskStatus::Open,
            kind: TaskKind::Other,
            who: Who::default(),
            scheduled_by: Ref::NONE,
            about: About::default(),
            scheduled_at: 0,
            due_at: 0,
            closed_at: 0,
        }
    }
}

impl Task {
    /// Whether, by the facts recorded so far, it was open and past its due time at an instant.
    fn is_overdue_at(&self, instant: i64) -> bool {
        self.scheduled_at <= instant && self.due_at < instant && (self.closed == 0 || self.closed_at > instant)
    }

    pub(crate) fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Status => Cell::Word(status_word(self.status)),
            Field::Kind => Cell::Word(kind_word(self.kind)),
            Field::Employee | Field::Team | Field::Unit => return self.who.cell(field),
            Field::Lead | Field::Account | Field::Contact | Field::Opportunity => return self.about.cell(field),
            Field::CreatedAt => Cell::Time(self.scheduled_at),
            Field::DueAt => Cell::Time(self.due_at),
            Field::ClosedAt => Cell::time((self.closed != 0).then_some(self.closed_at)),
            _ => return None,
        })
    }
}

impl Row for Task {
    fn as_of(&self, position: u64) -> Option<Self> {
        if self.opened > position {
            return None;
        }
        let mut row = self.clone();
        if closing_as_of(self.closed, position) == 0 {
            (row.closed, row.closed_at, row.status) = (0, 0, TaskStatus::Open);
        }
        Some(row)
    }
}

/// What a task can be about, in the order of their indexes.
const SUBJECTS: [Kind; 4] = [Kind::Lead, Kind::Account, Kind::Contact, Kind::Opportunity];

/// The tasks of one employee, so that the overdue ones are found without looking at the rest.
#[derive(Default)]
struct Workload {
    /// Due time and row of what is open.
    open: BTreeSet<(i64, Ref)>,
    /// Closing time and row of what is closed.
    closed: BTreeSet<(i64, Ref)>,
}

/// Every task.
#[derive(Default)]
pub(crate) struct Tasks {
    pub(crate) rows: Table<Task>,
    /// The row by task; derived, not stored, like the two that follow.
    by_task: Vec<Ref>,
    /// By lead, account, contact and opportunity.
    by_subject: [Vec<Vec<Ref>>; 4],
    by_employee: Vec<Workload>,
}

/// Overdue tasks at one moment, by what was recorded then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Overdue {
    /// Of the employee, on whatever subject.
    pub(crate) of_employee: u32,
    /// On the lead, whoever's.
    pub(crate) on_lead: u32,
    /// Of the employee on the lead.
    pub(crate) of_employee_on_lead: u32,
}

fn slot<T: Default>(slots: &mut Vec<T>, entity: Ref) -> Option<&mut T> {
    let index = entity.index()?;
    if slots.len() <= index {
        slots.resize_with(index + 1, T::default);
    }
    slots.get_mut(index)
}

impl Tasks {
    /// Derives what is not stored.
    pub(crate) fn index(&mut self) {
        (self.by_task, self.by_employee) = (Vec::new(), Vec::new());
        self.by_subject = <[Vec<Vec<Ref>>; 4]>::default();
        for index in 0..self.rows.len() {
            let task = self.rows[index].clone();
            self.note_opened(&task, Ref::at(index));
            if task.closed != 0 {
                self.note_closed(&task, Ref::at(index));
            }
        }
    }

    /// The tasks about a lead, in the order of the log.
    pub(crate) fn of_lead(&self, lead: Ref) -> impl Iterator<Item = &Task> {
        self.about(Kind::Lead, lead)
    }

    /// The tasks about a lead, account, contact or opportunity, in the order of the log.
    pub(crate) fn about(&self, kind: Kind, entity: Ref) -> impl Iterator<Item = &Task> {
        let by_entity = SUBJECTS.iter().position(|subject| *subject == kind).map(|place| &self.by_subject[place]);
        let rows = by_entity.zip(entity.index()).and_then(|(rows, index)| rows.get(index));
        rows.map_or(&[][..], Vec::as_slice).iter().filter_map(|row| self.rows.row(*row))
    }

    /// A task by its id.
    pub(crate) fn find(&self, task: Ref) -> Option<&Task> {
        self.rows.row(task.index().and_then(|index| self.by_task.get(index)).copied()?)
    }

    /// What was overdue at an instant, by the facts recorded so far that had happened by then.
    pub(crate) fn overdue(&self, employee: Ref, lead: Ref, instant: i64) -> Overdue {
        let on_lead = self.of_lead(lead).filter(|task| task.is_overdue_at(instant));
        let mut overdue = Overdue::default();
        for task in on_lead {
            overdue.on_lead += 1;
            overdue.of_employee_on_lead += u32::from(!employee.is_none() && task.who.employee == employee);
        }
        let Some(workload) = employee.index().and_then(|index| self.by_employee.get(index)) else { return overdue };
        let open = workload.open.range(..(instant, Ref::NONE)).map(|(_, row)| *row);
        let closed_since = workload.closed.range((instant.saturating_add(1), Ref::NONE)..).map(|(_, row)| *row);
        let found = open.chain(closed_since).filter_map(|row| self.rows.row(row));
        overdue.of_employee =
            u32::try_from(found.filter(|task| task.is_overdue_at(instant)).count()).unwrap_or(u32::MAX);
        overdue
    }

    fn note_opened(&mut self, task: &Task, row: Ref) {
        if let Some(slot) = slot(&mut self.by_task, task.entity) {
            *slot = row;
        }
        let about = [task.about.lead, task.about.account, task.about.contact, task.about.opportunity];
        for (by_entity, entity) in self.by_subject.iter_mut().zip(about) {
            if let Some(rows) = slot(by_entity, entity) {
                rows.push(row);
            }
        }
        if let Some(workload) = slot(&mut self.by_employee, task.who.employee) {
            workload.open.insert((task.due_at, row));
        }
    }

    fn note_closed(&mut self, task: &Task, row: Ref) {
        if let Some(workload) = slot(&mut self.by_employee, task.who.employee) {
            workload.open.remove(&(task.due_at, row));
            workload.closed.insert((task.closed_at, row));
        }
    }

    fn close(&mut self, task: Ref, status: TaskStatus, event: &Recorded) {
        let row = task.index().and_then(|index| self.by_task.get(index)).copied().unwrap_or_default();
        if self.rows.row(row).is_none_or(|task| task.closed != 0) {
            return;
        }
        self.rows.change(row, |task| {
            (task.closed, task.closed_at, task.status) = (event.position.0, event.occurred_at.micros(), status);
        });
        if let Some(task) = self.rows.row(row).cloned() {
            self.note_closed(&task, row);
        }
    }
}

impl Projection for Tasks {
    const NAME: &'static str = "tasks";
    const REVISION: u32 = 2;
    type Beside<'a> = (&'a mut Names, &'a Directory);

    fn apply(&mut self, event: &Recorded, (names, directory): Self::Beside<'_>) {
        let at = event.position.0;
        match &event.event {
            Event::TaskScheduled(scheduled) => {
                let task = Task {
                    entity: names.intern(scheduled.task, at),
                    opened: at,
                    kind: scheduled.kind,
                    who: directory.place(names.intern_some(scheduled.employee, at)),
                    scheduled_by: event.actor.map_or(Ref::NONE, |actor| names.find(actor)),
                    about: About::of(&scheduled.subjects, names, at),
                    scheduled_at: event.occurred_at.micros(),
                    due_at: scheduled.due_at.micros(),
                    ..Task::default()
                };
                let row = self.rows.push(task.clone());
                self.note_opened(&task, row);
            }
            Event::TaskCompleted(completed) => {
                self.close(names.intern(completed.task, at), TaskStatus::Completed, event);
            }
            Event::TaskCancelled(cancelled) => {
                self.close(names.intern(cancelled.task, at), TaskStatus::Cancelled, event);
            }
            Event::AttributesSet(_)
            | company_events!()
            | published_events!()
            | account_events!()
            | contact_events!()
            | lead_events!()
            | opportunity_events!()
            | activity_events!()
            | agreement_events!()
            | access_events!()
            | privacy_events!() => {}
        }
    }
}
