//! Tasks as clients see them.

use async_graphql::{Context, ID, Object};
use letopis_domain::task as domain;

use crate::activity::Subjects;
use crate::as_of;
use crate::company::Employee;
use crate::enums::{TaskKind, TaskStatus};
use crate::error::FieldResult;
use crate::ids::global;
use crate::object::{link, object, words};
use crate::scalars::{DateTime, Position};

object! {
    /// A piece of work with a due time.
    Task of domain::Task
}

/// A piece of work with a due time.
#[Object]
impl Task {
    /// Its global id.
    pub async fn id(&self) -> ID {
        global(self.state.id)
    }

    /// The position that it is shown as of.
    async fn position(&self) -> Position {
        Position(self.at)
    }

    /// The position of its newest event: what to pass as `expectedPosition`.
    async fn changed(&self) -> Position {
        Position(self.changed)
    }

    /// Open, completed or cancelled.
    async fn status(&self) -> TaskStatus {
        self.state.status.into()
    }

    /// What is to be done.
    async fn kind(&self) -> TaskKind {
        self.state.kind.into()
    }

    /// The task in words; `erased` once the personal data is.
    async fn title(&self) -> Option<String> {
        words(&self.state.title)
    }

    /// What it is about.
    async fn subjects(&self) -> Subjects {
        Subjects::new(self.state.subjects, self.at)
    }

    /// Who is to do it.
    async fn employee(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.state.employee, self.at)
    }

    /// By when.
    async fn due_at(&self) -> DateTime {
        DateTime(self.state.due_at)
    }

    /// Whether it was due before an instant and neither done nor called off by then.
    async fn is_overdue(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The instant; when absent now, or with `asOf` when its position was recorded.")] at: Option<
            DateTime,
        >,
    ) -> FieldResult<bool> {
        let at = at.map_or_else(|| as_of::clock(context, self.at), |at| Ok(at.0))?;
        Ok(self.state.is_overdue(at))
    }

    /// When it was scheduled.
    async fn scheduled_at(&self) -> Option<DateTime> {
        self.state.scheduled_at.map(DateTime)
    }

    /// When it was completed or cancelled; null while open.
    async fn closed_at(&self) -> Option<DateTime> {
        self.state.closed_at.map(DateTime)
    }

    /// The result, or why it was called off; `erased` once the personal data is.
    async fn comment(&self) -> Option<String> {
        words(&self.state.comment)
    }
}
