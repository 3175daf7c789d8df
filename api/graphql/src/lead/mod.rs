//! Leads: inquiries until they are converted or rejected.

mod mutations;
mod queries;
mod types;

pub use mutations::LeadMutations;
pub use queries::LeadQueries;
pub use types::Lead;
