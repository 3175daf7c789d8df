//! Commands on custom attributes.

use std::collections::BTreeMap;

use letopis_domain::attribute as domain;
use letopis_domain::ids::{AccountId, ContactId, LeadId, OpportunityId};
use letopis_domain::refusal::RefusalCode;
use letopis_domain::values::AttributeValue;

use super::AttributeDefinitions;
use crate::enums::{AttributeType, EntityKind};
use crate::ids;
use crate::intake::{Accept, AttributeInput, Intake, Problem};
use crate::mutation::mutations;
use crate::node::Node;

mutations! {
    /// Commands on custom attributes.
    AttributeMutations;

    /// Publishes the first or the next version of the custom attributes of a kind of entity.
    publish_attributes(PublishAttributesInput => letopis_domain::attribute::PublishAttributes) -> PublishAttributesPayload {
        /// The definitions.
        definitions: AttributeDefinitions, by |command| command.entity
    } {
        /// Whose attributes.
        entity: EntityKind,
        /// All attributes of the version.
        definitions: Vec<AttributeDefinitionInput>,
    }

    /// Sets or clears custom attributes of a lead, account, contact or opportunity.
    set_attributes(SetAttributesInput => letopis_domain::attribute::SetAttributes) -> SetAttributesPayload {
        /// The entity.
        entity: Node, by |command| command.entity
    } {
        /// The lead, account, contact or opportunity.
        entity: EntityInput,
        /// The values; null clears.
        values: Vec<AttributeInput>,
    }
}

/// A custom attribute.
#[derive(async_graphql::InputObject, Debug)]
pub struct AttributeDefinitionInput {
    /// Its code, e.g. `landing_page`.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// The values it takes.
    pub value_type: AttributeType,
    /// The keys of its options; for `OPTION`, and only for it.
    pub options: Option<Vec<String>>,
}

impl Accept<domain::AttributeDefinition> for AttributeDefinitionInput {
    fn accept(self, _: &Intake<'_>, field: &'static str) -> Result<domain::AttributeDefinition, Problem> {
        let value_type = match (self.value_type, self.options) {
            (AttributeType::Option, Some(options)) => domain::AttributeType::Option(options),
            (AttributeType::Option, None) => {
                return Err(
                    Problem::invalid("options", format!("the attribute '{}' needs options", self.key)).within(field)
                );
            }
            (_, Some(_)) => {
                let message = format!("the attribute '{}' has options, but is not of type OPTION", self.key);
                return Err(Problem::invalid("options", message).within(field));
            }
            (AttributeType::Text, None) => domain::AttributeType::Text,
            (AttributeType::Number, None) => domain::AttributeType::Number,
            (AttributeType::Flag, None) => domain::AttributeType::Flag,
            (AttributeType::Date, None) => domain::AttributeType::Date,
            (AttributeType::Time, None) => domain::AttributeType::Time,
        };
        Ok(domain::AttributeDefinition { key: self.key, name: self.name, value_type })
    }
}

/// The global id of an entity that carries custom attributes.
#[derive(Debug)]
pub struct EntityInput(String);

impl async_graphql::InputType for EntityInput {
    type RawValueType = Self;

    fn type_name() -> std::borrow::Cow<'static, str> {
        <async_graphql::ID as async_graphql::InputType>::type_name()
    }

    fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
        <async_graphql::ID as async_graphql::InputType>::create_type_info(registry)
    }

    fn parse(value: Option<async_graphql::Value>) -> async_graphql::InputValueResult<Self> {
        <async_graphql::ID as async_graphql::InputType>::parse(value)
            .map(|id| Self(id.0))
            .map_err(async_graphql::InputValueError::propagate)
    }

    fn to_value(&self) -> async_graphql::Value {
        async_graphql::Value::String(self.0.clone())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

impl Accept<domain::EntityRef> for EntityInput {
    fn accept(self, intake: &Intake<'_>, field: &'static str) -> Result<domain::EntityRef, Problem> {
        let found = ids::split(&self.0).and_then(|(kind, id)| match kind.as_str() {
            LeadId::PREFIX => Some((LeadId::PREFIX, id, domain::EntityRef::Lead(id.into()))),
            AccountId::PREFIX => Some((AccountId::PREFIX, id, domain::EntityRef::Account(id.into()))),
            ContactId::PREFIX => Some((ContactId::PREFIX, id, domain::EntityRef::Contact(id.into()))),
            OpportunityId::PREFIX => Some((OpportunityId::PREFIX, id, domain::EntityRef::Opportunity(id.into()))),
            _ => None,
        });
        if let Some((kind, id, entity)) = found {
            intake.name(kind, id);
            return Ok(entity);
        }
        Err(Problem {
            code: RefusalCode::NotFound,
            message: format!("there is no lead, account, contact or opportunity with the id '{}'", self.0),
            path: vec![field],
        })
    }
}

impl Accept<BTreeMap<String, Option<AttributeValue>>> for Vec<AttributeInput> {
    fn accept(self, _: &Intake<'_>, field: &'static str) -> Result<BTreeMap<String, Option<AttributeValue>>, Problem> {
        let mut values = BTreeMap::new();
        for input in self {
            let value = AttributeInput::parse(input.value, field, &input.key)?;
            if values.insert(input.key.clone(), value).is_some() {
                return Err(Problem::invalid(field, format!("the attribute '{}' is given twice", input.key)));
            }
        }
        Ok(values)
    }
}
