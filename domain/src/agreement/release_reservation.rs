//! Give a reservation up.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, ReservationId};

/// Give a reservation up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseReservation {
    /// The reservation.
    pub reservation: ReservationId,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}
