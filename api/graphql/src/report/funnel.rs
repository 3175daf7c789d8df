//! The sales funnel.

use async_graphql::{Context, Object, SimpleObject};
use letopis_domain::ids::{PipelineId, Position as LogPosition};
use letopis_projections::View;
use letopis_projections::reports::funnel as report;

use super::columns::{GroupBy, GroupValue, ReportWhere, bounded, fields, period};
use crate::as_of::{self, AsOf};
use crate::enums::StageCategory;
use crate::error::{FieldError, FieldResult};
use crate::ids::Given;
use crate::long::long;
use crate::object::link;
use crate::pipeline::Pipeline;
use crate::scalars::{DateTime, Position};
use crate::values::{Money, count};

/// The sales funnel of a period.
pub struct SalesFunnel {
    view: View,
    query: report::FunnelQuery,
    /// Without groups.
    whole: Vec<report::PipelineFunnel>,
}

/// The sales funnel of a period: what became of every entry into a stage. For every stage
/// `entered = advanced + returned + lost + won + movedElsewhere + stillThere`.
#[Object]
impl SalesFunnel {
    /// The position it was read at.
    async fn position(&self) -> Position {
        Position(self.view.position())
    }

    /// The stages of the pipeline that was asked for; of the one published first when none was.
    async fn stages(&self) -> Vec<StageFunnel> {
        self.whole.first().map(|funnel| funnel.stages.iter().map(Into::into).collect()).unwrap_or_default()
    }

    /// The stage of that pipeline which lets through the least, with at least 30 exits.
    async fn bottleneck(&self) -> Option<Bottleneck> {
        self.whole.first()?.bottleneck.as_ref().map(Into::into)
    }

    /// Every pipeline apart.
    async fn pipelines(&self) -> Vec<PipelineFunnel> {
        let at = self.view.position();
        self.whole.iter().map(|state| PipelineFunnel { state: state.clone(), at }).collect()
    }

    /// The funnel by the columns of `groupBy`; one group with an empty key without it.
    async fn groups(&self) -> FieldResult<Vec<FunnelGroup>> {
        let funnel = long(|| self.view.sales_funnel(&self.query)).await.map_err(FieldError::from)?;
        let at = funnel.position;
        let group = |group: report::FunnelGroup| FunnelGroup {
            key: GroupValue::of_key(&group.key, at),
            pipelines: group.pipelines.into_iter().map(|state| PipelineFunnel { state, at }).collect(),
        };
        Ok(bounded("groups", funnel.groups)?.into_iter().map(group).collect())
    }
}

/// The funnels of one group.
#[derive(SimpleObject)]
pub struct FunnelGroup {
    /// The values of the columns, in their order.
    key: Vec<GroupValue>,
    /// Every pipeline apart.
    pipelines: Vec<PipelineFunnel>,
}

/// The funnel of one pipeline.
pub struct PipelineFunnel {
    state: report::PipelineFunnel,
    at: LogPosition,
}

/// The funnel of one pipeline.
#[Object]
impl PipelineFunnel {
    /// The pipeline.
    async fn pipeline(&self, context: &Context<'_>) -> Option<FieldResult<Pipeline>> {
        link(context, Some(self.state.pipeline), self.at)
    }

    /// Its name in the latest version.
    async fn name(&self) -> &str {
        &self.state.name
    }

    /// Its latest version.
    async fn version(&self) -> u32 {
        self.state.version
    }

    /// The stages of the latest version in selling order, then those that only earlier versions had.
    async fn stages(&self) -> Vec<StageFunnel> {
        self.state.stages.iter().map(Into::into).collect()
    }

    /// The stage that lets through the least, with at least 30 exits.
    async fn bottleneck(&self) -> Option<Bottleneck> {
        self.state.bottleneck.as_ref().map(Into::into)
    }
}

