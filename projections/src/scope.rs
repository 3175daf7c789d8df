//! The facts as of one position, and how a question reads the columns of their rows.

use std::rc::Rc;

use letopis_domain::access::Fields;
use letopis_domain::values::Timestamp;

use crate::calendar::Calendar;
use crate::eyes::Eyes;
use crate::facts::Facts;
use crate::filter::{QueryError, Sieve, Where};
use crate::models::accounts::AccountColumns;
use crate::models::activities::{About, Activity};
use crate::models::agreements::{Agreement, Reservation};
use crate::models::contacts::ContactColumns;
use crate::models::directory::{EmployeeColumns, TeamColumns};
use crate::models::leads::LeadColumns;
use crate::models::opportunities::OpportunityColumns;
use crate::models::rejections::Rejection;
use crate::models::stays::Stay;
use crate::models::tasks::Task;
use crate::names::{Cell, Kind, Ref};
use crate::table::Version;
use crate::value::{Field, Value};

/// The facts as of one position.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'f> {
    pub(crate) facts: &'f Facts,
    pub(crate) position: u64,
    /// Through whose eyes; none = everything is seen.
    pub(crate) eyes: Option<&'f Eyes>,
}

/// A column as a question names it, looked up once.
pub(crate) struct Column {
    field: Field,
    /// The key of a custom attribute.
    key: Ref,
    calendar: Rc<Calendar>,
}

/// A row whose columns can be asked for.
pub(crate) trait Columns: Default {
    /// What the rows are, in the plural.
    const MODEL: &'static str;

    /// What is seen of the row.
    fn fields(&self, scope: Scope<'_>) -> Fields;

    /// A plain column; none if the rows have no such column.
    fn cell(&self, field: &Field) -> Option<Cell>;

    /// The role of the contact; none if the rows are none of contacts.
    fn role(&self) -> Option<Ref> {
        None
    }

    /// The custom attributes of the entity; none if the rows have none.
    fn attributes(&self) -> Option<Ref> {
        None
    }

    /// The custom attributes of the lead, as they were then; none if the rows know of no lead.
    fn lead_attributes(&self, _scope: Scope<'_>) -> Option<Ref> {
        None
    }
}

/// A half-open period on the caller's clock; no bound = open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Between {
    /// The first instant.
    pub from: Option<Timestamp>,
    /// The first instant no longer inside.
    pub until: Option<Timestamp>,
}

impl Between {
    pub(crate) fn holds(&self, micros: i64) -> bool {
        self.from.is_none_or(|from| from.micros() <= micros) && self.until.is_none_or(|until| micros < until.micros())
    }
}

