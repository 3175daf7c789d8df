//! Reserve a resource for a period on the ground of an agreement (R67).

use serde::{Deserialize, Serialize};

use crate::ids::{AgreementId, EmployeeId, ReservationId, ResourceId};
use crate::values::Period;

/// Reserve a resource for a period on the ground of an agreement (R67).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveResource {
    /// The new reservation.
    pub reservation: ReservationId,
    /// What to reserve.
    pub resource: ResourceId,
    /// For when.
    pub period: Period,
    /// The agreement it rests on.
    pub basis: AgreementId,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}
