//! Questions about opportunities.

use letopis_domain::ids::OpportunityId;
use letopis_projections::entries::OpportunityEntry;
use letopis_projections::value::Field;

use super::Opportunity;
use crate::enums::OpportunityStatus;
use crate::lists::{
    DateFilter, IdFilter, MoneyFilter, NumberFilter, TextFilter, TimeFilter, entity_queries, enum_filter, filter, order,
};
use crate::page::connection;

connection!(OpportunityConnection, OpportunityEdge, Opportunity, "opportunities");

enum_filter!(OpportunityStatusFilter of OpportunityStatus);

filter! {
    /// Which opportunities; conditions side by side must all hold.
    OpportunityWhere {
        /// The opportunity itself.
        id: IdFilter => Field::Id,
        /// Open, won or lost.
        status: OpportunityStatusFilter => Field::Status,
        /// The pipeline.
        pipeline: IdFilter => Field::Pipeline,
        /// The key of the stage.
        stage: TextFilter => Field::Stage,
        /// The seller.
        owner: IdFilter => Field::Employee,
        /// The seller's team.
        team: IdFilter => Field::Team,
        /// The seller's business unit.
        unit: IdFilter => Field::Unit,
        /// The customer.
        account: IdFilter => Field::Account,
        /// The person on the customer's side.
        contact: IdFilter => Field::Contact,
        /// The lead it came from.
        origin_lead: IdFilter => Field::Lead,
        /// The source of that lead.
        source: TextFilter => Field::Source,
        /// Why it was lost.
        loss_reason: TextFilter => Field::Reason,
        /// What it may be worth.
        amount: MoneyFilter => Field::Amount,
        /// The probability declared last, in percent.
        probability_percent: NumberFilter => Field::Probability,
        /// When it is expected to close.
        expected_close: DateFilter => Field::ExpectedOn,
        /// When it was opened.
        opened_at: TimeFilter => Field::CreatedAt,
        /// When it last changed.
        changed_at: TimeFilter => Field::ChangedAt,
        /// When it was won or lost.
        closed_at: TimeFilter => Field::ClosedAt,
        ; attributes {
            /// A custom attribute.
            attribute => Field::Attribute,
            /// A custom attribute of the lead it came from.
            lead_attribute => Field::LeadAttribute,
        }
    }
}

order!(OpportunityOrder, OpportunityOrderField, "opportunities" {
    /// When it was opened.
    OpenedAt => Field::CreatedAt,
    /// When it last changed.
    ChangedAt => Field::ChangedAt,
    /// When it was won or lost.
    ClosedAt => Field::ClosedAt,
    /// Open, won or lost.
    Status => Field::Status,
    /// What it may be worth, inside one currency.
    Amount => Field::Amount,
    /// When it is expected to close.
    ExpectedClose => Field::ExpectedOn,
    /// The probability declared last.
    ProbabilityPercent => Field::Probability,
});

entity_queries! {
    OpportunityQueries;

    /// An opportunity by its id; null when there is none.
    one opportunity(OpportunityId) -> Opportunity;

    /// Opportunities.
    many opportunities(OpportunityWhere, OpportunityOrder) -> OpportunityConnection of OpportunityEntry;
}
