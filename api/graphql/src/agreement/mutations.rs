//! Commands on agreements and reservations.

use letopis_domain::ids::{AgreementId, EmployeeId, ReservationId, ResourceId};

use super::{Agreement, Reservation};
use crate::enums::AgreementForm;
use crate::ids::Given;
use crate::intake::{Fresh, MoneyInput, PeriodInput, SubjectsInput};
use crate::mutation::mutations;

mutations! {
    /// Commands on agreements and reservations.
    AgreementMutations;

    /// Records an oral or written agreement; a renewal carries the reservations of the renewed one over.
    reach_agreement(ReachAgreementInput => letopis_domain::agreement::ReachAgreement) -> ReachAgreementPayload {
        /// The agreement.
        agreement: Agreement, by |command| command.agreement
    } {
        /// The new agreement's id, or a UUID; made when absent.
        agreement: Fresh<AgreementId>,
        /// With whom, or about what: at least one.
        subjects: SubjectsInput,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
        /// Oral or written.
        form: AgreementForm,
        /// When it is in force.
        valid: PeriodInput,
        /// The agreement it renews, which is with the same customer.
        renews: Option<Given<AgreementId>>,
        /// What it is worth.
        amount: Option<MoneyInput>,
        /// What was agreed.
        terms: String,
    }

    /// Reserves a resource for a period on the ground of an agreement.
    reserve_resource(ReserveResourceInput => letopis_domain::agreement::ReserveResource) -> ReserveResourcePayload {
        /// The reservation.
        reservation: Reservation, by |command| command.reservation
    } {
        /// The new reservation's id, or a UUID; made when absent.
        reservation: Fresh<ReservationId>,
        /// What to reserve: the id of a resource of the company, or a UUID. Resources need no registration; a new one
        /// is made when absent.
        resource: Fresh<ResourceId>,
        /// For when.
        period: PeriodInput,
        /// The agreement it rests on.
        basis: Given<AgreementId>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// Gives a reservation up.
    release_reservation(ReleaseReservationInput => letopis_domain::agreement::ReleaseReservation) -> ReleaseReservationPayload {
        /// The reservation.
        reservation: Reservation, by |command| command.reservation
    } {
        /// The reservation.
        reservation: Given<ReservationId>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }
}
