//! Rights as clients see them.

use async_graphql::{Context, ID, Object, SimpleObject};
use letopis_domain::access as domain;
use letopis_domain::ids::EmployeeId;
use letopis_projections::View;

use crate::as_of;
use crate::company::Employee;
use crate::enums::{Reach, Role};
use crate::error::FieldResult;
use crate::ids::global;
use crate::object::{link, object};
use crate::scalars::{DateTime, Position};
use crate::values::Period;

/// A role that an employee has, and how far it reaches.
#[derive(SimpleObject, Clone, Copy)]
pub struct RoleGrant {
    /// The role.
    role: Role,
    /// How far it reaches.
    reach: Reach,
}

impl From<(domain::Role, domain::Reach)> for RoleGrant {
    fn from((role, reach): (domain::Role, domain::Reach)) -> Self {
        Self { role: role.into(), reach: reach.into() }
    }
}

/// The roles of an employee, as of a view.
pub fn grants_of(seen: &View, employee: EmployeeId) -> Vec<RoleGrant> {
    seen.grants_of(employee).into_iter().map(Into::into).collect()
}

object! {
    /// A time in which an employee is away and somebody stands in.
    Absence of domain::Absence
}

/// A time in which an employee is away and somebody stands in.
#[Object]
impl Absence {
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

    /// Who is away.
    async fn employee(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, Some(self.state.employee), self.at)
    }

    /// Who stands in.
    async fn substitute(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, Some(self.state.substitute), self.at)
    }

    /// From when to when.
    async fn period(&self) -> Period {
        self.state.period.into()
    }

    /// When it was ended or called off; null = it was not.
    async fn ended_at(&self) -> Option<DateTime> {
        self.state.ended_at.map(DateTime)
    }

    /// Whether somebody stands in now, or at the moment of `asOf`.
    async fn is_on(&self, context: &Context<'_>) -> FieldResult<bool> {
        Ok(self.state.is_on(as_of::clock(context, self.at)?))
    }
}
