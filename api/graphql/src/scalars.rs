//! Scalars that JSON has no exact form for: positions, instants, days, decimals, currencies, JSON itself.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use letopis_domain::values as domain;
use rust_decimal as decimal;

/// Place of an event in the log, from 1, written as text: JavaScript's numbers lose digits beyond 2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position(pub letopis_domain::ids::Position);

/// An instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(pub domain::Timestamp);

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub domain::Date);

/// An exact number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal(pub decimal::Decimal);

/// A currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency(pub domain::Currency);

/// A time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeZone(pub chrono_tz::Tz);

/// Any JSON value.
#[derive(Clone, Debug, PartialEq)]
pub struct Json(pub serde_json::Value);

fn text<T: async_graphql::InputType>(value: Value) -> Result<String, InputValueError<T>> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(InputValueError::expected_type(other)),
    }
}

macro_rules! text_scalar {
    ($(#[$doc:meta])* $name:ident, $url:literal, $parse:expr) => {
        $(#[$doc])*
        #[Scalar(specified_by_url = $url)]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                let parse: fn(&str) -> Result<_, String> = $parse;
                parse(&text(value)?).map(Self).map_err(InputValueError::custom)
            }

            fn is_valid(value: &Value) -> bool {
                <Self as ScalarType>::parse(value.clone()).is_ok()
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.to_string())
            }
        }
    };
}

text_scalar!(
    /// Place of an event in the log, from 1; 0 is before the first. Written as text, because JavaScript's numbers
    /// lose digits beyond 2^53.
    Position,
    "https://www.rfc-editor.org/rfc/rfc8259#section-6",
    |text| match text.parse() {
        Ok(position) if !text.starts_with('+') => Ok(position),
        _ => Err(format!("'{text}' is not a position: digits are expected")),
    }
);

text_scalar!(
    /// An instant in UTC as RFC 3339 has it, to the microsecond. Other offsets are taken and converted.
    DateTime,
    "https://www.rfc-editor.org/rfc/rfc3339",
    |text| chrono::DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&chrono::Utc).into())
        .map_err(|error| format!("'{text}' is not an RFC 3339 time: {error}"))
);

text_scalar!(
    /// A calendar day, `YYYY-MM-DD`.
    Date,
    "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    |text| text.parse()
);

text_scalar!(
    /// An ISO 4217 currency code of three upper-case letters.
    Currency,
    "https://www.iso.org/iso-4217-currency-codes.html",
    |text| text.parse().map_err(|error: domain::CurrencyError| error.to_string())
);

text_scalar!(
    /// The name of a time zone in the IANA database, e.g. `Europe/Amsterdam`.
    TimeZone,
    "https://www.iana.org/time-zones",
    |text| text.parse().map_err(|_| format!("'{text}' is not a time zone of the IANA database"))
);

/// An exact decimal number, written as text; a JSON number is taken too.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            other => return Err(InputValueError::expected_type(other)),
        };
        decimal::Decimal::from_str_exact(&text)
            .map(Self)
            .map_err(|error| InputValueError::custom(format!("'{text}' is not a decimal number: {error}")))
    }

    fn is_valid(value: &Value) -> bool {
        <Self as ScalarType>::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Any JSON value.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        value.into_json().map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_position_is_refused() {
        for text in ["", "+1", "-1", "1.0", "x", "18446744073709551616"] {
            assert!(!<Position as ScalarType>::is_valid(&Value::String(text.into())), "{text}");
        }
        assert!(!<Position as ScalarType>::is_valid(&Value::from(1)));
        assert!(<Position as ScalarType>::is_valid(&Value::String("18446744073709551615".into())));
    }

    #[test]
    fn a_time_of_another_offset_becomes_utc() {
        let parsed = <DateTime as ScalarType>::parse(Value::String("2026-03-01T01:00:00+03:00".into())).unwrap();
        assert_eq!(ScalarType::to_value(&parsed), Value::String("2026-02-28T22:00:00Z".into()));
    }

    #[test]
    fn a_decimal_keeps_its_digits() {
        let parsed = <Decimal as ScalarType>::parse(Value::String("10.10".into())).unwrap();
        assert_eq!(ScalarType::to_value(&parsed), Value::String("10.10".into()));
    }
}
