//! Agreements, oral ones first-class, and the resources they hold.

mod mutations;
mod queries;
mod types;

pub use mutations::AgreementMutations;
pub use queries::{AgreementQueries, ReservationQueries};
pub use types::{Agreement, Reservation};
