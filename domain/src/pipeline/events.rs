//! Events of pipelines.

use serde::{Deserialize, Serialize};

use crate::fact::fact;
use crate::ids::PipelineId;

/// What a stage means across pipelines (R82).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StageCategory {
    /// Looking for a need.
    Prospecting,
    /// Finding out whether need, money and authority exist.
    Qualification,
    /// An offer is prepared or out.
    Proposal,
    /// Terms are discussed.
    Negotiation,
    /// Only formalities are left.
    Commitment,
}

/// One stage of a pipeline version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its code inside the pipeline, e.g. `PROPOSAL`.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// What it means across pipelines.
    pub category: StageCategory,
    /// Chance of winning from here, 0 to 100, where the company has set one.
    #[serde(default)]
    pub probability_percent: Option<u8>,
}

/// A stage of a version of a pipeline.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct StageRef {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// Its version, from 1.
    pub version: u32,
    /// The stage's key.
    pub stage: String,
}

/// A version of a pipeline was published; open deals keep the version they pinned until they move.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PipelinePublished {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// The version, one more than the last.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// The stages in selling order.
    pub stages: Vec<Stage>,
}
fact!(PipelinePublished, |event, tags| tags.add(&event.pipeline));
