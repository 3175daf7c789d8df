//! Pipelines: the stages a deal passes, published as versions.

mod mutations;
mod queries;
mod types;

pub use mutations::PipelineMutations;
pub use queries::PipelineQueries;
pub use types::{PinnedStage, Pipeline};
