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

    fn subject(&self) -> Query {
        Query::about(&self.reservation, &[])
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::ReserveResource;
    use crate::fixtures::{SELLER, company, contract, customer, days};
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    fn reserved() -> History {
        company().after(&contract(1)).after(&ReserveResource {
            reservation: id(5),
            resource: id(90),
            period: days("2025-03-01", Some("2025-04-01")),
            basis: id(1),
            employee: None,
        })
    }

    #[test]
    fn a_reservation_is_given_up_once() {
        let release = ReleaseReservation { reservation: id(5), employee: Some(id(SELLER)) };
        let released = ReservationReleased {
            reservation: id(5),
            resource: id(90),
            basis: id(1),
            subjects: customer(),
            employee: Some(id(SELLER)),
        };
        reserved().when(&release).then([released.into()]).when(&release).then_nothing();
    }

    #[test]
    fn nothing_is_given_up_that_was_never_reserved_or_by_someone_unknown() {
        let unknown = ReleaseReservation { reservation: id(6), employee: None };
        assert_eq!(reserved().when(&unknown).then_refused(RefusalCode::NotFound).field.unwrap(), "reservation");
        let by_nobody = ReleaseReservation { reservation: id(5), employee: Some(id(99)) };
        assert_eq!(reserved().when(&by_nobody).then_refused(RefusalCode::NotFound).field.unwrap(), "employee");
    }
}
