//! Questions about tasks.

use letopis_domain::ids::TaskId;
use letopis_projections::entries::TaskEntry;
use letopis_projections::value::Field;

use super::Task;
use crate::enums::{TaskKind, TaskStatus};
use crate::lists::{IdFilter, TimeFilter, entity_queries, enum_filter, filter, order};
use crate::page::connection;

connection!(TaskConnection, TaskEdge, Task, "tasks");

enum_filter!(TaskStatusFilter of TaskStatus, TaskKindFilter of TaskKind);

filter! {
    /// Which tasks; conditions side by side must all hold.
    TaskWhere {
        /// The task itself.
        id: IdFilter => Field::Id,
        /// Open, completed or cancelled.
        status: TaskStatusFilter => Field::Status,
        /// What is to be done.
        kind: TaskKindFilter => Field::Kind,
        /// Who is to do it.
        employee: IdFilter => Field::Employee,
        /// The team of who is to do it.
        team: IdFilter => Field::Team,
        /// The business unit of who is to do it.
        unit: IdFilter => Field::Unit,
        /// The lead it is about.
        lead: IdFilter => Field::Lead,
        /// The account it is about.
        account: IdFilter => Field::Account,
        /// The contact it is about.
        contact: IdFilter => Field::Contact,
        /// The opportunity it is about.
        opportunity: IdFilter => Field::Opportunity,
        /// By when it is to be done.
        due_at: TimeFilter => Field::DueAt,
        /// When it was scheduled.
        scheduled_at: TimeFilter => Field::CreatedAt,
        /// When it was completed or cancelled.
        closed_at: TimeFilter => Field::ClosedAt,
    }
}

order!(TaskOrder, TaskOrderField, "tasks" {
    /// By when it is to be done.
    DueAt => Field::DueAt,
    /// When it was scheduled.
    ScheduledAt => Field::CreatedAt,
    /// When it was completed or cancelled.
    ClosedAt => Field::ClosedAt,
    /// Open, completed or cancelled.
    Status => Field::Status,
});

entity_queries! {
    TaskQueries;

    /// A task by its id; null when there is none.
    one task(TaskId) -> Task;

    /// Tasks.
    many tasks(TaskWhere, TaskOrder) -> TaskConnection of TaskEntry;
}
