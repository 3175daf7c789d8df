//! Events of agreements and reservations.

use serde::{Deserialize, Serialize};

use crate::access::Withholding;
use crate::activity::Subjects;
use crate::fact::fact;
use crate::ids::{AgreementId, EmployeeId, ReservationId, ResourceId};
use crate::privacy::DataSubjects;
use crate::values::{Money, Period, Personal, PersonalValues, PlainText};

/// How an agreement was reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AgreementForm {
    /// By word of mouth.
    #[default]
    Oral,
    /// In writing.
    Written,
}

/// What was agreed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AgreementTerms {
    /// The subject of the agreement in words.
    pub subject: PlainText,
}
impl PersonalValues for AgreementTerms {
    fn withhold(&mut self, withholding: &Withholding<'_>) {
        withholding.words(&mut self.subject);
    }
}

/// An agreement was reached.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AgreementReached {
    /// The agreement.
    pub agreement: AgreementId,
    /// With whom, and about which deal.
    pub subjects: Subjects,
    /// Who agreed for the company.
    pub employee: Option<EmployeeId>,
    /// Oral or written.
    pub form: AgreementForm,
    /// When it is in force.
    pub valid: Period,
    /// The agreement it renews; reservations of that one follow in the same append.
    pub renews: Option<AgreementId>,
    /// What it is worth.
    pub amount: Option<Money>,
    /// Whom the personal part is about.
    pub data_subjects: DataSubjects,
    /// What was agreed.
    #[serde(skip)]
    pub personal: Personal<AgreementTerms>,
}
fact!(AgreementReached, personal AgreementTerms, about data_subjects, |event, tags| {
    tags.add(&event.agreement);
    tags.add_all(&event.renews);
    event.subjects.add_tags(tags);
    tags.add_all(&event.employee);
});

/// A resource was reserved for a period on the ground of an agreement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ResourceReserved {
    /// The reservation.
    pub reservation: ReservationId,
    /// What is reserved.
    pub resource: ResourceId,
    /// For when.
    pub period: Period,
    /// The agreement it rests on.
    pub basis: AgreementId,
    /// For whom.
    pub subjects: Subjects,
    /// By whom.
    pub employee: Option<EmployeeId>,
}
fact!(ResourceReserved, |event, tags| {
    tags.add(&event.reservation);
    tags.add(&event.resource);
    tags.add(&event.basis);
    event.subjects.add_tags(tags);
    tags.add_all(&event.employee);
});

/// A reservation was given up, with the consent that the company demands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReservationReleased {
    /// The reservation.
    pub reservation: ReservationId,
    /// What becomes free.
    pub resource: ResourceId,
    /// The agreement it rested on.
    pub basis: AgreementId,
    /// For whom it was.
    pub subjects: Subjects,
    /// By whom.
    pub employee: Option<EmployeeId>,
}
fact!(ReservationReleased, |event, tags| {
    tags.add(&event.reservation);
    tags.add(&event.resource);
    tags.add(&event.basis);
    event.subjects.add_tags(tags);
    tags.add_all(&event.employee);
});
