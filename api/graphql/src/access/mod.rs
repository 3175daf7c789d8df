//! Who may see and do what, and who stands in for whom.

mod log;
mod mutations;
mod queries;
mod types;

pub use log::AccessLogQueries;
pub use mutations::AccessMutations;
pub use queries::AccessQueries;
pub use types::{Absence, RoleGrant, grants_of};
