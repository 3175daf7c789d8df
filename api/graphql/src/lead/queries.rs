//! Questions about leads.

use letopis_domain::ids::LeadId;
use letopis_projections::entries::LeadEntry;
use letopis_projections::value::Field;

use super::Lead;
use crate::enums::LeadStatus;
use crate::lists::{
    DateFilter, IdFilter, MoneyFilter, TextFilter, TimeFilter, entity_queries, enum_filter, filter, order,
};
use crate::page::connection;

connection!(LeadConnection, LeadEdge, Lead, "leads");

enum_filter!(LeadStatusFilter of LeadStatus);

filter! {
    /// Which leads; conditions side by side must all hold.
    LeadWhere {
        /// The lead itself.
        id: IdFilter => Field::Id,
        /// Where it stands.
        status: LeadStatusFilter => Field::Status,
        /// The owner.
        owner: IdFilter => Field::Employee,
        /// The owner's team.
        team: IdFilter => Field::Team,
        /// The owner's business unit.
        unit: IdFilter => Field::Unit,
        /// Where it came from.
        source: TextFilter => Field::Source,
        /// By which channel it came.
        channel: TextFilter => Field::Channel,
        /// The campaign that brought it.
        campaign: TextFilter => Field::Campaign,
        /// The reason of the rejection or recycling in force.
        reason: TextFilter => Field::Reason,
        /// What it may be worth.
        amount: MoneyFilter => Field::Amount,
        /// The account it became.
        account: IdFilter => Field::Account,
        /// The contact it became.
        contact: IdFilter => Field::Contact,
        /// The opportunity it became.
        opportunity: IdFilter => Field::Opportunity,
        /// When it arrived.
        received_at: TimeFilter => Field::CreatedAt,
        /// When it last changed.
        changed_at: TimeFilter => Field::ChangedAt,
        /// When it was rejected or converted.
        closed_at: TimeFilter => Field::ClosedAt,
        /// When to come back to it.
        revisit_on: DateFilter => Field::ExpectedOn,
        ; attributes {
            /// A custom attribute.
            attribute => Field::Attribute,
        }
    }
}

order!(LeadOrder, LeadOrderField, "leads" {
    /// When it arrived.
    ReceivedAt => Field::CreatedAt,
    /// When it last changed.
    ChangedAt => Field::ChangedAt,
    /// Where it stands.
    Status => Field::Status,
    /// Where it came from.
    Source => Field::Source,
    /// What it may be worth, inside one currency.
    Amount => Field::Amount,
    /// When to come back to it.
    RevisitOn => Field::ExpectedOn,
});

entity_queries! {
    LeadQueries;

    /// A lead by its id; null when there is none.
    one lead(LeadId) -> Lead;

    /// Leads.
    many leads(LeadWhere, LeadOrder) -> LeadConnection of LeadEntry;
}
