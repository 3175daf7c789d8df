//! An agreement as its events tell it, with the reservations that rest on it.

use serde::Serialize;

use crate::activity::Subjects;
use crate::agreement::AgreementForm;
use crate::event::{Event, EventType, Recorded};
use crate::ids::{AgreementId, EmployeeId, ReservationId, ResourceId};
use crate::values::{Money, Period, Personal, PlainText, Timestamp};

/// A reservation that rests on an agreement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Reservation {
    /// Its id.
    pub id: ReservationId,
    /// What is reserved.
    pub resource: ResourceId,
    /// For when.
    pub period: Period,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// When it was made, by business time.
    pub reserved_at: Timestamp,
    /// When it was given up, by business time; none = it is held.
    pub released_at: Option<Timestamp>,
}

/// An agreement as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// With whom, or about what.
    pub subjects: Subjects,
    /// Who agreed for the company.
    pub employee: Option<EmployeeId>,
    /// Oral or written.
    pub form: AgreementForm,
    /// When it is in force.
    pub valid: Period,
    /// The agreement it renews.
    pub renews: Option<AgreementId>,
    /// The agreement that renews it.
    pub renewed_by: Option<AgreementId>,
    /// What it is worth.
    pub amount: Option<Money>,
    /// What was agreed.
    pub terms: Personal<PlainText>,
    /// When it was reached, by business time; none = there is no such agreement.
    pub reached_at: Option<Timestamp>,
    /// What it reserved, oldest first.
    pub reservations: Vec<Reservation>,
}

impl Agreement {
    /// The events it is made of.
    pub const TYPES: &'static [EventType] =
        &[EventType::AgreementReached, EventType::ResourceReserved, EventType::ReservationReleased];

    /// Whether it was ever reached.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.reached_at.is_some()
    }

    /// Whether it binds at this instant.
    #[must_use]
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.exists() && self.valid.contains(at)
    }

    /// Folds one of its events, in position order; others leave it as it is.
    pub fn evolve(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::AgreementReached(reached) if !self.exists() => {
                self.id = reached.agreement;
                self.subjects = reached.subjects;
                self.employee = reached.employee;
                self.form = reached.form;
                self.valid = reached.valid;
                self.renews = reached.renews;
                self.amount = reached.amount;
                self.terms = reached.personal.map(|terms| terms.subject.clone());
                self.reached_at = Some(recorded.occurred_at);
            }
            Event::AgreementReached(reached) if reached.renews == Some(self.id) => {
                self.renewed_by = Some(reached.agreement);
            }
            Event::ResourceReserved(reserved) if reserved.basis == self.id => self.reservations.push(Reservation {
                id: reserved.reservation,
                resource: reserved.resource,
                period: reserved.period,
                employee: reserved.employee,
                reserved_at: recorded.occurred_at,
                released_at: None,
            }),
            Event::ReservationReleased(released) => {
                for reservation in self.reservations.iter_mut().filter(|held| held.id == released.reservation) {
                    reservation.released_at = Some(recorded.occurred_at);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::{ReachAgreement, ReleaseReservation, ReserveResource};
    use crate::fixtures::{company, contract, days};
    use crate::query::Query;
    use crate::testing::{History, NOW, id};

    /// As an entity look-up reads it: only what carries the agreement's tag.
    fn folded(history: &History, agreement: u128) -> Agreement {
        let query = Query::about(&id::<AgreementId>(agreement), Agreement::TYPES);
        let mut folded = Agreement::default();
        for recorded in history.events() {
            if query.matches(recorded.event.event_type(), recorded.event.tags().as_slice()) {
                folded.evolve(recorded);
            }
        }
        folded
    }

    fn renewed() -> History {
        let reserve = |reservation, resource| ReserveResource {
            reservation: id(reservation),
            resource: id(resource),
            period: contract(1).valid,
            basis: id(1),
            employee: None,
        };
        let release = ReleaseReservation { reservation: id(6), employee: None };
        let renewal = ReachAgreement { valid: days("2026-01-01", None), renews: Some(id(1)), ..contract(2) };
        company().after(&contract(1)).after(&reserve(5, 90)).after(&reserve(6, 91)).after(&release).after(&renewal)
    }

    #[test]
    fn an_agreement_knows_its_renewal_and_each_keeps_its_own_terms() {
        let (first, second) = (folded(&renewed(), 1), folded(&renewed(), 2));
        assert_eq!((first.id, first.renews, first.renewed_by), (id(1), None, Some(id(2))));
        assert_eq!((second.id, second.renews, second.renewed_by), (id(2), Some(id(1)), None));
        assert_eq!((first.valid, second.valid), (contract(1).valid, days("2026-01-01", None)));
    }

    #[test]
    fn reservations_stand_with_the_agreement_they_rest_on() {
        let held = |agreement: &Agreement| -> Vec<(ResourceId, bool)> {
            agreement.reservations.iter().map(|held| (held.resource, held.released_at.is_none())).collect()
        };
        assert_eq!(held(&folded(&renewed(), 1)), [(id(90), true), (id(91), false)]);
        assert_eq!(held(&folded(&renewed(), 2)), [(id(90), true)]);
    }

    #[test]
    fn an_agreement_binds_within_its_validity() {
        let history = renewed();
        assert!(!folded(&history, 1).is_in_force(NOW));
        assert!(folded(&history, 2).is_in_force(NOW));
        assert!(!folded(&history, 3).is_in_force(NOW));
    }
}
