//! Change name or contact data of an account; what is absent stays.

use serde::{Deserialize, Serialize};

use crate::ids::AccountId;
use crate::values::{Email, PersonName, Phone};

/// Change name or contact data of an account; what is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateAccount {
    /// The account.
    pub account: AccountId,
    /// The new name.
    #[serde(default)]
    pub name: Option<PersonName>,
    /// All e-mail addresses.
    #[serde(default)]
    pub emails: Option<Vec<Email>>,
    /// All phone numbers.
    #[serde(default)]
    pub phones: Option<Vec<Phone>>,
}
