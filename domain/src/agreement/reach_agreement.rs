//! Record an oral or written agreement; a renewal carries the reservations of the renewed one over (R66, R67).
//!
//! A renewal reserves, in the same append and for its own validity, every resource that the renewed agreement
//! holds up to its end or during the renewal, so that the end of a contract does not free what its renewal, oral or
//! written, continues. What was held for a while and is over ends with its period. A line of renewals counts as one
//! holder, so it stays with one customer.

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
    /// A renewal goes on with the same customer; otherwise one resource would be promised to two.
    #[error(
        "agreement {renewed} is with another customer; a renewal names a lead, account, contact or deal of it, and no other account"
    )]
    AnotherCustomer {
        /// The agreement named.
        renewed: AgreementId,
    },
    /// What the renewed agreement held was given to somebody else for the time of the renewal.
    #[error("the renewal cannot keep its place: {0}")]
    Held(Held),
}

impl Refusal for Rejection {
    fn code(&self) -> RefusalCode {
        match self {
            Self::Common(common) => common.code(),
            Self::AnotherCustomer { .. } => RefusalCode::InvalidValue,
            Self::RenewedAlready { .. } | Self::Held(_) => RefusalCode::Conflict,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Common(common) => common.field(),
            Self::AnotherCustomer { .. } | Self::RenewedAlready { .. } | Self::Held(_) => Some("renews"),
        }
    }

    fn conflict(&self) -> Option<Conflict> {
        match self {
            Self::Common(common) => common.conflict(),
            Self::AnotherCustomer { .. } => None,
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

    /// What the renewed agreement holds up to its end, or while the renewal is in force.
    fn lasting<'a>(&self, renewed: AgreementId, state: &'a State) -> Vec<&'a ResourceReserved> {
        let valid = state.line.find(renewed).map(|agreement| agreement.valid);
        let mut held = state.holdings.of(renewed);
        held.retain(|held| {
            valid.is_some_and(|valid| held.period.reaches_end_of(&valid)) || held.period.overlaps(&self.valid)
        });
        held
    }

