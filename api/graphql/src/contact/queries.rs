//! Questions about contacts.

use letopis_domain::ids::ContactId;
use letopis_projections::entries::ContactEntry;
use letopis_projections::value::Field;

use super::Contact;
use crate::lists::{IdFilter, TextFilter, TimeFilter, entity_queries, filter, order};
use crate::page::connection;

connection!(ContactConnection, ContactEdge, Contact, "contacts");

filter! {
    /// Which contacts; conditions side by side must all hold.
    ContactWhere {
        /// The contact itself.
        id: IdFilter => Field::Id,
        /// The account they belong to.
        account: IdFilter => Field::Account,
        /// Their part in the account.
        role: TextFilter => Field::Role,
        /// Who looks after them.
        owner: IdFilter => Field::Employee,
        /// The team of who looks after them.
        team: IdFilter => Field::Team,
        /// The business unit of who looks after them.
        unit: IdFilter => Field::Unit,
        /// The lead they came from.
        origin_lead: IdFilter => Field::Lead,
        /// When the contact was created.
        created_at: TimeFilter => Field::CreatedAt,
        /// When the contact last changed.
        changed_at: TimeFilter => Field::ChangedAt,
        ; attributes {
            /// A custom attribute.
            attribute => Field::Attribute,
        }
    }
}

order!(ContactOrder, ContactOrderField, "contacts" {
    /// When the contact was created.
    CreatedAt => Field::CreatedAt,
    /// When the contact last changed.
    ChangedAt => Field::ChangedAt,
    /// The part in the account.
    Role => Field::Role,
});

entity_queries! {
    ContactQueries;

    /// A contact by its id; null when there is none.
    one contact(ContactId) -> Contact;

    /// Contacts.
    many contacts(ContactWhere, ContactOrder) -> ContactConnection of ContactEntry;
}
