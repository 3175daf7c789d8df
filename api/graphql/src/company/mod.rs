//! The company itself: profile, business units, teams, employees.

mod mutations;
mod queries;
mod types;

pub use mutations::CompanyMutations;
pub use queries::{CompanyQueries, EmployeeQueries, TeamQueries};
pub use types::{BusinessUnit, Company, CompanyKey, Employee, Team};
