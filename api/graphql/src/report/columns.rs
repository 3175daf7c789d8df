//! What reports are filtered and grouped by: the columns of their facts, and the keys of their groups.

use async_graphql::{Context, Enum, ID, Object, OneofObject};
use letopis_domain::ids::Position;
use letopis_projections::Between;
use letopis_projections::value::{Field, Value};

use crate::error::{FieldError, FieldResult};
use crate::ids::{global, global_of};
use crate::limits::GROUPS_MAX;
use crate::lists::{IdFilter, NumberFilter, TextFilter, TimeFilter, filter};
use crate::node::{self, Node};
use crate::scalars::{DateTime, Json};

filter! {
    /// Which facts of a report; conditions side by side must all hold. Owners, teams and the like are those of the
    /// moment of the fact. A report refuses conditions on columns that its facts do not have.
    ReportWhere {
        /// Who did it, or whose it was.
        employee: IdFilter => Field::Employee,
        /// The team at that moment.
        team: IdFilter => Field::Team,
        /// The business unit at that moment.
        unit: IdFilter => Field::Unit,
        /// The source of the lead.
        source: TextFilter => Field::Source,
        /// The channel of the lead.
        channel: TextFilter => Field::Channel,
        /// The campaign of the lead.
        campaign: TextFilter => Field::Campaign,
        /// The reason of the rejection.
        reason: TextFilter => Field::Reason,
        /// Where the lead stands, as a word.
        status: TextFilter => Field::Status,
        /// The kind of activity, as a word: `CALL`, `EMAIL`, …
        kind: TextFilter => Field::Kind,
        /// The direction of the activity, as a word.
        direction: TextFilter => Field::Direction,
        /// How the call ended, as a word.
        outcome: TextFilter => Field::Outcome,
        /// The service of a message, or the code of a note.
        detail: TextFilter => Field::Detail,
        /// The key of the stage.
        stage: TextFilter => Field::Stage,
        /// The lead it is about.
        lead: IdFilter => Field::Lead,
        /// The account it is about.
        account: IdFilter => Field::Account,
        /// The contact it is about.
        contact: IdFilter => Field::Contact,
        /// The opportunity it is about.
        opportunity: IdFilter => Field::Opportunity,
        /// The probability declared last, in percent.
        probability_percent: NumberFilter => Field::Probability,
        /// When it happened.
        occurred_at: TimeFilter => Field::CreatedAt,
        ; attributes {
            /// A custom attribute of the fact's own entity.
            attribute => Field::Attribute,
            /// A custom attribute of the lead it is about or came from.
            lead_attribute => Field::LeadAttribute,
        }
    }
}

/// A column by which a report can be divided.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReportColumn {
    /// Who did it, or whose it was.
    Employee,
    /// The team at that moment.
    Team,
    /// The business unit at that moment.
    Unit,
    /// The source of the lead.
    Source,
    /// The channel of the lead.
    Channel,
    /// The campaign of the lead.
    Campaign,
    /// The reason of the rejection.
    Reason,
    /// Where the lead stands.
    Status,
    /// The kind of activity.
    Kind,
    /// The direction of the activity.
    Direction,
    /// How the call ended.
    Outcome,
    /// The service of a message, or the code of a note.
    Detail,
    /// The stage.
    Stage,
    /// The pipeline.
    Pipeline,
    /// The lead.
    Lead,
    /// The account.
    Account,
    /// The contact.
    Contact,
    /// The opportunity.
    Opportunity,
    /// The currency of the amount.
    Currency,
    /// The day, in the company's zone.
    Day,
    /// The first day of the month, in the company's zone.
    Month,
}

/// By what a report is divided: a column, or a custom attribute.
#[derive(OneofObject, Clone, Debug)]
pub enum GroupBy {
    /// A column.
    Column(ReportColumn),
    /// A custom attribute of the fact's own entity.
    Attribute(String),
    /// A custom attribute of the lead it is about or came from.
    LeadAttribute(String),
}

/// The columns of the read models.
pub fn fields(group_by: Option<Vec<GroupBy>>) -> Vec<Field> {
    group_by.unwrap_or_default().into_iter().map(field).collect()
}

