//! Reserve a resource for a period on the ground of an agreement (R67).
//!
//! The period lies within the agreement's validity (an oral one may be open-ended). A reservation stands until it
//! is released, and its id is never used again; agreements that renew one another count as one holder.

use serde::{Deserialize, Serialize};

use crate::agreement::holdings::{Held, Holdings};
use crate::agreement::line::RenewalLine;
use crate::agreement::{ReservationReleased, ResourceReserved};
use crate::common::{Common, Existing};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{AgreementId, EmployeeId, Position, ReservationId, ResourceId, Tagged};
use crate::known::{Known, References};
use crate::query::Query;
use crate::refusal::{Conflict, Refusal, RefusalCode};
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

/// Why the command is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Rejection {
    /// A rule that many commands share.
    #[error(transparent)]
    Common(#[from] Common),
    /// A promise does not outlive the agreement it rests on.
    #[error(
        "a reservation {period} reaches beyond agreement {basis}, which is valid {valid}; renew it, or shorten the period"
    )]
    BeyondValidity {
        /// The period asked for.
        period: Period,
        /// The agreement.
        basis: AgreementId,
        /// When it is in force.
        valid: Period,
    },
    /// Another agreement holds the resource.
    #[error(transparent)]
    Held(#[from] Held),
}

impl Refusal for Rejection {
    fn code(&self) -> RefusalCode {
        match self {
            Self::Common(common) => common.code(),
            Self::BeyondValidity { .. } => RefusalCode::InvalidValue,
            Self::Held(_) => RefusalCode::Conflict,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Common(common) => common.field(),
            Self::BeyondValidity { .. } | Self::Held(_) => Some("period"),
        }
    }

    fn conflict(&self) -> Option<Conflict> {
        match self {
            Self::Common(common) => common.conflict(),
            Self::BeyondValidity { .. } => None,
            Self::Held(held) => Some(held.conflict()),
        }
    }
}

/// What a reservation depends on: the history of the resource, and the agreement with its line of renewals.
#[derive(Clone, Debug, Default)]
pub struct State {
    existing: Existing<ResourceReserved>,
    released: Option<Position>,
    known: Known,
    line: RenewalLine,
    holdings: Holdings,
}

impl ReserveResource {
    fn references(&self) -> References {
        References::default().to_any("employee", self.employee)
    }
}

