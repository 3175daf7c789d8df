//! Pipelines: the stages a deal passes, published as versions (R2).

mod events;
mod publish_pipeline;
mod versions;

pub use events::*;
pub use publish_pipeline::PublishPipeline;
pub use versions::{Pipeline, Pipelines};
