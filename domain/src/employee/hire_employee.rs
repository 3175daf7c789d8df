//! Register an employee, human or system.

use serde::{Deserialize, Serialize};

use crate::employee::EmployeeKind;
use crate::ids::{EmployeeId, TeamId};
use crate::values::PersonName;

/// Register an employee, human or system.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HireEmployee {
    /// The new employee.
    pub employee: EmployeeId,
    /// Person or machine.
    pub kind: EmployeeKind,
    /// The first team.
    #[serde(default)]
    pub team: Option<TeamId>,
    /// The name.
    pub name: PersonName,
}
