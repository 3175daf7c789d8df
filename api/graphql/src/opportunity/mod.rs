//! Opportunities: deals on their way through a pipeline.

mod mutations;
mod queries;
mod types;

pub use mutations::OpportunityMutations;
pub use queries::OpportunityQueries;
pub use types::Opportunity;
