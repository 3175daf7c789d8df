//! Events of accounts.

use serde::{Deserialize, Serialize};

use crate::access::Withholding;
use crate::fact::fact;
use crate::ids::{AccountId, EmployeeId, LeadId, SubjectId};
use crate::query::Tags;
use crate::values::{Email, PersonName, Personal, PersonalValues, Phone, WithAttributes, lookup};

/// What an account is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountKind {
    /// An organization.
    #[default]
    Company,
    /// A person who buys for themselves.
    Private,
}

/// Name and contact data of an account.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AccountDetails {
    /// The name.
    pub name: PersonName,
    /// E-mail addresses.
    pub emails: Vec<Email>,
    /// Phone numbers.
    pub phones: Vec<Phone>,
}

impl PersonalValues for AccountDetails {
    fn add_lookups(&self, lookups: &mut Tags) {
        lookup::add_all(&self.emails, &self.phones, lookups);
    }

    fn withhold(&mut self, withholding: &Withholding<'_>) {
        withholding.name(&mut self.name);
        withholding.contact_data(&mut self.emails, &mut self.phones);
    }
}

/// An account was created.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountCreated {
    /// The account.
    pub account: AccountId,
    /// The data subject whose data `personal` holds.
    pub subject: SubjectId,
    /// Company or private customer.
    pub kind: AccountKind,
    /// The account manager.
    pub owner: Option<EmployeeId>,
    /// The account above it, e.g. the holding company.
    pub parent: Option<AccountId>,
    /// The lead it came from.
    pub origin_lead: Option<LeadId>,
    /// Version of the definitions that the attributes were checked against; 0 = there are none.
    pub attributes_version: u32,
    /// Name, contact data and custom attributes.
    #[serde(skip)]
    pub personal: Personal<WithAttributes<AccountDetails>>,
}
fact!(AccountCreated, personal WithAttributes<AccountDetails>, about subject, |event, tags| {
    tags.add(&event.account);
    tags.add_all(&event.origin_lead);
    tags.add_all(&event.owner);
});

/// The new name and contact data of an account, whole.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountUpdated {
    /// The account.
    pub account: AccountId,
    /// The data subject whose data `personal` holds.
    pub subject: SubjectId,
    /// Name and contact data after the change.
    #[serde(skip)]
    pub personal: Personal<AccountDetails>,
}
fact!(AccountUpdated, personal AccountDetails, about subject, |event, tags| tags.add(&event.account));

/// An account got another owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountOwnerAssigned {
    /// The account.
    pub account: AccountId,
    /// The owner before.
    pub from: Option<EmployeeId>,
    /// The owner now.
    pub to: Option<EmployeeId>,
}
fact!(AccountOwnerAssigned, |event, tags| {
    tags.add(&event.account);
    tags.add_all(&event.from);
    tags.add_all(&event.to);
});
