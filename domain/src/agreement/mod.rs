//! Agreements, oral ones first-class, and the resources they hold (R66, R67).

mod events;
mod holdings;
mod line;
mod reach_agreement;
mod release_reservation;
mod reserve_resource;
mod state;

#[cfg(test)]
mod properties;

pub use events::*;
pub use reach_agreement::ReachAgreement;
pub use release_reservation::ReleaseReservation;
pub use reserve_resource::ReserveResource;
pub use state::{Agreement, Reservation};
