//! Give a reservation up.

use serde::{Deserialize, Serialize};

use crate::agreement::{ReservationReleased, ResourceReserved};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Recorded};
use crate::ids::{EmployeeId, ReservationId, Tagged};
use crate::known::{Known, References};
use crate::query::Query;

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

/// What giving up depends on.
#[derive(Clone, Debug, Default)]
pub struct State {
    reserved: Option<ResourceReserved>,
    is_released: bool,
    known: Known,
}

impl ReleaseReservation {
    fn references(&self) -> References {
        References::default().to_any("employee", self.employee)
    }
}

impl Decision for ReleaseReservation {
    type State = State;
    type Rejection = Common;

    fn boundary(&self, _known: &State) -> Query {
        let types = &[EventType::ResourceReserved, EventType::ReservationReleased];
        self.references().within(Query::about(&self.reservation, types))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        match &event.event {
            Event::ResourceReserved(fact) => state.reserved = Some(fact.clone()),
            Event::ReservationReleased(_) => state.is_released = true,
            _ => {}
        }
        state.known.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        let Some(reserved) = &state.reserved else {
            return Err(Common::NotFound { field: "reservation", tag: self.reservation.tag() });
        };
        if state.is_released {
            return Ok(Vec::new());
        }
        state.known.check(&self.references())?;
        let released = ReservationReleased {
            reservation: self.reservation,
            resource: reserved.resource,
            basis: reserved.basis,
            subjects: reserved.subjects,
            employee: at.employee(self.employee),
        };
        Ok(vec![released.into()])
    }
}
