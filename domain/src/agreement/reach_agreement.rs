//! Record an oral or written agreement; a renewal carries the reservations of the renewed one over (R66, R67).

use serde::{Deserialize, Serialize};

use crate::activity::Subjects;
use crate::agreement::AgreementForm;
use crate::ids::{AgreementId, EmployeeId};
use crate::values::{Money, Period, PlainText};

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
