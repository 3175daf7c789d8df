//! Events of the company's own structure.

use serde::{Deserialize, Serialize};

use crate::access::Withholding;
use crate::fact::fact;
use crate::ids::{BusinessUnitId, EmployeeId, TeamId};
use crate::values::{PersonName, Personal, PersonalValues};

/// The company's profile, valid from this position on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CompanyProfilePublished {
    /// Name of the company.
    pub name: String,
    /// IANA time zone in which days and months are counted, e.g. `Europe/Amsterdam`.
    pub time_zone: chrono_tz::Tz,
}
fact!(CompanyProfilePublished, |_event, _tags| {});

/// A business unit was formed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BusinessUnitFormed {
    /// The unit.
    pub unit: BusinessUnitId,
    /// Its name.
    pub name: String,
}
fact!(BusinessUnitFormed, |event, tags| tags.add(&event.unit));

/// A team was formed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TeamFormed {
    /// The team.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// The team above it.
    pub parent: Option<TeamId>,
    /// The business unit it belongs to.
    pub unit: Option<BusinessUnitId>,
}
fact!(TeamFormed, |event, tags| {
    tags.add(&event.team);
    tags.add_all(&event.unit);
});

/// Whether a person or a machine acts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EmployeeKind {
    /// A person; detectors judge people.
    #[default]
    Human,
    /// A machine; detectors do not judge machines.
    System,
}

/// What is personal about an employee.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct EmployeeDetails {
    /// The name.
    pub name: PersonName,
}
impl PersonalValues for EmployeeDetails {
    fn withhold(&mut self, withholding: &Withholding<'_>) {
        withholding.name(&mut self.name);
    }
}

/// An employee began.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EmployeeHired {
    /// The employee.
    pub employee: EmployeeId,
    /// Person or machine.
    pub kind: EmployeeKind,
    /// The first team.
    pub team: Option<TeamId>,
    /// Name.
    #[serde(skip)]
    pub personal: Personal<EmployeeDetails>,
}
fact!(EmployeeHired, personal EmployeeDetails, about employee, |event, tags| {
    tags.add(&event.employee);
    tags.add_all(&event.team);
});

/// An employee changed the team.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EmployeeTransferred {
    /// The employee.
    pub employee: EmployeeId,
    /// The team left.
    pub from: Option<TeamId>,
    /// The team joined.
    pub to: Option<TeamId>,
}
fact!(EmployeeTransferred, |event, tags| {
    tags.add(&event.employee);
    tags.add_all(&event.from);
    tags.add_all(&event.to);
});

/// An employee left; what they did stays theirs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EmployeeLeft {
    /// The employee.
    pub employee: EmployeeId,
}
fact!(EmployeeLeft, |event, tags| tags.add(&event.employee));
