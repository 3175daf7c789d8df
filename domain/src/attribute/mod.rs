//! Typed custom attributes, published per entity (R104).

mod definitions;
mod events;
mod publish_attributes;
mod set_attributes;

pub use definitions::Definitions;
pub use events::*;
pub use publish_attributes::PublishAttributes;
pub use set_attributes::SetAttributes;
