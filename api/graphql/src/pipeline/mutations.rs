//! Commands on pipelines.

use letopis_domain::ids::PipelineId;

use super::Pipeline;
use crate::enums::StageCategory;
use crate::intake::{Fresh, input};
use crate::mutation::mutations;

mutations! {
    /// Commands on pipelines.
    PipelineMutations;

    /// Publishes the first or the next version of a pipeline.
    publish_pipeline(PublishPipelineInput => letopis_domain::pipeline::PublishPipeline) -> PublishPipelinePayload {
        /// The pipeline.
        pipeline: Pipeline, by |command| command.pipeline
    } {
        /// The pipeline; a new one when absent.
        pipeline: Fresh<PipelineId>,
        /// Its name.
        name: String,
        /// The stages in selling order, at least one.
        stages: Vec<StageInput>,
    }
}

input! {
    /// A stage of a pipeline.
    StageInput => letopis_domain::pipeline::Stage {
        /// Its code inside the pipeline, e.g. `PROPOSAL`.
        key: String,
        /// Its name for people.
        name: String,
        /// What it means across pipelines.
        category: StageCategory,
        /// Chance of winning from here, 0 to 100, where the company has set one.
        probability_percent: Option<i32>,
    }
}