/// What became of the entries into one stage.
#[derive(SimpleObject)]
pub struct StageFunnel {
    /// The stage's key.
    stage: String,
    /// Its name.
    name: String,
    /// What it means across pipelines.
    category: StageCategory,
    /// Entries, re-entries among them.
    entered: i32,
    /// Entries of deals that had been in this stage before.
    reentered: i32,
    /// Left for a later stage; skipping counts.
    advanced: i32,
    /// Left for an earlier stage.
    returned: i32,
    /// Lost from here.
    lost: i32,
    /// Won from here.
    won: i32,
    /// Left for another pipeline.
    moved_elsewhere: i32,
    /// Not left yet.
    still_there: i32,
    /// Sums of the amounts at exit, or as of now while still there; one per currency, never summed across.
    amount: Vec<Money>,
    /// Finished stays whose duration counts.
    durations: i32,
    /// Stays with a transition dated earlier than its predecessor; their durations do not count.
    early_transitions: i32,
    /// Median of the time in the stage over finished stays.
    median_seconds_in_stage: Option<f64>,
    /// 90th percentile of the time in the stage over finished stays.
    p90_seconds_in_stage: Option<f64>,
    /// `(advanced + won) / (entered - stillThere)`; null while none has left.
    conversion_to_next: Option<f64>,
}

impl From<&report::StageFunnel> for StageFunnel {
    fn from(stage: &report::StageFunnel) -> Self {
        Self {
            stage: stage.stage.clone(),
            name: stage.name.clone(),
            category: stage.category.into(),
            entered: count(stage.entered),
            reentered: count(stage.reentered),
            advanced: count(stage.advanced),
            returned: count(stage.returned),
            lost: count(stage.lost),
            won: count(stage.won),
            moved_elsewhere: count(stage.moved_elsewhere),
            still_there: count(stage.still_there),
            amount: stage.amount.iter().copied().map(Into::into).collect(),
            durations: count(stage.durations),
            early_transitions: count(stage.early_transitions),
            median_seconds_in_stage: stage.median_seconds_in_stage,
            p90_seconds_in_stage: stage.p90_seconds_in_stage,
            conversion_to_next: stage.conversion_to_next,
        }
    }
}

/// The stage that lets through the least.
#[derive(SimpleObject)]
pub struct Bottleneck {
    /// The stage's key.
    stage: String,
    /// Its conversion.
    conversion_to_next: f64,
    /// How many went on or were won.
    passed: i32,
    /// How many left, in whatever way.
    n: i32,
}

impl From<&report::Bottleneck> for Bottleneck {
    fn from(bottleneck: &report::Bottleneck) -> Self {
        Self {
            stage: bottleneck.stage.clone(),
            conversion_to_next: bottleneck.conversion_to_next,
            passed: count(bottleneck.passed),
            n: count(bottleneck.n),
        }
    }
}

/// The sales funnel.
#[derive(Default)]
pub struct FunnelQueries;

/// The sales funnel.
#[Object]
impl FunnelQueries {
    /// What became of every entry into a stage of a pipeline in a period.
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the schema")]
    async fn sales_funnel(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "One pipeline; each when absent.")] pipeline: Option<Given<PipelineId>>,
        #[graphql(desc = "Only stays entered at or after this instant.")] from: Option<DateTime>,
        #[graphql(desc = "Only stays entered before this instant.")] to: Option<DateTime>,
        #[graphql(desc = "Only these stays.")] filter: Option<ReportWhere>,
        #[graphql(desc = "By which columns to divide.")] group_by: Option<Vec<GroupBy>>,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> FieldResult<SalesFunnel> {
        let view = as_of::view(context, as_of).await?;
        let mut query = report::FunnelQuery {
            pipeline: pipeline.map(|pipeline| pipeline.known().unwrap_or_default()),
            period: period(from, to),
            filter: filter.map(ReportWhere::into_where).transpose()?.unwrap_or_default(),
            group_by: Vec::new(),
        };
        let whole = long(|| view.sales_funnel(&query)).await.map_err(FieldError::from)?.groups;
        query.group_by = fields(group_by);
        let whole = whole.into_iter().next().map(|group| group.pipelines).unwrap_or_default();
        Ok(SalesFunnel { view, query, whole })
    }
}
