//! All published versions of pipelines, and the way from a stage's key to a pinned stage.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::common::Common;
use crate::event::{Event, EventType, Recorded};
use crate::ids::{PipelineId, Tagged};
use crate::pipeline::{PipelinePublished, Stage, StageRef};
use crate::query::Query;

/// One pipeline with all its versions, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pipeline {
    /// Its versions; version n stands at n - 1.
    pub versions: Vec<PipelinePublished>,
}

impl Pipeline {
    /// The events that change it.
    pub const TYPES: &[EventType] = &[EventType::PipelinePublished];

    /// Folds one event about it.
    pub fn evolve(&mut self, event: &Recorded) {
        if let Event::PipelinePublished(fact) = &event.event {
            self.versions.push(fact.clone());
        }
    }

    /// The version that new deals pin.
    #[must_use]
    pub fn current(&self) -> Option<&PipelinePublished> {
        self.versions.last()
    }

    /// A version, from 1.
    #[must_use]
    pub fn version(&self, version: u32) -> Option<&PipelinePublished> {
        self.versions.iter().find(|published| published.version == version)
    }
}

/// The pipelines that a decision or a report needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pipelines(BTreeMap<PipelineId, Pipeline>);

impl Pipelines {
    /// Adds a pipeline to a boundary.
    #[must_use]
    pub fn within(boundary: Query, pipeline: &PipelineId) -> Query {
        boundary.or(pipeline, Pipeline::TYPES)
    }

    /// Folds one event.
    pub fn evolve(&mut self, event: &Recorded) {
        if let Event::PipelinePublished(fact) = &event.event {
            self.0.entry(fact.pipeline).or_default().evolve(event);
        }
    }

    /// A pipeline, if it was published.
    #[must_use]
    pub fn pipeline(&self, pipeline: PipelineId) -> Option<&Pipeline> {
        self.0.get(&pipeline)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = (PipelineId, &Pipeline)> {
        self.0.iter().map(|(id, pipeline)| (*id, pipeline))
    }

    /// The stage of a pinned version, with its place from 0 in selling order.
    #[must_use]
    pub fn stage(&self, stage: &StageRef) -> Option<(usize, &Stage)> {
        let version = self.pipeline(stage.pipeline)?.version(stage.version)?;
        version.stages.iter().enumerate().find(|(_, candidate)| candidate.key == stage.stage)
    }

    /// Pins a stage in the current version of a pipeline; without a key its first stage.
    ///
    /// # Errors
    /// When the pipeline was never published, or its current version has no such stage.
    pub fn pin(&self, pipeline: PipelineId, stage: Option<&str>) -> Result<StageRef, Common> {
        let Some(current) = self.pipeline(pipeline).and_then(Pipeline::current) else {
            return Err(Common::NotFound { field: "pipeline", tag: pipeline.tag() });
        };
        current.pin(stage)
    }

    /// Pins a stage in a version that a deal has pinned already.
    ///
    /// # Errors
    /// When the version has no such stage.
    pub fn pin_in(&self, pinned: &StageRef, stage: &str) -> Result<StageRef, Common> {
        let Some(version) = self.pipeline(pinned.pipeline).and_then(|all| all.version(pinned.version)) else {
            return Err(Common::NotFound { field: "pipeline", tag: pinned.pipeline.tag() });
        };
        version.pin(Some(stage))
    }
}

impl PipelinePublished {
    /// The stage of this key; without a key the first.
    ///
    /// # Errors
    /// When there is no such stage.
    fn pin(&self, stage: Option<&str>) -> Result<StageRef, Common> {
        let found = match stage {
            None => self.stages.first(),
            Some(key) => self.stages.iter().find(|candidate| candidate.key == key),
        };
        let Some(found) = found else {
            let known: Vec<&str> = self.stages.iter().map(|candidate| candidate.key.as_str()).collect();
            let message = format!("no such stage in version {}, which has {}", self.version, known.join(", "));
            return Err(Common::invalid("stage", message));
        };
        Ok(StageRef { pipeline: self.pipeline, version: self.version, stage: found.key.clone() })
    }
}
