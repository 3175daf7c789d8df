//! The published custom attributes of one kind of entity, and the check of values against them.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::attribute::{AttributeDefinition, AttributeType, EntityKind};
use crate::common::Common;
use crate::event::{Event, EventType, Recorded};
use crate::limits;
use crate::query::Query;
use crate::values::{AttributeValue, Attributes, Timestamp};

/// The current version of one entity's attributes; version 0 = never published, none are allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Definitions {
    /// The version.
    pub version: u32,
    /// The attributes.
    pub definitions: Vec<AttributeDefinition>,
}

impl Definitions {
    /// The events that change them.
    pub const TYPES: &[EventType] = &[EventType::AttributesPublished];

    /// Adds the definitions of a kind of entity to a boundary.
    #[must_use]
    pub fn within(boundary: Query, entity: EntityKind) -> Query {
        boundary.or_item(Self::TYPES, vec![entity.attributes_tag()])
    }

    /// Adds them only where there is something to check.
    #[must_use]
    pub fn within_if_any(boundary: Query, entity: EntityKind, values: &Attributes) -> Query {
        if values.is_empty() { boundary } else { Self::within(boundary, entity) }
    }

    /// Folds one event.
    pub fn evolve(&mut self, event: &Recorded) {
        if let Event::AttributesPublished(fact) = &event.event {
            *self = Self { version: fact.version, definitions: fact.definitions.clone() };
        }
    }

    /// The values in the types of their definitions, and the version of those; 0 = there are no values.
    ///
    /// # Errors
    /// When a key is unknown or a value does not fit, naming the key.
    pub fn check(&self, values: &Attributes) -> Result<(Attributes, u32), Common> {
        let typed = |(key, value): (&String, &AttributeValue)| Ok((key.clone(), self.check_one(key, value)?));
        let checked: Attributes = values.iter().map(typed).collect::<Result<_, Common>>()?;
        let version = if checked.is_empty() { 0 } else { self.version };
        Ok((checked, version))
    }

    /// One value in the type of its definition.
    ///
    /// # Errors
    /// When the key is unknown or the value does not fit, naming the key.
    pub fn check_one(&self, key: &str, value: &AttributeValue) -> Result<AttributeValue, Common> {
        let definition = self.definition(key)?;
        if let AttributeValue::Text(text) = value {
            limits::size("attributes", text, limits::TEXT_SIZE_MAX_BYTES)?;
        }
        coerce(&definition.value_type, value).ok_or_else(|| {
            Common::invalid("attributes", format!("'{key}' takes {}", expectation(&definition.value_type)))
        })
    }

    /// The definition of a key.
    ///
    /// # Errors
    /// When the key is unknown, naming it.
    pub fn definition(&self, key: &str) -> Result<&AttributeDefinition, Common> {
        self.definitions.iter().find(|definition| definition.key == key).ok_or_else(|| {
            Common::invalid("attributes", format!("'{}' was not published as an attribute", excerpt(key)))
        })
    }
}

fn coerce(value_type: &AttributeType, value: &AttributeValue) -> Option<AttributeValue> {
    let text = if let AttributeValue::Text(text) = value { Some(text.trim()) } else { None };
    match (value_type, value) {
        (AttributeType::Text, AttributeValue::Text(_))
        | (AttributeType::Number, AttributeValue::Number(_))
        | (AttributeType::Flag, AttributeValue::Flag(_))
        | (AttributeType::Date, AttributeValue::Date(_))
        | (AttributeType::Time, AttributeValue::Time(_)) => Some(value.clone()),
        (AttributeType::Number, _) => Decimal::from_str_exact(text?).ok().map(AttributeValue::Number),
        (AttributeType::Flag, _) => flag(text?).map(AttributeValue::Flag),
        (AttributeType::Date, _) => text?.parse().ok().map(AttributeValue::Date),
        (AttributeType::Time, _) => Timestamp::from_rfc3339(text?).ok().map(AttributeValue::Time),
        (AttributeType::Option(keys), AttributeValue::Text(key)) if keys.contains(key) => Some(value.clone()),
        _ => None,
    }
}

fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

fn expectation(value_type: &AttributeType) -> String {
    match value_type {
        AttributeType::Text => "text".to_owned(),
        AttributeType::Number => "a decimal number".to_owned(),
        AttributeType::Flag => "true or false".to_owned(),
        AttributeType::Date => "a date like 2026-01-31".to_owned(),
        AttributeType::Time => "a time like 2026-01-31T09:30:00Z".to_owned(),
        AttributeType::Option(keys) => format!("one of {}", keys.join(", ")),
    }
}

fn excerpt(key: &str) -> String {
    key.chars().take(limits::KEY_SIZE_MAX_BYTES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definitions() -> Definitions {
        let definition =
            |key: &str, value_type| AttributeDefinition { key: key.to_owned(), name: key.to_owned(), value_type };
        Definitions {
            version: 1,
            definitions: vec![
                definition("page", AttributeType::Text),
                definition("age", AttributeType::Number),
                definition("vip", AttributeType::Flag),
                definition("born", AttributeType::Date),
                definition("seen", AttributeType::Time),
                definition("size", AttributeType::Option(vec!["S".to_owned(), "L".to_owned()])),
            ],
        }
    }

    fn checked(key: &str, text: &str) -> Result<AttributeValue, Common> {
        definitions().check_one(key, &AttributeValue::Text(text.to_owned()))
    }

    #[test]
    fn text_becomes_what_the_definition_says() {
        assert_eq!(checked("page", "12"), Ok(AttributeValue::Text("12".to_owned())));
        assert_eq!(checked("age", "12.50"), Ok(AttributeValue::Number(Decimal::new(125, 1))));
        assert_eq!(checked("vip", "Yes"), Ok(AttributeValue::Flag(true)));
        assert_eq!(checked("born", "2001-02-03"), Ok(AttributeValue::Date("2001-02-03".parse().unwrap())));
        assert_eq!(
            checked("seen", "1970-01-01T00:00:01Z"),
            Ok(AttributeValue::Time(Timestamp::from_micros(1_000_000)))
        );
        assert_eq!(checked("size", "L"), Ok(AttributeValue::Text("L".to_owned())));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_key_and_expectation() {
        let refusal = checked("born", "03.02.2001").unwrap_err();
        assert_eq!(refusal.to_string(), "attributes: 'born' takes a date like 2026-01-31");
        assert_eq!(checked("size", "M").unwrap_err().to_string(), "attributes: 'size' takes one of S, L");
        assert!(definitions().check_one("page", &AttributeValue::Flag(true)).is_err());
    }

    #[test]
    fn an_unknown_key_is_named() {
        let refusal = checked("landing", "x").unwrap_err();
        assert_eq!(refusal.to_string(), "attributes: 'landing' was not published as an attribute");
    }
}
