//! The sales funnel: what became of every entry into a stage.
//!
//! A stay belongs to the period in which its entry occurred; its outcome is what is known at the report's position,
//! even after the period's end. For every stage of every report
//! `entered = advanced + returned + lost + won + moved_elsewhere + still_there`.

use std::collections::BTreeMap;

use letopis_domain::access::Fields;
use letopis_domain::ids::{PipelineId, Position};
use letopis_domain::pipeline::StageCategory;
use letopis_domain::values::Money;

use crate::filter::{QueryError, Where};
use crate::lists::Groups;
use crate::models::stays::{Exit, Stay};
use crate::names::Ref;
use crate::quantile::type7;
use crate::scope::{Between, Columns, Scope};
use crate::table::Sums;
use crate::value::{Field, Value};

/// What is asked of the funnel. Filters and groups read the columns of stays: owner (`Employee`), team, unit, source
/// and attributes as they were at entry.
#[derive(Clone, Debug, Default)]
pub struct FunnelQuery {
    /// One pipeline; none = each.
    pub pipeline: Option<PipelineId>,
    /// When the stage was entered.
    pub period: Between,
    /// Which stays.
    pub filter: Where,
    /// By which columns to divide; none = one group.
    pub group_by: Vec<Field>,
}

/// The funnel as of a position.
#[derive(Clone, PartialEq, Debug)]
pub struct SalesFunnel {
    /// The position it was read at.
    pub position: Position,
    /// One group per combination of values; exactly one, with an empty key, when no grouping was asked for.
    pub groups: Vec<FunnelGroup>,
}

/// The funnels of one group.
#[derive(Clone, PartialEq, Debug)]
pub struct FunnelGroup {
    /// The values of the columns by which was grouped.
    pub key: Vec<Value>,
    /// One per pipeline, in the order of their first publication.
    pub pipelines: Vec<PipelineFunnel>,
}

/// The funnel of one pipeline.
#[derive(Clone, PartialEq, Debug)]
pub struct PipelineFunnel {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// Its name in the latest version.
    pub name: String,
    /// Its latest version.
    pub version: u32,
    /// The stages of the latest version in selling order, then those that only earlier versions had.
    pub stages: Vec<StageFunnel>,
    /// The stage that lets through the least.
    pub bottleneck: Option<Bottleneck>,
}

/// What became of the entries into one stage.
#[derive(Clone, PartialEq, Debug)]
pub struct StageFunnel {
    /// The stage's key.
    pub stage: String,
    /// Its name.
    pub name: String,
    /// What it means across pipelines.
    pub category: StageCategory,
    /// Entries, re-entries among them.
    pub entered: u64,
    /// Entries of deals that had been in this stage before.
    pub reentered: u64,
    /// Left for a later stage, skipping counted.
    pub advanced: u64,
    /// Left for an earlier stage.
    pub returned: u64,
    /// Lost from here.
    pub lost: u64,
    /// Won from here.
    pub won: u64,
    /// Left for another pipeline.
    pub moved_elsewhere: u64,
    /// Not left yet.
    pub still_there: u64,
    /// Sums of the amounts at exit, or at the report's position while still there; one per currency.
    pub amount: Vec<Money>,
    /// Finished stays whose duration counts.
    pub durations: u64,
    /// Stays with a transition dated earlier than its predecessor; their durations do not count.
    pub early_transitions: u64,
    /// Median of the time in the stage over finished stays.
    pub median_seconds_in_stage: Option<f64>,
    /// 90th percentile of the same.
    pub p90_seconds_in_stage: Option<f64>,
    /// `(advanced + won) / (entered - still_there)`.
    pub conversion_to_next: Option<f64>,
}

/// The stage with the lowest conversion among those that at least 30 deals have left.
#[derive(Clone, PartialEq, Debug)]
pub struct Bottleneck {
    /// The stage's key.
    pub stage: String,
    /// Its conversion.
    pub conversion_to_next: f64,
    /// How many went on or were won.
    pub passed: u64,
    /// How many left, in whatever way.
    pub n: u64,
}

/// Fewer exits than this say too little about a stage.
pub const BOTTLENECK_SAMPLE_MIN: u64 = 30;

#[derive(Default)]
struct Tally {
    entered: u64,
    reentered: u64,
    advanced: u64,
    returned: u64,
    lost: u64,
    won: u64,
    moved_elsewhere: u64,
    still_there: u64,
    early_transitions: u64,
    amount: Sums,
    durations: Vec<i64>,
}

/// The tallies of one group by pipeline and stage.
type Stages = Vec<((Ref, Ref), Tally)>;

fn stage_of(stages: &mut Stages, key: (Ref, Ref)) -> &mut Tally {
    let place = stages.iter().position(|(found, _)| *found == key).unwrap_or(stages.len());
    if place == stages.len() {
        stages.push((key, Tally::default()));
    }
    &mut stages[place].1
}

impl Tally {
    fn add(&mut self, stay: &Stay, scope: Scope<'_>) {
        self.entered += 1;
        self.reentered += u64::from(stay.is_reentry);
        let is_over = stay.closed != 0 && stay.closed <= scope.position;
        let exit = if is_over { stay.exit } else { Exit::None };
        let is_early = stay.is_entry_early || (is_over && stay.is_exit_early);
        self.early_transitions += u64::from(is_early);
        match exit {
            Exit::None => self.still_there += 1,
            Exit::Advanced => self.advanced += 1,
            Exit::Returned => self.returned += 1,
            Exit::MovedElsewhere => self.moved_elsewhere += 1,
            Exit::Won => self.won += 1,
            Exit::Lost => self.lost += 1,
        }
        let is_shown = stay.fields(scope).holds(Fields::MONEY);
        let amount = if is_over {
            if !is_early {
                self.durations.push(stay.exited_at.saturating_sub(stay.entered_at));
            }
            stay.amount
        } else {
            let opportunity = scope.facts.opportunities.versions.as_of(stay.opportunity, scope.position);
            opportunity.and_then(|version| version.columns.amount)
        };
        if let Some(amount) = amount.filter(|_| is_shown) {
            self.amount.add(amount);
        }
    }

