//! Tasks: work with a due time.

mod mutations;
mod queries;
mod types;

pub use mutations::TaskMutations;
pub use queries::TaskQueries;
pub use types::Task;
