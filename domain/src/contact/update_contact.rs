//! Change data of a contact; what is absent stays.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ContactId};
use crate::values::{Email, PersonName, Phone};

/// Change data of a contact; what is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateContact {
    /// The contact.
    pub contact: ContactId,
    /// The new name.
    #[serde(default)]
    pub name: Option<PersonName>,
    /// All e-mail addresses.
    #[serde(default)]
    pub emails: Option<Vec<Email>>,
    /// All phone numbers.
    #[serde(default)]
    pub phones: Option<Vec<Phone>>,
    /// The account to belong to.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The new part in the account.
    #[serde(default)]
    pub role: Option<String>,
}
