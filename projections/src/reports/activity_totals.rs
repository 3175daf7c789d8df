//! Totals of activities: how many, how long, by type, direction, employee or whatever column.

use letopis_domain::ids::Position;

use crate::filter::{QueryError, Where};
use crate::lists::Groups;
use crate::models::activities::{Activity, ActivityKind};
use crate::scope::{Between, Scope};
use crate::value::{Field, Value};

/// What is asked. Filters and groups read the columns of activities: kind, direction, outcome, detail (code of a
/// note, channel of a message), employee, team, unit, subjects, day, month and attributes of the lead.
#[derive(Clone, Debug, Default)]
pub struct ActivityQuery {
    /// When it took place.
    pub period: Between,
    /// Which activities.
    pub filter: Where,
    /// By which columns to divide; none = one group.
    pub group_by: Vec<Field>,
}

/// The totals as of a position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActivityTotals {
    /// The position they were read at.
    pub position: Position,
    /// Over all groups.
    pub total: ActivityTotal,
    /// One per combination of values; exactly one, with an empty key, when no grouping was asked for.
    pub groups: Vec<ActivityGroup>,
}

/// The totals of one group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActivityGroup {
    /// The values of the columns by which was grouped.
    pub key: Vec<Value>,
    /// Its totals.
    pub total: ActivityTotal,
}

/// Sums over activities.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ActivityTotal {
    /// How many.
    pub count: u64,
    /// Sum of the known durations, in milliseconds.
    pub duration_ms: u64,
    /// Calls and meetings whose duration is unknown.
    pub unknown_durations: u64,
    /// Activities that name no employee.
    pub without_employee: u64,
}

impl ActivityTotal {
    fn add(&mut self, activity: &Activity) {
        let has_length = matches!(activity.kind, ActivityKind::Call | ActivityKind::Meeting);
        self.count += 1;
        self.duration_ms = self.duration_ms.saturating_add(activity.duration_ms.unwrap_or(0));
        self.unknown_durations += u64::from(has_length && activity.duration_ms.is_none());
        self.without_employee += u64::from(activity.who.employee.is_none());
    }
}

pub(crate) fn totals(scope: Scope<'_>, query: &ActivityQuery) -> Result<ActivityTotals, QueryError> {
    let sieve = scope.sieve::<Activity>(&query.filter)?;
    let columns = scope.columns::<Activity>(&query.group_by)?;
    let (mut groups, mut total) = (Groups::<ActivityTotal>::default(), ActivityTotal::default());
    if columns.is_empty() {
        groups.of(std::iter::empty());
    }
    for activity in scope.facts.activities.rows.iter().take_while(|activity| activity.opened <= scope.position) {
        if query.period.holds(activity.occurred_at) && scope.passes(&sieve, activity) {
            total.add(activity);
            groups.of(columns.iter().map(|column| scope.cell(activity, column))).add(activity);
        }
    }
    let groups = groups.into_sorted(scope).into_iter().map(|(key, total)| ActivityGroup { key, total }).collect();
    Ok(ActivityTotals { position: Position(scope.position), total, groups })
}
