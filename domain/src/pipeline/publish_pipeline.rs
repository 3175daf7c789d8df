//! Publish the first or the next version of a pipeline.

use serde::{Deserialize, Serialize};

use crate::ids::PipelineId;
use crate::pipeline::Stage;

/// Publish the first or the next version of a pipeline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishPipeline {
    /// The pipeline.
    pub pipeline: PipelineId,
    /// Its name.
    pub name: String,
    /// The stages in selling order, at least one.
    pub stages: Vec<Stage>,
}
