//! Move an employee to another team.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, TeamId};

/// Move an employee to another team.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferEmployee {
    /// The employee.
    pub employee: EmployeeId,
    /// The team to join; none = no team.
    #[serde(default)]
    pub team: Option<TeamId>,
}
