//! The company as clients see it.

use async_graphql::{Context, ID, Object};
use letopis_domain::employee as domain;
use letopis_domain::event::EventType;
use letopis_domain::event::NewEvent;
use letopis_domain::ids::Position as LogPosition;
use letopis_domain::query::Query;
use letopis_eventlog::log::Range;
use letopis_projections::View;

use crate::access::{RoleGrant, grants_of};
use crate::context::seen;
use crate::enums::EmployeeKind;
use crate::error::{FieldError, FieldResult};
use crate::ids::global;
use crate::mutation::{Subject, SubjectKey};
use crate::object::{link, object, text};
use crate::scalars::{DateTime, Position, TimeZone};

object! {
    /// Someone, or some machine, that works for the company.
    Employee of domain::Employee
}

/// Someone, or some machine, that works for the company.
#[Object]
impl Employee {
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

    /// Person or machine.
    async fn kind(&self) -> EmployeeKind {
        self.state.kind.into()
    }

    /// The name; `erased` once the personal data is.
    async fn name(&self) -> Option<String> {
        text(&self.state.personal, |details| Some(details.name.reveal()))
    }

    /// The team.
    async fn team(&self, context: &Context<'_>) -> Option<FieldResult<Team>> {
        link(context, self.state.team, self.at)
    }

    /// The roles they have, and how far each reaches.
    async fn roles(&self, context: &Context<'_>) -> FieldResult<Vec<RoleGrant>> {
        Ok(grants_of(&seen(context, self.at)?, self.state.id))
    }

    /// When they began.
    async fn hired_at(&self) -> Option<DateTime> {
        self.state.hired_at.map(DateTime)
    }

    /// When they left; null while they are there.
    async fn left_at(&self) -> Option<DateTime> {
        self.state.left_at.map(DateTime)
    }
}

object! {
    /// A team.
    Team of domain::Team
}

/// A team; teams form a tree inside a business unit.
#[Object]
impl Team {
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

    /// Its name.
    async fn name(&self) -> &str {
        &self.state.name
    }

    /// The team above it.
    async fn parent(&self, context: &Context<'_>) -> Option<FieldResult<Self>> {
        link(context, self.state.parent, self.at)
    }

    /// The business unit it belongs to.
    async fn unit(&self, context: &Context<'_>) -> Option<FieldResult<BusinessUnit>> {
        link(context, self.state.unit, self.at)
    }

    /// When it was formed.
    async fn formed_at(&self) -> Option<DateTime> {
        self.state.formed_at.map(DateTime)
    }
}

object! {
    /// A business unit.
    BusinessUnit of domain::BusinessUnit
}

/// A part of the company with methods of its own.
#[Object]
impl BusinessUnit {
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

    /// Its name.
    async fn name(&self) -> &str {
        &self.state.name
    }

    /// When it was formed.
    async fn formed_at(&self) -> Option<DateTime> {
        self.state.formed_at.map(DateTime)
    }
}

/// The company's profile.
pub struct Company {
    state: domain::Company,
    at: LogPosition,
}

/// There is one company per log.
pub struct CompanyKey;

impl SubjectKey for CompanyKey {
    fn of_events(_: &[NewEvent]) -> Option<Self> {
        Some(Self)
    }
}

impl Subject for Company {
    type Key = CompanyKey;

    fn load(seen: &View, _: CompanyKey) -> Result<Option<Self>, FieldError> {
        let mut state = domain::Company::default();
        let published: &[EventType] = domain::Company::TYPES;
        for recorded in seen.read(&Query::default().or_types(published), Range::upto(seen.position()))? {
            state.evolve(&recorded);
        }
        Ok(Some(Self { state, at: seen.position() }))
    }
}

/// The company's profile.
#[Object]
impl Company {
    /// Its name; null until a profile was published.
    async fn name(&self) -> Option<&str> {
        self.state.name.as_deref()
    }

    /// The zone in which its days and months are counted; UTC until a profile says otherwise.
    async fn time_zone(&self) -> TimeZone {
        TimeZone(self.state.time_zone)
    }

    /// The position that it is shown as of.
    async fn position(&self) -> Position {
        Position(self.at)
    }
}
