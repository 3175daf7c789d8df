//! Questions about accounts.

use letopis_domain::ids::AccountId;
use letopis_projections::entries::AccountEntry;
use letopis_projections::value::Field;

use super::Account;
use crate::enums::AccountKind;
use crate::lists::{IdFilter, TimeFilter, entity_queries, enum_filter, filter, order};
use crate::page::connection;

connection!(AccountConnection, AccountEdge, Account, "accounts");

enum_filter!(AccountKindFilter of AccountKind);

filter! {
    /// Which accounts; conditions side by side must all hold.
    AccountWhere {
        /// The account itself.
        id: IdFilter => Field::Id,
        /// Company or private customer.
        kind: AccountKindFilter => Field::Kind,
        /// The account manager.
        owner: IdFilter => Field::Employee,
        /// The account manager's team.
        team: IdFilter => Field::Team,
        /// The account manager's business unit.
        unit: IdFilter => Field::Unit,
        /// The account above.
        parent: IdFilter => Field::Parent,
        /// The lead it came from.
        origin_lead: IdFilter => Field::Lead,
        /// When it was created.
        created_at: TimeFilter => Field::CreatedAt,
        /// When it last changed.
        changed_at: TimeFilter => Field::ChangedAt,
        ; attributes {
            /// A custom attribute.
            attribute => Field::Attribute,
        }
    }
}

order!(AccountOrder, AccountOrderField, "accounts" {
    /// When it was created.
    CreatedAt => Field::CreatedAt,
    /// When it last changed.
    ChangedAt => Field::ChangedAt,
    /// Company or private customer.
    Kind => Field::Kind,
});

entity_queries! {
    AccountQueries;

    /// An account by its id; null when there is none.
    one account(AccountId) -> Account;

    /// Accounts.
    many accounts(AccountWhere, AccountOrder) -> AccountConnection of AccountEntry;
}
