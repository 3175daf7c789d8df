//! Create an account.

use serde::{Deserialize, Serialize};

use crate::account::AccountKind;
use crate::ids::{AccountId, EmployeeId, SubjectId};
use crate::values::{Attributes, Email, PersonName, Phone};

/// Create an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateAccount {
    /// The new account.
    pub account: AccountId,
    /// The data subject.
    pub subject: SubjectId,
    /// Company or private customer.
    pub kind: AccountKind,
    /// The name.
    pub name: PersonName,
    /// E-mail addresses.
    #[serde(default)]
    pub emails: Vec<Email>,
    /// Phone numbers.
    #[serde(default)]
    pub phones: Vec<Phone>,
    /// The account manager.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
    /// The account above it.
    #[serde(default)]
    pub parent: Option<AccountId>,
    /// Custom attributes, checked against the published definitions.
    #[serde(default)]
    pub attributes: Attributes,
}