    fn into_stage(mut self, named: &Named) -> StageFunnel {
        let left = self.entered - self.still_there;
        let seconds = |micros: f64| micros / 1e6;
        StageFunnel {
            stage: named.key.clone(),
            name: named.name.clone(),
            category: named.category,
            entered: self.entered,
            reentered: self.reentered,
            advanced: self.advanced,
            returned: self.returned,
            lost: self.lost,
            won: self.won,
            moved_elsewhere: self.moved_elsewhere,
            still_there: self.still_there,
            amount: self.amount.into_sorted(),
            durations: self.durations.len() as u64,
            early_transitions: self.early_transitions,
            median_seconds_in_stage: type7(&mut self.durations, 0.5).map(seconds),
            p90_seconds_in_stage: type7(&mut self.durations, 0.9).map(seconds),
            conversion_to_next: ratio(self.advanced + self.won, left),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of deals stay far below 2^52")]
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A stage as its pipeline names it.
struct Named {
    key: String,
    name: String,
    category: StageCategory,
}

/// A pipeline with the stages of all its versions, those of the latest first.
struct Shape {
    pipeline: PipelineId,
    reference: Ref,
    name: String,
    version: u32,
    stages: Vec<(Ref, Named)>,
}

fn shapes(scope: Scope<'_>, only: Option<PipelineId>) -> Vec<Shape> {
    let mut versions: BTreeMap<u64, Vec<_>> = BTreeMap::new();
    let mut first: Vec<(PipelineId, u64)> = Vec::new();
    let published = scope.facts.published.pipelines.iter().filter(|published| published.opened <= scope.position);
    for published in published.filter(|published| only.is_none_or(|only| only == published.content.pipeline)) {
        let pipeline = published.content.pipeline;
        let opened = first.iter().find(|(id, _)| *id == pipeline).map_or(published.opened, |(_, opened)| *opened);
        if opened == published.opened {
            first.push((pipeline, opened));
        }
        versions.entry(opened).or_default().push(&published.content);
    }
    let shape = |versions: Vec<&letopis_domain::pipeline::PipelinePublished>| {
        let latest = versions.last()?;
        let mut stages: Vec<(Ref, Named)> = Vec::new();
        for stage in versions.iter().rev().flat_map(|version| &version.stages) {
            let reference = scope.facts.names.texts.find(stage.key.as_str());
            if !stages.iter().any(|(known, _)| *known == reference) {
                let named = Named { key: stage.key.clone(), name: stage.name.clone(), category: stage.category };
                stages.push((reference, named));
            }
        }
        Some(Shape {
            pipeline: latest.pipeline,
            reference: scope.facts.names.find(latest.pipeline),
            name: latest.name.clone(),
            version: latest.version,
            stages,
        })
    };
    versions.into_values().filter_map(shape).collect()
}

fn bottleneck(stages: &[StageFunnel]) -> Option<Bottleneck> {
    let mut lowest: Option<Bottleneck> = None;
    for stage in stages {
        let n = stage.entered - stage.still_there;
        let Some(conversion_to_next) = stage.conversion_to_next.filter(|_| n >= BOTTLENECK_SAMPLE_MIN) else {
            continue;
        };
        if lowest.as_ref().is_none_or(|lowest| conversion_to_next < lowest.conversion_to_next) {
            let passed = stage.advanced + stage.won;
            lowest = Some(Bottleneck { stage: stage.stage.clone(), conversion_to_next, passed, n });
        }
    }
    lowest
}

pub(crate) fn funnel(scope: Scope<'_>, query: &FunnelQuery) -> Result<SalesFunnel, QueryError> {
    let sieve = scope.sieve::<Stay>(&query.filter)?;
    let columns = scope.columns::<Stay>(&query.group_by)?;
    let only = query.pipeline.map(|pipeline| scope.facts.names.find(pipeline));
    let mut groups = Groups::<Stages>::default();
    if columns.is_empty() {
        groups.of(std::iter::empty());
    }
    for stay in scope.facts.stays.rows.iter().take_while(|stay| stay.opened <= scope.position) {
        let is_meant = only.is_none_or(|only| stay.stage.pipeline == only)
            && query.period.holds(stay.entered_at)
            && scope.passes(&sieve, stay);
        if is_meant {
            let stages = groups.of(columns.iter().map(|column| scope.cell(stay, column)));
            stage_of(stages, (stay.stage.pipeline, stay.stage.stage)).add(stay, scope);
        }
    }
    let shapes = shapes(scope, query.pipeline);
    let groups = groups.into_sorted(scope).into_iter().map(|(key, mut stages)| {
        let pipelines = shapes.iter().map(|shape| {
            let stages: Vec<_> = shape
                .stages
                .iter()
                .map(|(stage, named)| {
                    std::mem::take(stage_of(&mut stages, (shape.reference, *stage))).into_stage(named)
                })
                .collect();
            let bottleneck = bottleneck(&stages);
            let (pipeline, name, version) = (shape.pipeline, shape.name.clone(), shape.version);
            PipelineFunnel { pipeline, name, version, stages, bottleneck }
        });
        FunnelGroup { key, pipelines: pipelines.collect() }
    });
    Ok(SalesFunnel { position: Position(scope.position), groups: groups.collect() })
}
