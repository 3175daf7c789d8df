//! Pipelines as clients see them.

use async_graphql::{Context, ID, Object, SimpleObject};
use letopis_domain::ids::{PipelineId, Position as LogPosition};
use letopis_domain::pipeline as domain;

use crate::enums::StageCategory;
use crate::error::FieldResult;
use crate::ids::global;
use crate::object::{link, object};
use crate::scalars::Position;
use crate::values::count;

object! {
    /// A pipeline with all its versions.
    Pipeline of domain::Pipeline
}

impl Pipeline {
    fn current_version(&self) -> Option<&domain::PipelinePublished> {
        self.state.current()
    }

    /// One stage of one version.
    pub fn find_stage(&self, version: u32, key: &str) -> Option<Stage> {
        let version = self.state.version(version)?;
        stages(version).into_iter().find(|stage| stage.key == key)
    }
}

/// A pipeline: the stages a deal passes, published as versions. Open deals keep the version they pinned.
#[Object]
impl Pipeline {
    /// Its global id.
    pub async fn id(&self) -> ID {
        self.current_version().map(|version| global::<PipelineId>(version.pipeline)).unwrap_or_default()
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
    async fn name(&self) -> Option<&str> {
        self.current_version().map(|version| version.name.as_str())
    }

    /// The version that new deals pin.
    async fn version(&self) -> Option<u32> {
        self.current_version().map(|version| version.version)
    }

    /// The stages of that version in selling order.
    async fn stages(&self) -> Vec<Stage> {
        self.current_version().map(stages).unwrap_or_default()
    }

    /// Every version, oldest first.
    async fn versions(&self) -> Vec<PipelineVersion> {
        let version = |version: &domain::PipelinePublished| PipelineVersion {
            version: version.version,
            name: version.name.clone(),
            stages: stages(version),
        };
        self.state.versions.iter().map(version).collect()
    }
}

/// A version of a pipeline.
#[derive(SimpleObject, Clone)]
pub struct PipelineVersion {
    /// The version, from 1.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// The stages in selling order.
    pub stages: Vec<Stage>,
}

/// A stage of a version of a pipeline.
#[derive(SimpleObject, Clone)]
pub struct Stage {
    /// Its code inside the pipeline.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// What it means across pipelines.
    pub category: StageCategory,
    /// Chance of winning from here, 0 to 100, where the company has set one.
    pub probability_percent: Option<u8>,
    /// Its place in selling order, from 0.
    pub index: i32,
}

fn stages(version: &domain::PipelinePublished) -> Vec<Stage> {
    let stage = |(index, stage): (usize, &domain::Stage)| Stage {
        key: stage.key.clone(),
        name: stage.name.clone(),
        category: stage.category.into(),
        probability_percent: stage.probability_percent,
        index: count(index),
    };
    version.stages.iter().enumerate().map(stage).collect()
}

/// A stage that a deal has pinned: it keeps its meaning when the pipeline changes.
pub struct PinnedStage {
    state: domain::StageRef,
    at: LogPosition,
}

impl PinnedStage {
    /// The stage, read as of a position.
    pub fn new(state: domain::StageRef, at: LogPosition) -> Self {
        Self { state, at }
    }

    fn stage(&self, context: &Context<'_>) -> Option<FieldResult<Stage>> {
        let pipeline = link::<Pipeline>(context, Some(self.state.pipeline), self.at)?;
        pipeline.map(|pipeline| pipeline.find_stage(self.state.version, &self.state.stage)).transpose()
    }
}

/// A stage that a deal has pinned: it keeps its meaning when the pipeline changes.
#[Object]
impl PinnedStage {
    /// Its code inside the pipeline.
    async fn key(&self) -> &str {
        &self.state.stage
    }

    /// Its name for people.
    async fn name(&self, context: &Context<'_>) -> Option<FieldResult<String>> {
        Some(self.stage(context)?.map(|stage| stage.name))
    }

    /// What it means across pipelines.
    async fn category(&self, context: &Context<'_>) -> Option<FieldResult<StageCategory>> {
        Some(self.stage(context)?.map(|stage| stage.category))
    }

    /// Chance of winning from here, 0 to 100, where the company has set one.
    async fn probability_percent(&self, context: &Context<'_>) -> Option<FieldResult<u8>> {
        self.stage(context)?.map(|stage| stage.probability_percent).transpose()
    }

    /// The version of the pipeline.
    async fn version(&self) -> u32 {
        self.state.version
    }

    /// The pipeline.
    async fn pipeline(&self, context: &Context<'_>) -> Option<FieldResult<Pipeline>> {
        link(context, Some(self.state.pipeline), self.at)
    }
}
