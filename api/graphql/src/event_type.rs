//! The enum of event types, read from the registry of the domain: a new event needs no line here.

use std::borrow::Cow;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::{MetaEnumValue, MetaType, MetaTypeId, Registry};
use async_graphql::{
    ContextSelectionSet, InputType, InputValueError, InputValueResult, Name, OutputType, Positioned, ServerResult,
    Value,
};
use letopis_domain::event::EventType as DomainEventType;

/// The type of an event, in the past tense: `LEAD_RECEIVED`, `CALL_RECORDED`, …
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventType(pub DomainEventType);

impl EventType {
    fn name(self) -> String {
        let mut name = String::new();
        for letter in self.0.name().chars() {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(letter.to_ascii_uppercase());
        }
        name
    }

    fn meta() -> MetaType {
        let values = DomainEventType::ALL.iter().map(|event_type| {
            let mut value = MetaEnumValue::new(Self(*event_type).name());
            value.description = Some(format!("The event `{}`.", event_type.name()));
            (value.name.clone(), value)
        });
        MetaType::Enum {
            name: "EventType".to_owned(),
            description: Some("The type of an event: something that happened, in the past tense.".to_owned()),
            enum_values: values.collect::<IndexMap<_, _>>(),
            visible: None,
            inaccessible: false,
            tags: Vec::new(),
            rust_typename: Some(std::any::type_name::<Self>()),
            directive_invocations: Vec::new(),
            requires_scopes: Vec::new(),
        }
    }
}

impl InputType for EventType {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("EventType")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_input_type::<Self, _>(MetaTypeId::Enum, |_| Self::meta())
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let name = match &value {
            Some(Value::Enum(name)) => name.as_str(),
            Some(Value::String(name)) => name.as_str(),
            other => return Err(InputValueError::expected_type(other.clone().unwrap_or_default())),
        };
        let found = DomainEventType::ALL.iter().map(|event_type| Self(*event_type)).find(|known| known.name() == name);
        found.ok_or_else(|| InputValueError::custom(format!("there is no event type '{name}'")))
    }

    fn to_value(&self) -> Value {
        Value::Enum(Name::new(self.name()))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

#[async_graphql::async_trait::async_trait]
impl OutputType for EventType {
    fn type_name() -> Cow<'static, str> {
        Cow::Borrowed("EventType")
    }

    fn create_type_info(registry: &mut Registry) -> String {
        registry.create_output_type::<Self, _>(MetaTypeId::Enum, |_| Self::meta())
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::Enum(Name::new(self.name())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_read_back_from_its_name() {
        for event_type in DomainEventType::ALL {
            let value = InputType::to_value(&EventType(*event_type));
            assert_eq!(<EventType as InputType>::parse(Some(value)).unwrap().0, *event_type);
        }
    }
}
