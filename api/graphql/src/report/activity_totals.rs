//! Totals of activities.

use async_graphql::{Context, Object, SimpleObject};
use letopis_projections::reports::activity_totals as report;

use super::columns::{GroupBy, GroupValue, ReportWhere, bounded, fields, period};
use crate::as_of::{self, AsOf};
use crate::error::{FieldError, FieldResult};
use crate::long::long;
use crate::scalars::{DateTime, Position};
use crate::values::{count, seconds};

/// Totals of the activities of a period.
#[derive(SimpleObject)]
pub struct ActivityTotals {
    /// The position they were read at.
    position: Position,
    /// Over all groups.
    total: ActivityTotal,
    /// By the columns of `groupBy`; one group with an empty key without it.
    groups: Vec<ActivityGroup>,
}

/// Totals of one group.
#[derive(SimpleObject)]
pub struct ActivityGroup {
    /// The values of the columns, in their order.
    key: Vec<GroupValue>,
    /// Its totals.
    total: ActivityTotal,
}

/// Sums over activities.
#[derive(SimpleObject)]
pub struct ActivityTotal {
    /// How many.
    count: i32,
    /// Sum of the known durations, to the millisecond.
    duration_seconds: f64,
    /// Calls and meetings whose duration is unknown.
    unknown_durations: i32,
    /// Activities that name no employee.
    without_employee: i32,
}

impl From<&report::ActivityTotal> for ActivityTotal {
    fn from(total: &report::ActivityTotal) -> Self {
        Self {
            count: count(total.count),
            duration_seconds: seconds(total.duration_ms),
            unknown_durations: count(total.unknown_durations),
            without_employee: count(total.without_employee),
        }
    }
}

/// Totals of activities.
#[derive(Default)]
pub struct ActivityTotalQueries;

/// Totals of activities.
#[Object]
impl ActivityTotalQueries {
    /// How many activities took place in a period and how long they lasted, by kind, employee or whatever column.
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the schema")]
    async fn activity_totals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only what happened at or after this instant.")] from: Option<DateTime>,
        #[graphql(desc = "Only what happened before this instant.")] to: Option<DateTime>,
        #[graphql(desc = "Only these activities.")] filter: Option<ReportWhere>,
        #[graphql(desc = "By which columns to divide.")] group_by: Option<Vec<GroupBy>>,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> FieldResult<ActivityTotals> {
        let view = as_of::view(context, as_of).await?;
        let query = report::ActivityQuery {
            period: period(from, to),
            filter: filter.map(ReportWhere::into_where).transpose()?.unwrap_or_default(),
            group_by: fields(group_by),
        };
        let totals = long(|| view.activity_totals(&query)).await.map_err(FieldError::from)?;
        let group = |group: &report::ActivityGroup| ActivityGroup {
            key: GroupValue::of_key(&group.key, totals.position),
            total: (&group.total).into(),
        };
        Ok(ActivityTotals {
            position: Position(totals.position),
            total: (&totals.total).into(),
            groups: bounded("groups", totals.groups)?.iter().map(group).collect(),
        })
    }
}
