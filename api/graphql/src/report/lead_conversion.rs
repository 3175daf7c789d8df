//! What became of leads.

use async_graphql::{Context, Object, SimpleObject};
use letopis_projections::reports::lead_conversion as report;

use super::columns::{GroupBy, GroupValue, ReportWhere, bounded, fields, period};
use crate::as_of::{self, AsOf};
use crate::error::{FieldError, FieldResult};
use crate::long::long;
use crate::scalars::{DateTime, Position};
use crate::values::{Money, count};

/// What became of the leads of a period.
#[derive(SimpleObject)]
pub struct LeadConversionReport {
    /// The position it was read at.
    position: Position,
    /// By the columns of `groupBy`; one group with an empty key without it.
    groups: Vec<LeadConversionGroup>,
}

/// What became of the leads of one group.
#[derive(SimpleObject)]
pub struct LeadConversionGroup {
    /// The values of the columns, in their order.
    key: Vec<GroupValue>,
    /// Leads received.
    leads: i32,
    /// Neither rejected nor converted nor set aside yet.
    open: i32,
    /// Rejected and not come back.
    rejected: i32,
    /// Set aside until a date.
    recycled: i32,
    /// Converted.
    converted: i32,
    /// Opportunities that came of them by conversion.
    opportunities: i32,
    /// Of these, won.
    won: i32,
    /// Of these, lost.
    lost: i32,
    /// Sums of the amounts of those won; one per currency.
    won_amount: Vec<Money>,
    /// `converted / leads`.
    conversion: Option<f64>,
    /// `won / leads`.
    won_rate: Option<f64>,
}

/// What became of leads.
#[derive(Default)]
pub struct LeadConversionQueries;

/// What became of leads.
#[Object]
impl LeadConversionQueries {
    /// What became of the leads received in a period, by source, campaign, owner or any custom attribute.
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the schema")]
    async fn lead_conversion(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only leads received at or after this instant.")] from: Option<DateTime>,
        #[graphql(desc = "Only leads received before this instant.")] to: Option<DateTime>,
        #[graphql(desc = "Only these leads.")] filter: Option<ReportWhere>,
        #[graphql(desc = "By which columns to divide.")] group_by: Option<Vec<GroupBy>>,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> FieldResult<LeadConversionReport> {
        let view = as_of::view(context, as_of).await?;
        let query = report::LeadConversionQuery {
            period: period(from, to),
            filter: filter.map(ReportWhere::into_where).transpose()?.unwrap_or_default(),
            group_by: fields(group_by),
        };
        let conversion = long(|| view.lead_conversion(&query)).await.map_err(FieldError::from)?;
        let group = |group: report::LeadConversionGroup| LeadConversionGroup {
            key: GroupValue::of_key(&group.key, conversion.position),
            leads: count(group.leads),
            open: count(group.open),
            rejected: count(group.rejected),
            recycled: count(group.recycled),
            converted: count(group.converted),
            opportunities: count(group.opportunities),
            won: count(group.won),
            lost: count(group.lost),
            won_amount: group.won_amount.into_iter().map(Into::into).collect(),
            conversion: group.conversion,
            won_rate: group.won_rate,
        };
        Ok(LeadConversionReport {
            position: Position(conversion.position),
            groups: bounded("groups", conversion.groups)?.into_iter().map(group).collect(),
        })
    }
}
