//! The columns by which rows are filtered, ordered and grouped, and the values they hold.
//!
//! Every list and report speaks of its rows through these two types, so that filters, orders and groupings are
//! written once and a custom attribute is a column like any other.

use std::cmp::Ordering;

use letopis_domain::ids::{
    AccountId, BusinessUnitId, ContactId, EmployeeId, LeadId, OpportunityId, PipelineId, ResourceId, TeamId,
};
use letopis_domain::values::{AttributeValue, Currency, Date, Money, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// A column of a read model. Which columns a model has is said by its row type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Field {
    /// The entity itself: a lead for leads, a deal for opportunities, and so on.
    Id,
    /// The status, as a word: `REJECTED`, `WON`, …
    Status,
    /// The kind, as a word: company or private, human or system, kind of activity, task or agreement.
    Kind,
    /// Inbound, outbound or internal, as a word.
    Direction,
    /// How a call ended, as a word.
    Outcome,
    /// The code of a note, or the channel of a message.
    Detail,
    /// The owner, or the employee who did it.
    Employee,
    /// The team of that employee at that moment.
    Team,
    /// The business unit of that team at that moment.
    Unit,
    /// Where the lead came from.
    Source,
    /// By which channel the lead came.
    Channel,
    /// The campaign that brought the lead.
    Campaign,
    /// The reason given for the rejection, recycling or loss.
    Reason,
    /// The lead it is about or came from.
    Lead,
    /// The account it is about or belongs to.
    Account,
    /// The contact it is about.
    Contact,
    /// The opportunity it is about or led to.
    Opportunity,
    /// The pipeline.
    Pipeline,
    /// The key of the stage.
    Stage,
    /// What it is or may be worth; ordered inside one currency, never across.
    Amount,
    /// The currency of the amount.
    Currency,
    /// The seller's probability, in percent.
    Probability,
    /// A contact's role.
    Role,
    /// The account above, the team above, or the agreement that is renewed.
    Parent,
    /// The resource that is reserved.
    Resource,
    /// When it was received, opened, created, scheduled, reached or took place, by the caller's clock.
    CreatedAt,
    /// When it last changed, by the caller's clock.
    ChangedAt,
    /// When it was closed, by the caller's clock.
    ClosedAt,
    /// When it is due.
    DueAt,
    /// When it is expected to close, or to be revisited.
    ExpectedOn,
    /// From when it is in force.
    ValidFrom,
    /// Until when it is in force; null = without end.
    ValidUntil,
    /// The day of `CreatedAt` in the company's zone.
    Day,
    /// The first day of the month of `CreatedAt` in the company's zone.
    Month,
    /// A custom attribute of the row's own entity.
    Attribute(String),
    /// A custom attribute of the lead it is about or came from, as it was at that moment.
    LeadAttribute(String),
}

/// What stands in a column.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Value {
    /// Nothing.
    Null,
    /// An employee.
    Employee(EmployeeId),
    /// A team.
    Team(TeamId),
    /// A business unit.
    Unit(BusinessUnitId),
    /// A lead.
    Lead(LeadId),
    /// An account.
    Account(AccountId),
    /// A contact.
    Contact(ContactId),
    /// An opportunity.
    Opportunity(OpportunityId),
    /// A pipeline.
    Pipeline(PipelineId),
    /// A resource.
    Resource(ResourceId),
    /// Any other entity.
    Entity(Uuid),
    /// Text, a code or a word in capitals.
    Text(String),
    /// A number.
    Number(#[serde(serialize_with = "write_decimal", deserialize_with = "read_decimal")] Decimal),
    /// Yes or no.
    Flag(bool),
    /// A day.
    Date(Date),
    /// An instant.
    Time(Timestamp),
    /// An amount in a currency.
    Money(Money),
    /// A currency.
    Currency(Currency),
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn bare(&self) -> Bare<'_> {
        match self {
            Self::Null => Bare::Null,
            Self::Employee(id) => Bare::Id(id.0),
            Self::Team(id) => Bare::Id(id.0),
            Self::Unit(id) => Bare::Id(id.0),
            Self::Lead(id) => Bare::Id(id.0),
            Self::Account(id) => Bare::Id(id.0),
            Self::Contact(id) => Bare::Id(id.0),
            Self::Opportunity(id) => Bare::Id(id.0),
            Self::Pipeline(id) => Bare::Id(id.0),
            Self::Resource(id) => Bare::Id(id.0),
            Self::Entity(id) => Bare::Id(*id),
            Self::Text(text) => Bare::Text(text),
            Self::Number(number) => Bare::Number(*number),
            Self::Flag(flag) => Bare::Flag(*flag),
            Self::Date(date) => Bare::Date(*date),
            Self::Time(time) => Bare::Time(*time),
            Self::Money(money) => Bare::Money(money.currency, money.amount),
            Self::Currency(currency) => Bare::Currency(*currency),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bare().cmp(&other.bare())
    }
}

impl From<&AttributeValue> for Value {
    fn from(value: &AttributeValue) -> Self {
        match value {
            AttributeValue::Text(text) => Self::Text(text.clone()),
            AttributeValue::Number(number) => Self::Number(*number),
            AttributeValue::Flag(flag) => Self::Flag(*flag),
            AttributeValue::Date(date) => Self::Date(*date),
            AttributeValue::Time(time) => Self::Time(*time),
        }
    }
}

/// A value without its owner; nulls come first, amounts are ordered inside their currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Bare<'a> {
    Null,
    Id(Uuid),
    Text(&'a str),
    Number(Decimal),
    Flag(bool),
    Date(Date),
    Time(Timestamp),
    Money(Currency, Decimal),
    Currency(Currency),
}

fn write_decimal<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    (value.mantissa(), value.scale()).serialize(serializer)
}

fn read_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let (mantissa, scale) = <(i128, u32)>::deserialize(deserializer)?;
    Decimal::try_from_i128_with_scale(mantissa, scale).map_err(serde::de::Error::custom)
}