impl Scope<'_> {
    /// Looks up a column of the rows of `C`.
    pub(crate) fn column<C: Columns>(self, field: &Field) -> Result<Column, QueryError> {
        let row = C::default();
        let known = match field {
            Field::Role => row.role().is_some(),
            Field::Attribute(_) => row.attributes().is_some(),
            Field::LeadAttribute(_) => row.lead_attributes(self).is_some(),
            Field::Currency => row.cell(&Field::Amount).is_some(),
            Field::Day | Field::Month => row.cell(&Field::CreatedAt).is_some(),
            field => row.cell(field).is_some(),
        };
        if !known {
            return Err(QueryError::UnknownField { model: C::MODEL, field: field.clone() });
        }
        let key = match field {
            Field::Attribute(key) | Field::LeadAttribute(key) => self.facts.names.particulars.find_key(key),
            _ => Ref::NONE,
        };
        let calendar = Rc::new(Calendar::new(self.facts.published.zone(self.position)));
        Ok(Column { field: field.clone(), key, calendar })
    }

    pub(crate) fn columns<C: Columns>(self, fields: &[Field]) -> Result<Vec<Column>, QueryError> {
        fields.iter().map(|field| self.column::<C>(field)).collect()
    }

    pub(crate) fn sieve<C: Columns>(self, filter: &Where) -> Result<Sieve<Column>, QueryError> {
        Sieve::compile(filter, &|field: &Field| self.column::<C>(field))
    }

    pub(crate) fn passes<C: Columns>(self, sieve: &Sieve<Column>, row: &C) -> bool {
        sieve.passes(&|column: &Column| self.facts.names.bare(self.cell(row, column))) && self.sees(row)
    }

    /// Whether the row is seen at all. Whatever counts, sums or lists rows asks [`Self::passes`], which asks this.
    pub(crate) fn sees<C: Columns>(self, row: &C) -> bool {
        self.eyes.is_none() || row.fields(self).sees()
    }

    /// What is seen of an entity.
    pub(crate) fn of_entity(self, kind: Kind, entity: Ref) -> Fields {
        self.eyes.map_or(Fields::EVERYTHING, |eyes| eyes.of_entity(self.facts, kind, entity))
    }

    /// What is seen of something about these, which was recorded at a position.
    pub(crate) fn about(self, about: About, opened: u64) -> Fields {
        self.eyes.map_or(Fields::EVERYTHING, |eyes| eyes.about(self.facts, about, opened))
    }

    /// What is seen of what is about no customer.
    fn anybody(self) -> Fields {
        self.eyes.map_or(Fields::EVERYTHING, Eyes::any)
    }

    /// The column of a row as it is seen: what is withheld, or leads to what is hidden, is empty.
    pub(crate) fn cell<C: Columns>(self, row: &C, column: &Column) -> Cell {
        if self.eyes.is_none() {
            return self.bare_cell(row, column);
        }
        let needed = match column.field {
            Field::Amount | Field::Currency => Fields::MONEY,
            Field::Role | Field::Attribute(_) | Field::LeadAttribute(_) => Fields::PERSONAL,
            _ => Fields::ROW,
        };
        if !row.fields(self).holds(needed) {
            return Cell::Null;
        }
        match self.bare_cell(row, column) {
            Cell::Id(kind, entity) if !self.of_entity(kind, entity).sees() => Cell::Null,
            cell => cell,
        }
    }

    fn bare_cell<C: Columns>(self, row: &C, column: &Column) -> Cell {
        let names = &self.facts.names;
        match &column.field {
            Field::Role => row.role().map_or(Cell::Null, |row| names.particulars.role(row)),
            Field::Attribute(_) => {
                row.attributes().map_or(Cell::Null, |row| names.particulars.attribute(row, column.key))
            }
            Field::LeadAttribute(_) => {
                row.lead_attributes(self).map_or(Cell::Null, |row| names.particulars.attribute(row, column.key))
            }
            Field::Currency => match row.cell(&Field::Amount) {
                Some(Cell::Money(money)) => Cell::Currency(money.currency),
                _ => Cell::Null,
            },
            Field::Day => match row.cell(&Field::CreatedAt) {
                Some(Cell::Time(micros)) => Cell::Date(column.calendar.day(micros)),
                _ => Cell::Null,
            },
            Field::Month => match row.cell(&Field::CreatedAt) {
                Some(Cell::Time(micros)) => Cell::Date(column.calendar.month(micros)),
                _ => Cell::Null,
            },
            field => row.cell(field).unwrap_or(Cell::Null),
        }
    }

    pub(crate) fn values(self, cells: &[Cell]) -> Vec<Value> {
        cells.iter().map(|cell| self.facts.names.value(*cell)).collect()
    }

    /// The custom attributes that a lead had at a position.
    fn attributes_of_lead(self, lead: Ref, position: u64) -> Ref {
        // The row that leads here may be seen by somebody who does not see the lead.
        if !self.of_entity(Kind::Lead, lead).holds(Fields::ROW.and(Fields::PERSONAL)) {
            return Ref::NONE;
        }
        self.facts.leads.versions.as_of(lead, position).map_or(Ref::NONE, |version| version.columns.attributes)
    }
}

macro_rules! entity_columns {
    ($($columns:ty, $kind:ident, $model:literal, |$row:ident, $scope:ident| $lead_attributes:expr $(, role $role:ident)?;)*) => {$(
        impl Columns for Version<$columns> {
            const MODEL: &'static str = $model;

            fn fields(&self, scope: Scope<'_>) -> Fields {
                scope.of_entity(Kind::$kind, self.entity)
            }

            fn cell(&self, field: &Field) -> Option<Cell> {
                if *field == Field::Id { Some(Cell::id(Kind::$kind, self.entity)) } else { self.columns.cell(field) }
            }

            $(fn role(&self) -> Option<Ref> {
                Some(self.columns.$role)
            })?

            fn attributes(&self) -> Option<Ref> {
                Some(self.columns.attributes)
            }

            fn lead_attributes(&self, $scope: Scope<'_>) -> Option<Ref> {
                let $row = self;
                Some($lead_attributes)
            }
        }
    )*};
}

entity_columns! {
    LeadColumns, Lead, "leads", |row, _scope| row.columns.attributes;
    AccountColumns, Account, "accounts", |row, scope| scope.attributes_of_lead(row.columns.origin_lead, row.opened);
    ContactColumns, Contact, "contacts",
        |row, scope| scope.attributes_of_lead(row.columns.origin_lead, row.opened), role role;
    OpportunityColumns, Opportunity, "opportunities",
        |row, scope| scope.attributes_of_lead(row.columns.origin_lead, row.opened);
}