    /// What the renewed agreement goes on to hold, for the time of the renewal. Several reservations of one resource
    /// become one.
    fn carried_over(&self, renewed: AgreementId, state: &State, at: &Circumstances) -> Result<Vec<Event>, Held> {
        let line = state.line.around(renewed);
        let mut events: Vec<Event> = Vec::new();
        let mut resources = Vec::new();
        for held in self.lasting(renewed, state) {
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

    fn subject(&self) -> Query {
        self.renews
            .iter()
            .fold(self.subjects.within(Query::about(&self.agreement, &[])), |query, renewed| query.or(renewed, &[]))
    }

    fn boundary(&self, known: &State) -> Query {
        let own = Query::about(&self.agreement, &[EventType::AgreementReached]);
        let named = known.known.within(self.references().within(own), &self.subjects);
        let Some(renewed) = self.renews else { return named };
        let with_line = Holdings::within(known.line.within(named, renewed), &renewed);
        let held = known.holdings.of(renewed);
        held.iter().fold(with_line, |query, reserved| Holdings::within(query, &reserved.resource))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        if let Some(fact) = AgreementReached::of(&event.event)
            && fact.agreement == self.agreement
        {
            state.existing.found(event, fact);
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
        if self.terms.reveal().trim().is_empty() {
            return Err(Common::Required { field: "terms" }.into());
        }
        limits::text("terms", Some(&self.terms))?;
        limits::amount("amount", self.amount.as_ref())?;
        state.known.check(&self.references())?;
        let terms = AgreementTerms { subject: self.terms.clone() };
        let reached = AgreementReached {
            agreement: self.agreement,
            subjects: self.subjects,
            employee: at.employee(self.employee),
            form: self.form,
            valid: self.valid,
            renews: self.renews,
            amount: self.amount,
            data_subjects: state.known.seal(&self.subjects, &terms, "terms")?,
            personal: Personal::Known(terms),
        };
        let mut events = state.existing.create("agreement", reached, at)?;
        if let Some(renewed) = self.renews
            && !events.is_empty()
        {
            if !state.line.is_with_customer_of(renewed, &self.subjects) {
                return Err(Rejection::AnotherCustomer { renewed });
            }
            if let Some((position, by)) = state.line.renewal_of(renewed) {
                return Err(Rejection::RenewedAlready { renewed, by, position });
            }
            events.extend(self.carried_over(renewed, state, at).map_err(Rejection::Held)?);
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::{ReleaseReservation, ReserveResource};
    use crate::fixtures::{CONTACT, RIVAL, SELLER, account, company, contract, customer, customer_subject, days, eur};
    use crate::testing::{History, id};

    const BACK_PAGE: u128 = 90;

    fn reserve(reservation: u128, resource: u128, basis: u128, period: Period) -> ReserveResource {
        let (reservation, resource, basis) = (id(reservation), id(resource), id(basis));
        ReserveResource { reservation, resource, period, basis, employee: None }
    }

    /// By word of mouth, from the end of the contract on, nobody said until when.
    fn oral_renewal(agreement: u128, renews: u128) -> ReachAgreement {
        ReachAgreement {
            form: AgreementForm::Oral,
            valid: days("2026-01-01", None),
            renews: Some(id(renews)),
            ..contract(agreement)
        }
    }

    fn reached(agreement: &ReachAgreement) -> Event {
        let agreement = agreement.clone();
        AgreementReached {
            agreement: agreement.agreement,
            subjects: agreement.subjects,
            employee: agreement.employee,
            form: agreement.form,
            valid: agreement.valid,
            renews: agreement.renews,
            amount: agreement.amount,
            data_subjects: customer_subject(),
            personal: Personal::Known(AgreementTerms { subject: agreement.terms }),
        }
        .into()
    }

    fn contract_with_back_page() -> History {
        company().after(&contract(1)).after(&reserve(5, BACK_PAGE, 1, contract(1).valid))
    }

    #[test]
    fn an_expired_contract_does_not_free_a_slot_that_an_oral_renewal_holds() {
        let renewed = contract_with_back_page().after(&oral_renewal(2, 1));
        let rival = ReachAgreement { valid: days("2026-01-08", Some("2027-01-08")), ..contract(3) };
        let sold_again = reserve(6, BACK_PAGE, 3, days("2026-01-08", Some("2026-01-15")));
        let refused = renewed.after(&rival).when(&sold_again).then_refused(RefusalCode::Conflict);
        let conflict = refused.conflict.unwrap();
        assert_eq!(conflict.holder.unwrap(), format!("agreement:{}", id::<AgreementId>(2)));
        assert_eq!(conflict.event_type, Some(EventType::ResourceReserved));
        assert!(refused.message.contains(&format!("is held by agreement {}", id::<AgreementId>(2))));
        assert!(refused.message.contains("from 2026-01-01T00:00:00Z without end"));
    }

    #[test]
    fn a_renewal_carries_over_what_is_still_held() {
        let history = contract_with_back_page().after(&reserve(6, 91, 1, contract(1).valid));
        let history = history.after(&ReleaseReservation { reservation: id(6), employee: None });
        let renewal = oral_renewal(2, 1);
        let carried = ResourceReserved {
            reservation: carried_reservation(id(2), id(5)),
            resource: id(BACK_PAGE),
            period: renewal.valid,
            basis: id(2),
            subjects: customer(),
            employee: Some(id(SELLER)),
        };
        history.when(&renewal).then([reached(&renewal), carried.into()]);
    }

    #[test]
    fn a_week_that_is_over_is_not_carried_over() {
        let week = days("2025-03-03", Some("2025-03-10"));
        let history = company().after(&contract(1)).after(&reserve(5, BACK_PAGE, 1, week));
        let renewal = oral_renewal(2, 1);
        let renewed = history.clone().when(&renewal).then([reached(&renewal)]);
        let rival = ReachAgreement { valid: days("2026-01-01", None), ..contract(3) };
        renewed.after(&rival).when(&reserve(6, BACK_PAGE, 3, rival.valid)).then_accepted();
        let during = ReachAgreement { valid: days("2025-03-01", None), ..renewal };
        assert_eq!(history.clone().execute(&during).unwrap().len(), 2);
    }

    #[test]
    fn several_reservations_of_one_resource_are_carried_over_as_one() {
        let week = days("2025-03-03", Some("2025-03-10"));
        let renewal = oral_renewal(2, 1);
        let mut history = contract_with_back_page().after(&reserve(6, BACK_PAGE, 1, week));
        assert_eq!(history.execute(&renewal).unwrap().len(), 2);
    }

    #[test]
    fn a_renewal_whose_place_was_sold_meanwhile_is_refused_with_the_buyer_named() {
        let rival = ReachAgreement { valid: days("2026-01-01", Some("2027-01-01")), ..contract(3) };
        let history = contract_with_back_page().after(&rival).after(&reserve(6, BACK_PAGE, 3, rival.valid));
        let refused = history.when(&oral_renewal(2, 1)).then_refused(RefusalCode::Conflict);
        assert_eq!(refused.field.unwrap(), "renews");
        assert_eq!(refused.conflict.unwrap().holder.unwrap(), format!("agreement:{}", id::<AgreementId>(3)));
    }

    #[test]
    fn a_renewal_may_begin_before_the_end_of_what_it_renews() {
        let early = ReachAgreement { valid: days("2025-11-01", Some("2026-11-01")), ..oral_renewal(2, 1) };
        let later = ReachAgreement { valid: days("2025-12-01", None), ..oral_renewal(3, 2) };
        contract_with_back_page().after(&early).when(&later).then_accepted();
    }

    #[test]
    fn an_agreement_is_renewed_once_and_the_renewal_is_named() {
        let history = contract_with_back_page().after(&oral_renewal(2, 1));
        let written = ReachAgreement { form: AgreementForm::Written, ..oral_renewal(3, 1) };
        let refused = history.clone().when(&written).then_refused(RefusalCode::Conflict);
        assert_eq!(refused.conflict.unwrap().holder.unwrap(), format!("agreement:{}", id::<AgreementId>(2)));
        history.when(&ReachAgreement { renews: Some(id(2)), ..written }).then_accepted();
    }

    #[test]
    fn a_renewal_stays_with_the_customer() {
        let with = |agreement, renews, subjects| ReachAgreement { subjects, ..oral_renewal(agreement, renews) };
        let history = company().and(account(id(RIVAL))).after(&contract(1));
        let rival = Subjects { account: Some(id(RIVAL)), ..Subjects::default() };
        let person = Subjects { contact: Some(id(CONTACT)), ..Subjects::default() };
        for stranger in [rival, person] {
            let refused = history.clone().when(&with(2, 1, stranger)).then_refused(RefusalCode::InvalidValue);
            assert_eq!(refused.field.unwrap(), "renews");
        }
        let both = Subjects { contact: Some(id(CONTACT)), ..customer() };
        let renewed = history.after(&with(2, 1, both)).after(&with(3, 2, person));
        let by_the_same_person = Subjects { contact: Some(id(CONTACT)), ..rival };
        renewed.when(&with(4, 3, by_the_same_person)).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn an_agreement_has_a_subject_a_time_and_a_known_predecessor() {
        let refused = |change: fn(&mut ReachAgreement), code| {
            let mut command = contract(1);
            change(&mut command);
            company().when(&command).then_refused(code).field.unwrap()
        };
        assert_eq!(refused(|command| command.subjects = Subjects::default(), RefusalCode::Required), "subjects");
        assert_eq!(refused(|command| command.terms = " ".into(), RefusalCode::Required), "terms");
        assert_eq!(
            refused(|command| command.valid.until = Some(command.valid.from), RefusalCode::InvalidValue),
            "valid"
        );
        assert_eq!(refused(|command| command.renews = Some(id(99)), RefusalCode::NotFound), "renews");
        assert_eq!(refused(|command| command.renews = Some(command.agreement), RefusalCode::NotFound), "renews");
    }

    #[test]
    fn an_id_names_one_agreement() {
        let history = company().after(&contract(1)).when(&contract(1)).then_nothing();
        let dearer = ReachAgreement { amount: Some(eur(9)), ..contract(1) };
        history.when(&dearer).then_refused(RefusalCode::AlreadyExists);
    }
}
