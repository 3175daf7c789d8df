//! Create a contact.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ContactId, EmployeeId, SubjectId};
use crate::values::{Attributes, Email, PersonName, Phone};

/// Create a contact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateContact {
    /// The new contact.
    pub contact: ContactId,
    /// The data subject.
    pub subject: SubjectId,
    /// The name.
    pub name: PersonName,
    /// E-mail addresses.
    #[serde(default)]
    pub emails: Vec<Email>,
    /// Phone numbers.
    #[serde(default)]
    pub phones: Vec<Phone>,
    /// The account they belong to.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// Their part in the account.
    #[serde(default)]
    pub role: Option<String>,
    /// Who looks after them.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
    /// Custom attributes, checked against the published definitions.
    #[serde(default)]
    pub attributes: Attributes,
}