impl Columns for Version<EmployeeColumns> {
    const MODEL: &'static str = "employees";

    fn fields(&self, scope: Scope<'_>) -> Fields {
        scope.anybody()
    }

    fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Id | Field::Employee => Cell::id(Kind::Employee, self.entity),
            Field::Kind => Cell::Word(if self.columns.is_system { "SYSTEM" } else { "HUMAN" }),
            Field::Status => Cell::Word(if self.columns.has_left { "LEFT" } else { "ACTIVE" }),
            Field::Team => Cell::id(Kind::Team, self.columns.team),
            Field::Unit => Cell::id(Kind::Unit, self.columns.unit),
            Field::CreatedAt => Cell::Time(self.columns.hired_at),
            Field::ClosedAt => Cell::time(self.columns.left_at),
            _ => return None,
        })
    }
}

impl Columns for Version<TeamColumns> {
    const MODEL: &'static str = "teams";

    fn fields(&self, scope: Scope<'_>) -> Fields {
        scope.anybody()
    }

    fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Id | Field::Team => Cell::id(Kind::Team, self.entity),
            Field::Detail => Cell::text(self.columns.name),
            Field::Parent => Cell::id(Kind::Team, self.columns.parent),
            Field::Unit => Cell::id(Kind::Unit, self.columns.unit),
            Field::CreatedAt => Cell::Time(self.columns.formed_at),
            _ => return None,
        })
    }
}

impl Columns for Task {
    const MODEL: &'static str = "tasks";

    fn fields(&self, scope: Scope<'_>) -> Fields {
        scope.about(self.about, self.opened)
    }

    fn cell(&self, field: &Field) -> Option<Cell> {
        if *field == Field::Id { Some(Cell::id(Kind::Task, self.entity)) } else { self.cell(field) }
    }

    fn lead_attributes(&self, scope: Scope<'_>) -> Option<Ref> {
        Some(scope.attributes_of_lead(self.about.lead, self.opened))
    }
}

impl Columns for Agreement {
    const MODEL: &'static str = "agreements";

    fn fields(&self, scope: Scope<'_>) -> Fields {
        scope.about(self.about, self.opened)
    }

    fn cell(&self, field: &Field) -> Option<Cell> {
        if *field == Field::Id { Some(Cell::id(Kind::Agreement, self.entity)) } else { self.cell(field) }
    }

    fn lead_attributes(&self, scope: Scope<'_>) -> Option<Ref> {
        Some(scope.attributes_of_lead(self.about.lead, self.opened))
    }
}

impl Columns for Reservation {
    const MODEL: &'static str = "reservations";

    fn fields(&self, scope: Scope<'_>) -> Fields {
        scope.about(self.about, self.opened)
    }

    fn cell(&self, field: &Field) -> Option<Cell> {
        if *field == Field::Id { Some(Cell::id(Kind::Reservation, self.entity)) } else { self.cell(field) }
    }
}

impl Columns for Activity {
    const MODEL: &'static str = "activities";

    fn fields(&self, scope: Scope<'_>) -> Fields {
        scope.about(self.about, self.opened)
    }

    fn cell(&self, field: &Field) -> Option<Cell> {
        self.cell(field)
    }

    fn lead_attributes(&self, scope: Scope<'_>) -> Option<Ref> {
        Some(scope.attributes_of_lead(self.about.lead, self.opened))
    }
}

impl Columns for Stay {
    const MODEL: &'static str = "stays in stages";

    fn fields(&self, scope: Scope<'_>) -> Fields {
        scope.of_entity(Kind::Opportunity, self.opportunity)
    }

    fn cell(&self, field: &Field) -> Option<Cell> {
        self.cell(field)
    }

    fn attributes(&self) -> Option<Ref> {
        Some(self.attributes)
    }

    fn lead_attributes(&self, scope: Scope<'_>) -> Option<Ref> {
        let opportunity = scope.facts.opportunities.versions.as_of(self.opportunity, self.opened);
        let lead = opportunity.map_or(Ref::NONE, |version| version.columns.origin_lead);
        Some(scope.attributes_of_lead(lead, self.opened))
    }
}

impl Columns for Rejection {
    const MODEL: &'static str = "rejections";

    fn fields(&self, scope: Scope<'_>) -> Fields {
        scope.of_entity(Kind::Lead, self.lead)
    }

    fn cell(&self, field: &Field) -> Option<Cell> {
        self.cell(field)
    }

    fn attributes(&self) -> Option<Ref> {
        Some(self.attributes)
    }

    fn lead_attributes(&self, _scope: Scope<'_>) -> Option<Ref> {
        Some(self.attributes)
    }
}
