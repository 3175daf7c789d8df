//! Reserve a resource for a period on the ground of an agreement (R67).
//!
//! The period lies within the agreement's validity (an oral one may be open-ended). A reservation stands until it
//! is released; agreements that renew one another count as one holder.

use serde::{Deserialize, Serialize};

use crate::agreement::ResourceReserved;
use crate::agreement::holdings::{Held, Holdings};
use crate::agreement::line::RenewalLine;
use crate::common::{Common, Existing};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{AgreementId, EmployeeId, ReservationId, ResourceId, Tagged};
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

    fn boundary(&self, known: &State) -> Query {
        let own = Query::about(&self.reservation, &[EventType::ResourceReserved]);
        let named = self.references().within(own);
        Holdings::within(known.line.within(named, self.basis), &self.resource)
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        if let Some(fact) = ResourceReserved::of(&event.event)
            && fact.reservation == self.reservation
        {
            state.existing.found(event.position, fact);
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
        let events = state.existing.create("reservation", reserved)?;
        if !events.is_empty() {
            state.holdings.check(self.resource, &self.period, &state.line.around(self.basis))?;
        }
        Ok(events)
    }
}
