//! Events of rights: roles and absences.

use serde::{Deserialize, Serialize};

use super::role::{Reach, Role};
use crate::fact::fact;
use crate::ids::{AbsenceId, EmployeeId};
use crate::values::Period;

/// An employee got a role, or another reach of one they have.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RoleGranted {
    /// The employee.
    pub employee: EmployeeId,
    /// The role.
    pub role: Role,
    /// How far it reaches.
    pub reach: Reach,
}
fact!(RoleGranted, |event, tags| tags.add(&event.employee));

/// An employee lost a role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RoleRevoked {
    /// The employee.
    pub employee: EmployeeId,
    /// The role.
    pub role: Role,
}
fact!(RoleRevoked, |event, tags| tags.add(&event.employee));

/// An employee is away, and somebody stands in: sees meanwhile what they see as the owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AbsenceDeclared {
    /// The absence.
    pub absence: AbsenceId,
    /// Who is away.
    pub employee: EmployeeId,
    /// Who stands in.
    pub substitute: EmployeeId,
    /// From when to when; without an end until it is ended.
    pub period: Period,
}
fact!(AbsenceDeclared, |event, tags| {
    tags.add(&event.absence);
    tags.add(&event.employee);
    tags.add(&event.substitute);
});

/// An absence is over, or was called off.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AbsenceEnded {
    /// The absence.
    pub absence: AbsenceId,
    /// Who was away.
    pub employee: EmployeeId,
    /// Who stood in.
    pub substitute: EmployeeId,
}
fact!(AbsenceEnded, |event, tags| {
    tags.add(&event.absence);
    tags.add(&event.employee);
    tags.add(&event.substitute);
});
