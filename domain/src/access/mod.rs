//! Who may see and do what: roles and their reach, absences, and the policy that every answer and every command asks.

mod declare_absence;
mod duty;
mod end_absence;
mod events;
mod fields;
mod grant_role;
mod revoke_role;
mod role;
mod state;
mod withhold;

pub use declare_absence::DeclareAbsence;
pub use duty::{Duty, duty};
pub use end_absence::EndAbsence;
pub use events::*;
pub use fields::Fields;
pub use grant_role::GrantRole;
pub use revoke_role::RevokeRole;
pub use role::{Reach, Role};
pub use state::Absence;
pub use withhold::{WITHHELD, Withholding};
