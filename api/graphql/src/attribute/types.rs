//! Definitions of custom attributes as clients see them.

use async_graphql::{Object, SimpleObject};
use letopis_domain::attribute as domain;
use letopis_domain::event::{Event, NewEvent};
use letopis_domain::ids::Position as LogPosition;
use letopis_domain::query::Query;
use letopis_eventlog::log::Range;
use letopis_projections::View;

use crate::enums::{AttributeType, EntityKind};
use crate::error::FieldError;
use crate::mutation::{Subject, SubjectKey};
use crate::node::Node;
use crate::scalars::Position;

/// The custom attributes of one kind of entity.
pub struct AttributeDefinitions {
    entity: domain::EntityKind,
    state: domain::Definitions,
    at: LogPosition,
}

impl SubjectKey for domain::EntityKind {
    fn of_events(events: &[NewEvent]) -> Option<Self> {
        events.iter().find_map(|event| match &event.event {
            Event::AttributesPublished(published) => Some(published.entity),
            _ => None,
        })
    }
}

impl Subject for AttributeDefinitions {
    type Key = domain::EntityKind;

    fn load(seen: &View, entity: domain::EntityKind) -> Result<Option<Self>, FieldError> {
        let query = domain::Definitions::within(Query::default(), entity);
        let mut state = domain::Definitions::default();
        for recorded in seen.read(&query, Range::upto(seen.position()))? {
            state.evolve(&recorded);
        }
        Ok(Some(Self { entity, state, at: seen.position() }))
    }
}

/// The custom attributes of one kind of entity, in their current version.
#[Object]
impl AttributeDefinitions {
    /// Whose attributes.
    async fn entity(&self) -> EntityKind {
        self.entity.into()
    }

    /// The version, from 1; 0 = never published.
    async fn version(&self) -> u32 {
        self.state.version
    }

    /// The attributes.
    async fn definitions(&self) -> Vec<AttributeDefinition> {
        self.state.definitions.iter().map(Into::into).collect()
    }

    /// The position that they are shown as of.
    async fn position(&self) -> Position {
        Position(self.at)
    }
}

/// A custom attribute.
#[derive(SimpleObject)]
pub struct AttributeDefinition {
    /// Its code, e.g. `landing_page`.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// The values it takes.
    pub value_type: AttributeType,
    /// The keys of its options, for `OPTION`.
    pub options: Option<Vec<String>>,
}

impl From<&domain::AttributeDefinition> for AttributeDefinition {
    fn from(definition: &domain::AttributeDefinition) -> Self {
        let (value_type, options) = match &definition.value_type {
            domain::AttributeType::Text => (AttributeType::Text, None),
            domain::AttributeType::Number => (AttributeType::Number, None),
            domain::AttributeType::Flag => (AttributeType::Flag, None),
            domain::AttributeType::Date => (AttributeType::Date, None),
            domain::AttributeType::Time => (AttributeType::Time, None),
            domain::AttributeType::Option(options) => (AttributeType::Option, Some(options.clone())),
        };
        Self { key: definition.key.clone(), name: definition.name.clone(), value_type, options }
    }
}

impl SubjectKey for domain::EntityRef {
    fn of_events(events: &[NewEvent]) -> Option<Self> {
        events.iter().find_map(|event| match &event.event {
            Event::AttributesSet(set) => Some(set.entity),
            _ => None,
        })
    }
}

impl Subject for Node {
    type Key = domain::EntityRef;

    fn load(seen: &View, entity: domain::EntityRef) -> Result<Option<Self>, FieldError> {
        match entity {
            domain::EntityRef::Lead(id) => Ok(Subject::load(seen, id)?.map(Self::Lead)),
            domain::EntityRef::Account(id) => Ok(Subject::load(seen, id)?.map(Self::Account)),
            domain::EntityRef::Contact(id) => Ok(Subject::load(seen, id)?.map(Self::Contact)),
            domain::EntityRef::Opportunity(id) => Ok(Subject::load(seen, id)?.map(Self::Opportunity)),
        }
    }
}
