//! Questions about the company.

use async_graphql::{Context, Object};
use letopis_domain::ids::{BusinessUnitId, EmployeeId, TeamId};
use letopis_projections::entries::{EmployeeEntry, TeamEntry};
use letopis_projections::value::Field;

use super::{BusinessUnit, Company, CompanyKey, Employee, Team};
use crate::as_of::{self, AsOf};
use crate::enums::EmployeeKind;
use crate::error::FieldResult;
use crate::ids::Given;
use crate::lists::{IdFilter, TimeFilter, entity_queries, enum_filter, filter, order};
use crate::object::link;
use crate::page::connection;

connection!(EmployeeConnection, EmployeeEdge, Employee, "employees");
connection!(TeamConnection, TeamEdge, Team, "teams");

enum_filter!(EmployeeKindFilter of EmployeeKind);

filter! {
    /// Which employees; conditions side by side must all hold.
    EmployeeWhere {
        /// The employee.
        id: IdFilter => Field::Id,
        /// Person or machine.
        kind: EmployeeKindFilter => Field::Kind,
        /// The team.
        team: IdFilter => Field::Team,
        /// The business unit.
        unit: IdFilter => Field::Unit,
        /// When they began.
        hired_at: TimeFilter => Field::CreatedAt,
        /// When they left.
        left_at: TimeFilter => Field::ClosedAt,
    }
}

order!(EmployeeOrder, EmployeeOrderField, "employees" {
    /// When they began.
    HiredAt => Field::CreatedAt,
    /// Person or machine.
    Kind => Field::Kind,
});

entity_queries! {
    EmployeeQueries;

    /// An employee by the id; null when there is none.
    one employee(EmployeeId) -> Employee;

    /// Employees.
    many employees(EmployeeWhere, EmployeeOrder) -> EmployeeConnection of EmployeeEntry;
}

filter! {
    /// Which teams; conditions side by side must all hold.
    TeamWhere {
        /// The team.
        id: IdFilter => Field::Id,
        /// The team above.
        parent: IdFilter => Field::Parent,
        /// The business unit.
        unit: IdFilter => Field::Unit,
    }
}

order!(TeamOrder, TeamOrderField, "teams" {
    /// When it was formed.
    FormedAt => Field::CreatedAt,
});

entity_queries! {
    TeamQueries;

    /// A team by its id; null when there is none.
    one team(TeamId) -> Team;

    /// Teams.
    many teams(TeamWhere, TeamOrder) -> TeamConnection of TeamEntry;
}

/// Questions about the company as a whole.
#[derive(Default)]
pub struct CompanyQueries;

/// Questions about the company as a whole.
#[Object]
impl CompanyQueries {
    /// The company's profile.
    async fn company(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> Option<FieldResult<Company>> {
        match as_of::position(context, as_of).await {
            Ok(at) => link(context, Some(CompanyKey), at),
            Err(error) => Some(Err(error)),
        }
    }

    /// A business unit by its id; null when there is none.
    async fn business_unit(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: Given<BusinessUnitId>,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> Option<FieldResult<BusinessUnit>> {
        match as_of::position(context, as_of).await {
            Ok(at) => link(context, id.known(), at),
            Err(error) => Some(Err(error)),
        }
    }
}
