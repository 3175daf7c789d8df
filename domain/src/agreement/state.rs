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
