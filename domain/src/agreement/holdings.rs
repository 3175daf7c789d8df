//! Who holds which resource for when: the reservations that were made and not given up (R67).

use std::collections::{BTreeMap, BTreeSet};

use crate::agreement::ResourceReserved;
use crate::event::{Event, EventType, Recorded};
use crate::ids::{AgreementId, Position, ReservationId, ResourceId, Tagged};
use crate::query::Query;
use crate::refusal::Conflict;
use crate::values::Period;

const TYPES: &[EventType] = &[EventType::ResourceReserved, EventType::ReservationReleased];

/// Another agreement holds the resource.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("resource {resource} is held by agreement {agreement} {period} (reservation {reservation})")]
pub struct Held {
    /// What is held.
    pub resource: ResourceId,
    /// The agreement that holds it.
    pub agreement: AgreementId,
    /// By which reservation.
    pub reservation: ReservationId,
    /// For when.
    pub period: Period,
    /// The event that reserved it.
    pub position: Position,
}

impl Held {
    /// What a caller can act on.
    pub(super) fn conflict(&self) -> Conflict {
        Conflict {
            position: Some(self.position),
            event_type: Some(EventType::ResourceReserved),
            holder: Some(self.agreement.tag().to_string()),
        }
    }
}

/// The living reservations read so far. The expiry of an agreement ends none: only a release does.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    living: BTreeMap<ReservationId, (Position, ResourceReserved)>,
}

impl Holdings {
    /// Adds to a boundary whatever was reserved or released of a resource, or on the ground of an agreement.
    pub(super) fn within(boundary: Query, entity: &impl Tagged) -> Query {
        boundary.or(entity, TYPES)
    }

    /// Folds one event.
    pub(super) fn evolve(&mut self, event: &Recorded) {
        match &event.event {
            Event::ResourceReserved(fact) => {
                self.living.insert(fact.reservation, (event.position, fact.clone()));
            }
            Event::ReservationReleased(fact) => {
                self.living.remove(&fact.reservation);
            }
            _ => {}
        }
    }

    /// What an agreement holds, oldest first.
    pub(super) fn of(&self, agreement: AgreementId) -> Vec<&ResourceReserved> {
        let mut held: Vec<_> = self.living.values().filter(|(_, reserved)| reserved.basis == agreement).collect();
        held.sort_by_key(|(position, _)| *position);
        held.into_iter().map(|(_, reserved)| reserved).collect()
    }

    /// Checks that nobody outside a line of agreements holds the resource in the period.
    ///
    /// # Errors
    /// The oldest reservation in the way.
    pub(super) fn check(
        &self,
        resource: ResourceId,
        period: &Period,
        line: &BTreeSet<AgreementId>,
    ) -> Result<(), Held> {
        let is_in_the_way = |reserved: &ResourceReserved| {
            reserved.resource == resource && reserved.period.overlaps(period) && !line.contains(&reserved.basis)
        };
        let in_the_way = self.living.values().filter(|(_, reserved)| is_in_the_way(reserved));
        in_the_way.min_by_key(|(position, _)| *position).map_or(Ok(()), |(position, reserved)| {
            Err(Held {
                resource,
                agreement: reserved.basis,
                reservation: reserved.reservation,
                period: reserved.period,
                position: *position,
            })
        })
    }
}
