//! A value while a row is evaluated: what a column, a look-up or a filter yields.

use chrono::{NaiveDate, SecondsFormat};
use letopis_domain::values::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Number, Value as Json};
use uuid::Uuid;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Value {
    /// Nothing: an empty column, an unknown key of a look-up.
    #[default]
    Nothing,
    /// Text.
    Text(String),
    /// An exact number.
    Number(Decimal),
    /// Yes or no.
    Flag(bool),
    /// An instant.
    Time(Timestamp),
    /// A day.
    Day(NaiveDate),
    /// An id.
    Id(Uuid),
    /// An amount and its currency.
    Money(Decimal, String),
    /// Several values.
    List(Vec<Value>),
}

impl Value {
    /// Whether it is nothing, or text without content.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing) || matches!(self, Self::Text(text) if text.is_empty())
    }

    /// The value as text, as a condition compares it and a template writes it.
    pub fn to_text(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.normalize().to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Time(time) => time.to_string(),
            Self::Day(day) => day.to_string(),
            Self::Id(id) => id.to_string(),
            Self::Money(amount, currency) => format!("{amount} {currency}"),
            Self::List(values) => values.iter().map(Self::to_text).collect::<Vec<_>>().join(" "),
        }
    }

    /// The value as a field of a command; nothing is none.
    pub fn into_json(self) -> Option<Json> {
        Some(match self {
            Self::Nothing => return None,
            Self::Text(text) if text.is_empty() => return None,
            Self::Text(text) => Json::String(text),
            Self::Number(number) => json_number(number),
            Self::Flag(flag) => Json::Bool(flag),
            Self::Time(time) => Json::String(time.to_datetime().to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Day(day) => Json::String(day.to_string()),
            Self::Id(id) => Json::String(id.to_string()),
            Self::Money(amount, currency) => Json::Object(serde_json::Map::from_iter([
                ("amount".to_owned(), Json::String(amount.to_string())),
                ("currency".to_owned(), Json::String(currency)),
            ])),
            Self::List(values) => Json::Array(values.into_iter().filter_map(Self::into_json).collect()),
        })
    }
}

/// Whole numbers stay exact; others become the nearest double, which custom attributes read back exactly.
fn json_number(number: Decimal) -> Json {
    let whole = if number.fract().is_zero() { number.to_i64() } else { None };
    whole.map_or_else(
        || number.to_f64().and_then(Number::from_f64).map_or(Json::Null, Json::Number),
        |whole| Json::Number(whole.into()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_is_written_without_a_fraction() {
        assert_eq!(Value::Number("20000.00".parse().unwrap()).into_json(), Some(Json::from(20_000)));
        assert_eq!(Value::Number("1100.04".parse().unwrap()).into_json(), Some(Json::from(1100.04)));
    }

    #[test]
    fn nothing_and_empty_text_leave_a_field_out() {
        assert_eq!(Value::Nothing.into_json(), None);
        assert_eq!(Value::Text(String::new()).into_json(), None);
        assert!(Value::Text(String::new()).is_nothing());
    }
}
