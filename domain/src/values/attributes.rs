//! Values of custom attributes (R104): personal, since nobody can say what a company notes in them about people.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Date, Personal, PersonalValues, Timestamp, money::decimal};
use crate::access::Withholding;
use crate::query::Tags;

/// Most significant digits that any number keeps on its way through a float.
const FLOAT_DIGITS_MAX: usize = 15;

/// Values by attribute key, in key order.
pub type Attributes = BTreeMap<String, AttributeValue>;

/// What is personal about an entity that comes into being: what its own events tell again, and the attributes, which
/// have events of their own from then on.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WithAttributes<D> {
    /// Names, contact data, words.
    pub details: D,
    /// Custom attributes.
    pub attributes: Attributes,
}

impl<D: PersonalValues> PersonalValues for WithAttributes<D> {
    fn add_lookups(&self, lookups: &mut Tags) {
        self.details.add_lookups(lookups);
    }

    fn withhold(&mut self, withholding: &Withholding<'_>) {
        self.details.withhold(withholding);
        withholding.personal(&mut self.attributes);
    }
}

impl<D: Clone> Personal<WithAttributes<D>> {
    /// Both, known.
    pub const fn with_attributes(details: D, attributes: Attributes) -> Self {
        Self::Known(WithAttributes { details, attributes })
    }

    /// Without the attributes.
    #[must_use]
    pub fn details(&self) -> Personal<D> {
        self.map(|known| known.details.clone())
    }

    /// The attributes alone.
    #[must_use]
    pub fn attributes(&self) -> Personal<Attributes> {
        self.map(|known| known.attributes.clone())
    }
}

/// One value. People write it bare (`"text"`, `12.5`, `true`); the log stores it with its type.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum AttributeValue {
    /// Text, or the key of an option.
    Text(String),
    /// A number, exact.
    Number(Decimal),
    /// Yes or no.
    Flag(bool),
    /// A day.
    Date(Date),
    /// An instant.
    Time(Timestamp),
}

impl fmt::Debug for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(hidden)",
            Self::Number(_) => "Number(hidden)",
            Self::Flag(_) => "Flag(hidden)",
            Self::Date(_) => "Date(hidden)",
            Self::Time(_) => "Time(hidden)",
        })
    }
}

#[derive(Serialize, Deserialize)]
enum Stored {
    Text(String),
    Number(#[serde(with = "decimal")] Decimal),
    Flag(bool),
    Date(Date),
    Time(Timestamp),
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Flag(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

impl Serialize for AttributeValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return Stored::from(self.clone()).serialize(serializer);
        }
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.collect_str(number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Date(date) => serializer.collect_str(date),
            Self::Time(time) => serializer.collect_str(time),
        }
    }
}

impl<'de> Deserialize<'de> for AttributeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return Stored::deserialize(deserializer).map(Self::from);
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Flag(flag) => Self::Flag(flag),
            Written::Integer(number) => Self::Number(number.into()),
            Written::Float(number) => Self::Number(exact(number).map_err(serde::de::Error::custom)?),
            Written::Text(text) => Self::Text(text),
        })
    }
}

/// The decimal of a number that was read as a float. More digits than a float keeps would have been rounded by now.
fn exact(number: f64) -> Result<Decimal, String> {
    let shortest = format!("{number:e}");
    let digits = shortest.split('e').next().unwrap_or_default().bytes().filter(u8::is_ascii_digit).count();
    if digits > FLOAT_DIGITS_MAX {
        return Err(format!(
            "a number of more than {FLOAT_DIGITS_MAX} digits is written as text, so that it stays exact"
        ));
    }
    Decimal::try_from(number).map_err(|error| error.to_string())
}

impl From<AttributeValue> for Stored {
    fn from(value: AttributeValue) -> Self {
        match value {
            AttributeValue::Text(text) => Self::Text(text),
            AttributeValue::Number(number) => Self::Number(number),
            AttributeValue::Flag(flag) => Self::Flag(flag),
            AttributeValue::Date(date) => Self::Date(date),
            AttributeValue::Time(time) => Self::Time(time),
        }
    }
}

impl From<Stored> for AttributeValue {
    fn from(value: Stored) -> Self {
        match value {
            Stored::Text(text) => Self::Text(text),
            Stored::Number(number) => Self::Number(number),
            Stored::Flag(flag) => Self::Flag(flag),
            Stored::Date(date) => Self::Date(date),
            Stored::Time(time) => Self::Time(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<AttributeValue, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn a_number_is_exact_or_refused() {
        for json in ["0.1", "-1234567.0078", "123456789012345", "9007199254740993", "1e3"] {
            let expected = Decimal::from_scientific(json).or_else(|_| json.parse()).unwrap();
            assert_eq!(read(json).unwrap(), AttributeValue::Number(expected), "{json}");
        }
        for json in ["12345678901234567.89", "9223372036854775808", "0.30000000000000004", "1e40"] {
            assert!(read(json).is_err(), "{json}");
        }
        assert_eq!(read("\"12345678901234567.89\"").unwrap(), AttributeValue::Text("12345678901234567.89".to_owned()));
    }
}
