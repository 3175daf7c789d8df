//! The company itself: profile, business units, teams, employees.

mod events;
mod form_business_unit;
mod form_team;
mod hire_employee;
mod publish_company_profile;
mod release_employee;
mod state;
mod transfer_employee;

pub use events::*;
pub use form_business_unit::FormBusinessUnit;
pub use form_team::FormTeam;
pub use hire_employee::HireEmployee;
pub use publish_company_profile::PublishCompanyProfile;
pub use release_employee::ReleaseEmployee;
pub use state::{BusinessUnit, Company, Employee, Team};
pub use transfer_employee::TransferEmployee;