fn field(group_by: GroupBy) -> Field {
    match group_by {
        GroupBy::Attribute(key) => Field::Attribute(key),
        GroupBy::LeadAttribute(key) => Field::LeadAttribute(key),
        GroupBy::Column(column) => match column {
            ReportColumn::Employee => Field::Employee,
            ReportColumn::Team => Field::Team,
            ReportColumn::Unit => Field::Unit,
            ReportColumn::Source => Field::Source,
            ReportColumn::Channel => Field::Channel,
            ReportColumn::Campaign => Field::Campaign,
            ReportColumn::Reason => Field::Reason,
            ReportColumn::Status => Field::Status,
            ReportColumn::Kind => Field::Kind,
            ReportColumn::Direction => Field::Direction,
            ReportColumn::Outcome => Field::Outcome,
            ReportColumn::Detail => Field::Detail,
            ReportColumn::Stage => Field::Stage,
            ReportColumn::Pipeline => Field::Pipeline,
            ReportColumn::Lead => Field::Lead,
            ReportColumn::Account => Field::Account,
            ReportColumn::Contact => Field::Contact,
            ReportColumn::Opportunity => Field::Opportunity,
            ReportColumn::Currency => Field::Currency,
            ReportColumn::Day => Field::Day,
            ReportColumn::Month => Field::Month,
        },
    }
}

/// The rows of a report, unless they are too many for one answer.
///
/// # Errors
/// When there are more than [`GROUPS_MAX`].
pub fn bounded<T>(what: &str, rows: Vec<T>) -> Result<Vec<T>, FieldError> {
    if rows.len() <= GROUPS_MAX {
        return Ok(rows);
    }
    let count = rows.len();
    let advice = "ask for a shorter period, or narrow the filter or `groupBy`";
    Err(FieldError::TooMuch(format!("the report has {count} {what}, and {GROUPS_MAX} are allowed: {advice}")))
}

/// The period of a report.
pub fn period(from: Option<DateTime>, to: Option<DateTime>) -> Between {
    Between { from: from.map(|at| at.0), until: to.map(|at| at.0) }
}

/// A value by which facts were grouped.
#[derive(Clone)]
pub struct GroupValue {
    value: Value,
    at: Position,
}

impl GroupValue {
    /// The values of a group's key, seen from a position.
    pub fn of_key(key: &[Value], at: Position) -> Vec<Self> {
        key.iter().map(|value| Self { value: value.clone(), at }).collect()
    }

    fn global_id(&self) -> Option<ID> {
        let id = match &self.value {
            Value::Employee(id) => global(*id),
            Value::Team(id) => global(*id),
            Value::Unit(id) => global(*id),
            Value::Lead(id) => global(*id),
            Value::Account(id) => global(*id),
            Value::Contact(id) => global(*id),
            Value::Opportunity(id) => global(*id),
            Value::Pipeline(id) => global(*id),
            Value::Resource(id) => global(*id),
            Value::Entity(id) => global_of("entity", *id),
            Value::Null
            | Value::Text(_)
            | Value::Number(_)
            | Value::Flag(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::Money(_)
            | Value::Currency(_) => return None,
        };
        Some(id)
    }
}

/// A value by which facts were grouped: an entity, or a plain value; null = none was given.
#[Object]
impl GroupValue {
    /// The plain value: a text, a number as text, true or false, a day, an instant, a currency; null for entities.
    async fn value(&self) -> Json {
        Json(match &self.value {
            Value::Text(text) => serde_json::Value::from(text.as_str()),
            Value::Number(number) => serde_json::Value::from(number.to_string()),
            Value::Flag(flag) => serde_json::Value::from(*flag),
            Value::Date(date) => serde_json::Value::from(date.to_string()),
            Value::Time(time) => serde_json::Value::from(time.to_string()),
            Value::Money(money) => serde_json::Value::from(money.to_string()),
            Value::Currency(currency) => serde_json::Value::from(currency.to_string()),
            Value::Null
            | Value::Employee(_)
            | Value::Team(_)
            | Value::Unit(_)
            | Value::Lead(_)
            | Value::Account(_)
            | Value::Contact(_)
            | Value::Opportunity(_)
            | Value::Pipeline(_)
            | Value::Resource(_)
            | Value::Entity(_) => serde_json::Value::Null,
        })
    }

    /// The global id of the entity; null for plain values.
    async fn id(&self) -> Option<ID> {
        self.global_id()
    }

    /// The entity; null for plain values.
    async fn node(&self, context: &Context<'_>) -> Option<FieldResult<Node>> {
        node::find(context, &self.global_id()?, self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_groups_than_an_answer_may_hold_are_refused_by_number() {
        assert_eq!(bounded("groups", vec![(); GROUPS_MAX]).unwrap().len(), GROUPS_MAX);
        let refused = bounded("groups", vec![(); GROUPS_MAX + 1]).unwrap_err();
        assert_eq!(refused.code(), crate::error::Code::LimitExceeded);
        assert!(refused.message().contains("has 5001 groups, and 5000 are allowed"), "{}", refused.message());
    }
}
