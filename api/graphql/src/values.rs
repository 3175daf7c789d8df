//! Value objects of answers: money, periods, attributes, stages.

use async_graphql::SimpleObject;
use letopis_domain::values as domain;

use super::scalars::{Currency, DateTime, Decimal, Json};

/// An amount in a currency; amounts of different currencies are never added.
#[derive(SimpleObject, Clone, Copy)]
pub struct Money {
    /// The amount, exact.
    pub amount: Decimal,
    /// Its currency.
    pub currency: Currency,
}

impl From<domain::Money> for Money {
    fn from(money: domain::Money) -> Self {
        Self { amount: Decimal(money.amount), currency: Currency(money.currency) }
    }
}

/// From an instant (inclusive) until another (exclusive).
#[derive(SimpleObject, Clone, Copy)]
pub struct Period {
    /// First instant.
    pub from: DateTime,
    /// First instant no longer inside; null = without end.
    pub until: Option<DateTime>,
}

impl From<domain::Period> for Period {
    fn from(period: domain::Period) -> Self {
        Self { from: DateTime(period.from), until: period.until.map(DateTime) }
    }
}

/// The value of a custom attribute.
#[derive(SimpleObject, Clone)]
pub struct Attribute {
    /// The attribute's key.
    pub key: String,
    /// The value: a text, a number as text, true or false; days and instants as text.
    pub value: Json,
}

/// Custom attributes in the order of their keys; none once erased.
pub fn attributes(attributes: &domain::Personal<domain::Attributes>) -> Vec<Attribute> {
    let value = |value| Json(serde_json::to_value(value).unwrap_or_default());
    attributes
        .known()
        .into_iter()
        .flatten()
        .map(|(key, found)| Attribute { key: key.clone(), value: value(found) })
        .collect()
}

/// Milliseconds as seconds with a fraction.
#[expect(clippy::cast_precision_loss, reason = "durations stay far below 2^53 milliseconds")]
pub fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

/// A count for the schema's integer; counts beyond two billion are beyond the planned size.
pub fn count(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}
