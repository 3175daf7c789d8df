//! Pipelines: the stages a deal passes, published as versions (R2).

mod events;
mod publish_pipeline;

pub use events::*;
pub use publish_pipeline::PublishPipeline;
