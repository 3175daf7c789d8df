//! Record that an employee left.

use serde::{Deserialize, Serialize};

use crate::ids::EmployeeId;

/// Record that an employee left.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseEmployee {
    /// The employee.
    pub employee: EmployeeId,
}
