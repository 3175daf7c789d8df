//! Opportunities: deals on their way through a pipeline.

mod assign_opportunity_owner;
mod deal;
mod events;
mod lose_opportunity;
mod move_opportunity;
mod open_opportunity;
mod reopen_opportunity;
mod revise_opportunity;
mod state;
mod win_opportunity;

#[cfg(test)]
mod properties;

pub use assign_opportunity_owner::AssignOpportunityOwner;
pub use events::*;
pub use lose_opportunity::LoseOpportunity;
pub use move_opportunity::MoveOpportunity;
pub use open_opportunity::OpenOpportunity;
pub use reopen_opportunity::ReopenOpportunity;
pub use revise_opportunity::ReviseOpportunity;
pub use state::{Opportunity, OpportunityStatus, ProbabilityDeclaration, StageStay};
pub use win_opportunity::WinOpportunity;
