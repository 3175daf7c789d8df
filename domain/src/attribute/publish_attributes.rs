//! Publish the first or the next version of the custom attributes of an entity.

use std::collections::BTreeMap;
use std::mem::{Discriminant, discriminant};

use serde::{Deserialize, Serialize};

use crate::attribute::{AttributeDefinition, AttributeType, AttributesPublished, Definitions, EntityKind};
use crate::common::{Common, rejection};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::limits;
use crate::query::Query;

/// Publish the first or the next version of the custom attributes of an entity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishAttributes {
    /// Whose attributes.
    pub entity: EntityKind,
    /// All attributes of the version.
    pub definitions: Vec<AttributeDefinition>,
}

rejection! {
    /// Values of an earlier version would be read as something else.
    OtherType { key: String } => InvalidValue, "definitions", "'{key}' was published with another type before";
}

/// The current version, and the type that each key ever had.
#[derive(Clone, Default, Debug)]
pub struct State {
    current: Definitions,
    types: BTreeMap<String, Discriminant<AttributeType>>,
}

impl PublishAttributes {
    fn check(&self) -> Result<(), Common> {
        if !self.definitions.is_empty() {
            limits::keys("definitions", self.definitions.iter().map(|definition| definition.key.as_str()))?;
        }
        for definition in &self.definitions {
            limits::name("definitions", &definition.name)?;
            if let AttributeType::Option(options) = &definition.value_type {
                limits::keys("definitions", options.iter().map(String::as_str))?;
            }
        }
        Ok(())
    }
}

impl Decision for PublishAttributes {
    type State = State;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Definitions::within(Query::default(), self.entity)
    }

    fn boundary(&self, _known: &State) -> Query {
        Definitions::within(Query::default(), self.entity)
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.current.evolve(event);
        let types = state.current.definitions.iter();
        state.types.extend(types.map(|definition| (definition.key.clone(), discriminant(&definition.value_type))));
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        self.check()?;
        if state.current.definitions == self.definitions {
            return Ok(Vec::new());
        }
        for AttributeDefinition { key, value_type, .. } in &self.definitions {
            if state.types.get(key).is_some_and(|earlier| *earlier != discriminant(value_type)) {
                return Err(Rejection::OtherType { key: key.clone() });
            }
        }
        let (entity, version) = (self.entity, state.current.version + 1);
        Ok(vec![AttributesPublished { entity, version, definitions: self.definitions.clone() }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::RefusalCode;
    use crate::testing::History;

    fn publish(definitions: &[(&str, AttributeType)]) -> PublishAttributes {
        let definition = |(key, value_type): &(&str, AttributeType)| AttributeDefinition {
            key: (*key).to_owned(),
            name: (*key).to_owned(),
            value_type: value_type.clone(),
        };
        PublishAttributes { entity: EntityKind::Lead, definitions: definitions.iter().map(definition).collect() }
    }

    #[test]
    fn a_key_keeps_its_type_even_after_it_was_gone() {
        let history = History::default()
            .after(&publish(&[("age", AttributeType::Number)]))
            .after(&publish(&[]))
            .when(&publish(&[("age", AttributeType::Text)]))
            .then_refused(RefusalCode::InvalidValue);
        assert_eq!(history.message, "'age' was published with another type before");
    }

    #[test]
    fn options_may_grow() {
        let options = |keys: &[&str]| AttributeType::Option(keys.iter().map(|key| (*key).to_owned()).collect());
        let history = History::default().after(&publish(&[("size", options(&["S"]))]));
        let grown = publish(&[("size", options(&["S", "L"]))]);
        history.after(&grown).when(&grown).then_nothing();
    }

    #[test]
    fn an_option_has_keys_and_a_key_stands_once() {
        let none = publish(&[("size", AttributeType::Option(Vec::new()))]);
        History::default().when(&none).then_refused(RefusalCode::Required);
        let twice = publish(&[("age", AttributeType::Number), ("age", AttributeType::Number)]);
        History::default().when(&twice).then_refused(RefusalCode::InvalidValue);
    }
}
