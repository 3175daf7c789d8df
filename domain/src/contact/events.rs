//! Events of contacts.

use serde::{Deserialize, Serialize};

use crate::access::Withholding;
use crate::fact::fact;
use crate::ids::{AccountId, ContactId, EmployeeId, LeadId, SubjectId};
use crate::query::Tags;
use crate::values::{Email, PersonName, Personal, PersonalValues, Phone, PlainText, WithAttributes, lookup};

/// Name, contact data and role of a person.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ContactDetails {
    /// The name.
    pub name: PersonName,
    /// E-mail addresses.
    pub emails: Vec<Email>,
    /// Phone numbers.
    pub phones: Vec<Phone>,
    /// Their part in the account, e.g. `purchaser`.
    pub role: Option<PlainText>,
}

impl PersonalValues for ContactDetails {
    fn add_lookups(&self, lookups: &mut Tags) {
        lookup::add_all(&self.emails, &self.phones, lookups);
    }

    fn withhold(&mut self, withholding: &Withholding<'_>) {
        withholding.name(&mut self.name);
        withholding.contact_data(&mut self.emails, &mut self.phones);
        withholding.personal(&mut self.role);
    }
}

/// A contact was created.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ContactCreated {
    /// The contact.
    pub contact: ContactId,
    /// The data subject; the lead's when it came from one.
    pub subject: SubjectId,
    /// The account they belong to.
    pub account: Option<AccountId>,
    /// Who looks after them.
    pub owner: Option<EmployeeId>,
    /// The lead they came from.
    pub origin_lead: Option<LeadId>,
    /// Version of the definitions that the attributes were checked against; 0 = there are none.
    pub attributes_version: u32,
    /// Name, contact data, role and custom attributes.
    #[serde(skip)]
    pub personal: Personal<WithAttributes<ContactDetails>>,
}
fact!(ContactCreated, personal WithAttributes<ContactDetails>, about subject, |event, tags| {
    tags.add(&event.contact);
    tags.add_all(&event.account);
    tags.add_all(&event.origin_lead);
    tags.add_all(&event.owner);
});

/// The new data of a contact, whole.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ContactUpdated {
    /// The contact.
    pub contact: ContactId,
    /// The data subject.
    pub subject: SubjectId,
    /// The account before.
    pub account_before: Option<AccountId>,
    /// The account after the change.
    pub account: Option<AccountId>,
    /// Name, contact data and role after the change.
    #[serde(skip)]
    pub personal: Personal<ContactDetails>,
}
fact!(ContactUpdated, personal ContactDetails, about subject, |event, tags| {
    tags.add(&event.contact);
    tags.add_all(&event.account_before);
    tags.add_all(&event.account);
});
