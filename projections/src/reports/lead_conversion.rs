//! Conversion of leads: what became of those received in a period, by source, campaign, owner or any attribute.

use letopis_domain::access::Fields;
use letopis_domain::ids::Position;
use letopis_domain::lead::LeadStatus;
use letopis_domain::opportunity::OpportunityStatus;
use letopis_domain::values::Money;

use crate::filter::{QueryError, Where};
use crate::lists::Groups;
use crate::models::leads::LeadColumns;
use crate::reports::funnel::ratio;
use crate::scope::{Between, Columns, Scope};
use crate::table::{Sums, Version};
use crate::value::{Field, Value};

/// What is asked. Filters and groups read the columns of leads as of the position.
#[derive(Clone, Debug, Default)]
pub struct LeadConversionQuery {
    /// When the lead was received.
    pub period: Between,
    /// Which leads.
    pub filter: Where,
    /// By which columns to divide; none = one group.
    pub group_by: Vec<Field>,
}

/// The conversion as of a position.
#[derive(Clone, PartialEq, Debug)]
pub struct LeadConversion {
    /// The position it was read at.
    pub position: Position,
    /// One per combination of values; exactly one, with an empty key, when no grouping was asked for.
    pub groups: Vec<LeadConversionGroup>,
}

/// What became of the leads of one group.
#[derive(Clone, PartialEq, Debug)]
pub struct LeadConversionGroup {
    /// The values of the columns by which was grouped.
    pub key: Vec<Value>,
    /// Leads received.
    pub leads: u64,
    /// Neither rejected nor converted nor set aside yet.
    pub open: u64,
    /// Rejected and not come back.
    pub rejected: u64,
    /// Set aside until a date.
    pub recycled: u64,
    /// Converted.
    pub converted: u64,
    /// Opportunities that came of them by conversion.
    pub opportunities: u64,
    /// Of these, won.
    pub won: u64,
    /// Of these, lost.
    pub lost: u64,
    /// Sums of the amounts of those won, one per currency.
    pub won_amount: Vec<Money>,
    /// `converted / leads`.
    pub conversion: Option<f64>,
    /// `won / leads`.
    pub won_rate: Option<f64>,
}

#[derive(Default)]
struct Tally {
    leads: u64,
    open: u64,
    rejected: u64,
    recycled: u64,
    converted: u64,
    opportunities: u64,
    won: u64,
    lost: u64,
    won_amount: Sums,
}

impl Tally {
    fn add(&mut self, lead: &LeadColumns, scope: Scope<'_>) {
        self.leads += 1;
        match lead.status {
            LeadStatus::New | LeadStatus::Qualified => self.open += 1,
            LeadStatus::Rejected => self.rejected += 1,
            LeadStatus::Recycled => self.recycled += 1,
            LeadStatus::Converted => self.converted += 1,
        }
        let Some(opportunity) = scope.facts.opportunities.versions.as_of(lead.opportunity, scope.position) else {
            return;
        };
        let fields = opportunity.fields(scope);
        if !fields.sees() {
            return;
        }
        self.opportunities += 1;
        match opportunity.columns.status {
            OpportunityStatus::Open => {}
            OpportunityStatus::Lost => self.lost += 1,
            OpportunityStatus::Won => {
                self.won += 1;
                if let Some(amount) = opportunity.columns.amount.filter(|_| fields.holds(Fields::MONEY)) {
                    self.won_amount.add(amount);
                }
            }
        }
    }

    fn into_group(self, key: Vec<Value>) -> LeadConversionGroup {
        LeadConversionGroup {
            key,
            leads: self.leads,
            open: self.open,
            rejected: self.rejected,
            recycled: self.recycled,
            converted: self.converted,
            opportunities: self.opportunities,
            won: self.won,
            lost: self.lost,
            won_amount: self.won_amount.into_sorted(),
            conversion: ratio(self.converted, self.leads),
            won_rate: ratio(self.won, self.leads),
        }
    }
}

pub(crate) fn conversion(scope: Scope<'_>, query: &LeadConversionQuery) -> Result<LeadConversion, QueryError> {
    let sieve = scope.sieve::<Version<LeadColumns>>(&query.filter)?;
    let columns = scope.columns::<Version<LeadColumns>>(&query.group_by)?;
    let mut groups = Groups::<Tally>::default();
    if columns.is_empty() {
        groups.of(std::iter::empty());
    }
    for lead in scope.facts.leads.versions.standing(scope.position) {
        if query.period.holds(lead.columns.received_at) && scope.passes(&sieve, lead) {
            groups.of(columns.iter().map(|column| scope.cell(lead, column))).add(&lead.columns, scope);
        }
    }
    let groups = groups.into_sorted(scope).into_iter().map(|(key, tally)| tally.into_group(key)).collect();
    Ok(LeadConversion { position: Position(scope.position), groups })
}
