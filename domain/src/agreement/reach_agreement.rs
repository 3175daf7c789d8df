//! Record an oral or written agreement; a renewal carries the reservations of the renewed one over (R66, R67).
//!
//! A renewal reserves, in the same append and for its own validity, every resource that the renewed agreement
//! still holds, so that the end of a contract does not free what its renewal, oral or written, continues.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::activity::Subjects;
use crate::agreement::holdings::{Held, Holdings};
use crate::agreement::line::RenewalLine;
use crate::agreement::{AgreementForm, AgreementReached, AgreementTerms, ResourceReserved};
use crate::common::{Common, Existing};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{AgreementId, EmployeeId, Position, ReservationId, Tagged};
use crate::known::{Known, References};
use crate::limits;
use crate::query::Query;
use crate::refusal::{Conflict, Refusal, RefusalCode};
use crate::values::{Money, Period, Personal, PlainText};

/// Record an oral or written agreement; a renewal carries the reservations of the renewed one over (R66, R67).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReachAgreement {
    /// The new agreement.
    pub agreement: AgreementId,
    /// With whom, or about what: at least one.
    pub subjects: Subjects,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
    /// Oral or written.
    pub form: AgreementForm,
    /// When it is in force.
    pub valid: Period,
    /// The agreement it renews.
    #[serde(default)]
    pub renews: Option<AgreementId>,
    /// What it is worth.
    #[serde(default)]
    pub amount: Option<Money>,
    /// What was agreed.
    pub terms: PlainText,
}

/// Why the command is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Rejection {
    /// A rule that many commands share.
    #[error(transparent)]
    Common(#[from] Common),
    /// A line of renewals does not fork: whoever comes later renews the renewal.
    #[error("agreement {renewed} is renewed by agreement {by} already; renew that one")]
    RenewedAlready {
        /// The agreement named.
        renewed: AgreementId,
        /// The agreement that renews it.
        by: AgreementId,
        /// The event that says so.
        position: Position,
    },
    /// What the renewed agreement held was given to somebody else for the time of the renewal.
    #[error("the renewal cannot keep its place: {0}")]
    Held(Held),
}

impl Refusal for Rejection {
    fn code(&self) -> RefusalCode {
        match self {
            Self::Common(common) => common.code(),
            Self::RenewedAlready { .. } | Self::Held(_) => RefusalCode::Conflict,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Common(common) => common.field(),
            Self::RenewedAlready { .. } | Self::Held(_) => Some("renews"),
        }
    }

    fn conflict(&self) -> Option<Conflict> {
        match self {
            Self::Common(common) => common.conflict(),
            Self::RenewedAlready { by, position, .. } => Some(Conflict {
                position: Some(*position),
                event_type: Some(EventType::AgreementReached),
                holder: Some(by.tag().to_string()),
            }),
            Self::Held(held) => Some(held.conflict()),
        }
    }
}

/// What an agreement depends on: for a renewal also its line, and what the renewed agreement holds.
#[derive(Clone, Debug, Default)]
pub struct State {
    existing: Existing<AgreementReached>,
    known: Known,
    line: RenewalLine,
    holdings: Holdings,
}

impl ReachAgreement {
    fn references(&self) -> References {
        References::default()
            .to_subjects(&self.subjects)
            .to_any("employee", self.employee)
            .to_any("renews", self.renews)
    }

    /// What the renewed agreement still holds, for the time of the renewal. Several reservations of one resource
    /// become one.
    fn carried_over(&self, renewed: AgreementId, state: &State, at: &Circumstances) -> Result<Vec<Event>, Held> {
        let line = state.line.around(renewed);
        let mut events: Vec<Event> = Vec::new();
        let mut resources = Vec::new();
        for held in state.holdings.of(renewed) {
            if resources.contains(&held.resource) {
                continue;
            }
            resources.push(held.resource);
            state.holdings.check(held.resource, &self.valid, &line)?;
            let carried = ResourceReserved {
                reservation: carried_reservation(self.agreement, held.reservation),
                resource: held.resource,
                period: self.valid,
                basis: self.agreement,
                subjects: self.subjects,
                employee: at.employee(self.employee),
            };
            events.push(carried.into());
        }
        Ok(events)
    }
}

/// The id of the reservation by which a renewal continues an earlier one; the same two yield the same id.
fn carried_reservation(renewal: AgreementId, earlier: ReservationId) -> ReservationId {
    ReservationId(Uuid::new_v5(&renewal.0, earlier.0.as_bytes()))
}

impl Decision for ReachAgreement {
    type State = State;
    type Rejection = Rejection;

    fn boundary(&self, known: &State) -> Query {
        let own = Query::about(&self.agreement, &[EventType::AgreementReached]);
        let named = self.references().within(own);
        let Some(renewed) = self.renews else { return named };
        let with_line = Holdings::within(known.line.within(named, renewed), &renewed);
        let held = known.holdings.of(renewed);
        held.iter().fold(with_line, |query, reserved| Holdings::within(query, &reserved.resource))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        if let Some(fact) = AgreementReached::of(&event.event)
            && fact.agreement == self.agreement
        {
            state.existing.found(event.position, fact);
        }
        state.known.evolve(event);
        state.line.evolve(event);
        state.holdings.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        if self.subjects.is_empty() {
            return Err(Common::Required { field: "subjects" }.into());
        }
        if self.valid.is_empty() {
            return Err(Common::invalid("valid", "it ends before it begins").into());
        }
        limits::text("terms", Some(&self.terms))?;
        limits::amount("amount", self.amount.as_ref())?;
        state.known.check(&self.references())?;
        let reached = AgreementReached {
            agreement: self.agreement,
            subjects: self.subjects,
            employee: at.employee(self.employee),
            form: self.form,
            valid: self.valid,
            renews: self.renews,
            amount: self.amount,
            personal: Personal::Known(AgreementTerms { subject: self.terms.clone() }),
        };
        let mut events = state.existing.create("agreement", reached)?;
        if let Some(renewed) = self.renews
            && !events.is_empty()
        {
            if let Some((position, by)) = state.line.renewal_of(renewed) {
                return Err(Rejection::RenewedAlready { renewed, by, position });
            }
            events.extend(self.carried_over(renewed, state, at).map_err(Rejection::Held)?);
        }
        Ok(events)
    }
}