impl Decision for ReserveResource {
    type State = State;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Query::about(&self.reservation, &[]).or(&self.resource, &[]).or(&self.basis, &[])
    }

    fn boundary(&self, known: &State) -> Query {
        let own = Query::about(&self.reservation, &[EventType::ResourceReserved]);
        let named = self.references().within(own);
        Holdings::within(known.line.within(named, self.basis), &self.resource)
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        if let Some(fact) = ResourceReserved::of(&event.event)
            && fact.reservation == self.reservation
        {
            state.existing.found(event, fact);
        }
        if let Some(fact) = ReservationReleased::of(&event.event)
            && fact.reservation == self.reservation
        {
            state.released = Some(event.position);
        }
        state.known.evolve(event);
        state.line.evolve(event);
        state.holdings.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        if self.period.is_empty() {
            return Err(Common::invalid("period", "it ends before it begins").into());
        }
        state.known.check(&self.references())?;
        let Some(basis) = state.line.find(self.basis) else {
            return Err(Common::NotFound { field: "basis", tag: self.basis.tag() }.into());
        };
        if !basis.valid.covers(&self.period) {
            return Err(Rejection::BeyondValidity { period: self.period, basis: self.basis, valid: basis.valid });
        }
        let reserved = ResourceReserved {
            reservation: self.reservation,
            resource: self.resource,
            period: self.period,
            basis: self.basis,
            subjects: basis.subjects,
            employee: at.employee(self.employee),
        };
        let events = state.existing.create("reservation", reserved, at)?;
        if let Some(position) = state.released {
            let reason = "it was given up, reserve under another id".to_owned();
            let event_type = EventType::ReservationReleased;
            return Err(Common::Closed { field: "reservation", reason, position, event_type }.into());
        }
        if !events.is_empty() {
            state.holdings.check(self.resource, &self.period, &state.line.around(self.basis))?;
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::{ReachAgreement, ReleaseReservation};
    use crate::fixtures::{company, contract, customer, days};
    use crate::testing::{History, id};

    fn reserve(reservation: u128, basis: u128, period: Period) -> ReserveResource {
        ReserveResource { reservation: id(reservation), resource: id(90), period, basis: id(basis), employee: None }
    }

    fn two_contracts() -> History {
        company().after(&contract(1)).after(&contract(2))
    }

    #[test]
    fn a_reservation_is_for_whom_its_agreement_is() {
        let period = days("2025-03-01", Some("2025-04-01"));
        let reserved = ResourceReserved {
            reservation: id(5),
            resource: id(90),
            period,
            basis: id(1),
            subjects: customer(),
            employee: None,
        };
        two_contracts().when(&reserve(5, 1, period)).then([reserved.into()]);
    }

    #[test]
    fn an_overlap_is_refused_and_whoever_holds_the_resource_is_named() {
        let history = two_contracts().after(&reserve(5, 1, days("2025-03-01", Some("2025-04-01"))));
        let overlapping = reserve(6, 2, days("2025-03-31", Some("2025-05-01")));
        let refused = history.when(&overlapping).then_refused(RefusalCode::Conflict);
        assert_eq!(
            refused.to_string(),
            format!(
                "resource {} is held by agreement {} from 2025-03-01T00:00:00Z until 2025-04-01T00:00:00Z (reservation {})",
                id::<ResourceId>(90),
                id::<AgreementId>(1),
                id::<ReservationId>(5),
            )
        );
        assert_eq!(refused.field.unwrap(), "period");
        let conflict = refused.conflict.unwrap();
        assert_eq!(conflict.holder.unwrap(), format!("agreement:{}", id::<AgreementId>(1)));
        assert!(conflict.position.is_some());
    }

    #[test]
    fn one_period_may_begin_where_another_ends() {
        let history = two_contracts().after(&reserve(5, 1, days("2025-03-01", Some("2025-04-01"))));
        history.when(&reserve(6, 2, days("2025-04-01", Some("2025-05-01")))).then_accepted();
    }

    #[test]
    fn the_same_agreement_may_reserve_again() {
        let period = days("2025-03-01", Some("2025-04-01"));
        two_contracts().after(&reserve(5, 1, period)).when(&reserve(6, 1, period)).then_accepted();
    }

    #[test]
    fn what_was_released_is_free() {
        let period = days("2025-03-01", Some("2025-04-01"));
        let history = two_contracts().after(&reserve(5, 1, period));
        let released = history.after(&ReleaseReservation { reservation: id(5), employee: None });
        released.when(&reserve(6, 2, period)).then_accepted();
    }

    #[test]
    fn a_promise_does_not_outlive_its_agreement() {
        let beyond = reserve(5, 1, days("2025-12-01", Some("2026-02-01")));
        let refused = two_contracts().when(&beyond).then_refused(RefusalCode::InvalidValue);
        assert!(refused.message.contains("renew it, or shorten the period"), "{refused}");
        two_contracts().when(&reserve(5, 1, days("2025-12-01", None))).then_refused(RefusalCode::InvalidValue);
        let open_ended = ReachAgreement { valid: days("2025-01-01", None), ..contract(3) };
        company().after(&open_ended).when(&reserve(5, 3, days("2025-12-01", None))).then_accepted();
    }

    #[test]
    fn a_reservation_rests_on_an_agreement_and_lasts() {
        let period = days("2025-03-01", Some("2025-04-01"));
        let refused = company().when(&reserve(5, 1, period)).then_refused(RefusalCode::NotFound);
        assert_eq!(refused.field.unwrap(), "basis");
        let empty = days("2025-03-01", Some("2025-03-01"));
        two_contracts().when(&reserve(5, 1, empty)).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn an_id_names_one_reservation_for_ever() {
        let history = two_contracts().after(&reserve(5, 1, days("2025-03-01", Some("2025-04-01"))));
        let other = reserve(5, 1, days("2025-06-01", Some("2025-07-01")));
        history.clone().when(&other).then_refused(RefusalCode::AlreadyExists);
        let released = history.after(&ReleaseReservation { reservation: id(5), employee: None });
        released.clone().when(&other).then_refused(RefusalCode::AlreadyExists);
        let again = reserve(5, 1, days("2025-03-01", Some("2025-04-01")));
        let refused = released.when(&again).then_refused(RefusalCode::InvalidState);
        assert_eq!(refused.conflict.unwrap().event_type, Some(EventType::ReservationReleased));
    }
}
