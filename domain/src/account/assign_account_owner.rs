//! Give an account to another owner, or to none.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, EmployeeId};

/// Give an account to another owner, or to none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignAccountOwner {
    /// The account.
    pub account: AccountId,
    /// The new owner.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
}
