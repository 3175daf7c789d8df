//! Typed custom attributes, published per kind of entity.

mod mutations;
mod queries;
mod types;

pub use mutations::AttributeMutations;
pub use queries::AttributeQueries;
pub use types::AttributeDefinitions;
