//! Commands on contacts.

use letopis_domain::ids::{AccountId, ContactId, EmployeeId, SubjectId};

use super::Contact;
use crate::ids::Given;
use crate::intake::{AttributeInput, Fresh};
use crate::mutation::mutations;

mutations! {
    /// Commands on contacts.
    ContactMutations;

    /// Creates a contact.
    create_contact(CreateContactInput => letopis_domain::contact::CreateContact) -> CreateContactPayload {
        /// The contact.
        contact: Contact, by |command| command.contact
    } {
        /// The new contact's id, or a UUID; made when absent.
        contact: Fresh<ContactId>,
        /// The data subject's id, or a UUID; made when absent.
        subject: Fresh<SubjectId>,
        /// The name.
        name: String,
        /// E-mail addresses.
        emails: Option<Vec<String>>,
        /// Phone numbers.
        phones: Option<Vec<String>>,
        /// The account they belong to.
        account: Option<Given<AccountId>>,
        /// Their part in the account.
        role: Option<String>,
        /// Who looks after them.
        owner: Option<Given<EmployeeId>>,
        /// Custom attributes.
        attributes: Option<Vec<AttributeInput>>,
    }

    /// Changes data of a contact; what is absent stays.
    update_contact(UpdateContactInput => letopis_domain::contact::UpdateContact) -> UpdateContactPayload {
        /// The contact.
        contact: Contact, by |command| command.contact
    } {
        /// The contact.
        contact: Given<ContactId>,
        /// The new name.
        name: Option<String>,
        /// All e-mail addresses.
        emails: Option<Vec<String>>,
        /// All phone numbers.
        phones: Option<Vec<String>>,
        /// The account to belong to.
        account: Option<Given<AccountId>>,
        /// The new part in the account.
        role: Option<String>,
    }
}
