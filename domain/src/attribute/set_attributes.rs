//! Set or clear custom attributes of one entity.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::activity::Subjects;
use crate::attribute::{AttributeChange, AttributeChanges, AttributesSet, Definitions, EntityRef};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Recorded};
use crate::known::{Known, References};
use crate::query::Query;
use crate::values::{AttributeValue, Attributes, Personal};

/// Set or clear custom attributes of one entity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAttributes {
    /// The entity.
    pub entity: EntityRef,
    /// Values by key; null clears, also under a key that is no longer published.
    pub values: BTreeMap<String, Option<AttributeValue>>,
}

/// The values as they stand, and what is allowed.
#[derive(Clone, Default, Debug)]
pub struct State {
    known: Known,
    definitions: Definitions,
    attributes: Personal<Attributes>,
    /// Keys under which the entity ever had a value.
    held: BTreeSet<String>,
}

impl SetAttributes {
    fn references(&self) -> References {
        References::default().to("entity", self.entity)
    }

    fn subjects(&self) -> Subjects {
        let nobody = Subjects::default();
        match self.entity {
            EntityRef::Lead(lead) => Subjects { lead: Some(lead), ..nobody },
            EntityRef::Account(account) => Subjects { account: Some(account), ..nobody },
            EntityRef::Contact(contact) => Subjects { contact: Some(contact), ..nobody },
            EntityRef::Opportunity(opportunity) => Subjects { opportunity: Some(opportunity), ..nobody },
        }
    }

    fn changes(&self, state: &State) -> Result<Vec<AttributeChange>, Common> {
        let mut changes = Vec::new();
        for (key, value) in &self.values {
            let to = match value {
                Some(value) => Some(state.definitions.check_one(key, value)?),
                None if state.held.contains(key) => None,
                None => state.definitions.definition(key).map(|_| None)?,
            };
            let from = state.attributes.known().and_then(|known| known.get(key)).cloned();
            if from != to {
                changes.push(AttributeChange { key: key.clone(), from, to });
            }
        }
        Ok(changes)
    }
}

impl Decision for SetAttributes {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.entity, &[])
    }

    fn boundary(&self, known: &State) -> Query {
        let values = Query::about(&self.entity, &[EventType::AttributesSet]);
        let named = self.references().within(Definitions::within(values, self.entity.kind()));
        known.known.within(named, &self.subjects())
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.known.evolve(event);
        state.definitions.evolve(event);
        match &event.event {
            Event::LeadReceived(fact) => state.attributes = fact.personal.attributes(),
            Event::AccountCreated(fact) => state.attributes = fact.personal.attributes(),
            Event::ContactCreated(fact) => state.attributes = fact.personal.attributes(),
            Event::OpportunityOpened(fact) => state.attributes = fact.personal.attributes(),
            Event::AttributesSet(fact) => fact.change(&mut state.attributes),
            _ => return,
        }
        state.held.extend(state.attributes.known().into_iter().flat_map(Attributes::keys).cloned());
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        state.known.check(&self.references())?;
        let changes = self.changes(state)?;
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let changes = AttributeChanges { changes };
        let fact = AttributesSet {
            entity: self.entity,
            version: state.definitions.version,
            data_subjects: state.known.seal(&self.subjects(), &changes, "values")?,
            personal: Personal::Known(changes),
        };
        Ok(vec![fact.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountKind, CreateAccount};
    use crate::attribute::{AttributeDefinition, AttributeType, EntityKind, PublishAttributes};
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    fn text(text: &str) -> AttributeValue {
        AttributeValue::Text(text.to_owned())
    }

    fn number(number: i64) -> AttributeValue {
        AttributeValue::Number(number.into())
    }

    fn set(key: &str, value: Option<AttributeValue>) -> SetAttributes {
        SetAttributes { entity: EntityRef::Account(id(1)), values: [(key.to_owned(), value)].into() }
    }

    fn changed(version: u32, change: AttributeChange) -> AttributesSet {
        AttributesSet {
            entity: EntityRef::Account(id(1)),
            version,
            data_subjects: id::<crate::ids::SubjectId>(2).into(),
            personal: Personal::Known(AttributeChanges { changes: vec![change] }),
        }
    }

    fn account_of_ten_employees() -> History {
        let key = "employees".to_owned();
        let definition = AttributeDefinition { key: key.clone(), name: key.clone(), value_type: AttributeType::Number };
        let account = CreateAccount {
            account: id(1),
            subject: id(2),
            kind: AccountKind::Company,
            name: "Vega".into(),
            emails: Vec::new(),
            phones: Vec::new(),
            owner: None,
            parent: None,
            attributes: [(key, text("10"))].into(),
        };
        History::default()
            .after(&PublishAttributes { entity: EntityKind::Account, definitions: vec![definition] })
            .after(&account)
    }

    #[test]
    fn a_change_names_the_value_before_and_after() {
        let change = AttributeChange { key: "employees".to_owned(), from: Some(number(10)), to: Some(number(12)) };
        account_of_ten_employees().when(&set("employees", Some(text("12")))).then([changed(1, change).into()]);
    }

    #[test]
    fn a_value_that_stands_already_changes_nothing() {
        account_of_ten_employees().when(&set("employees", Some(text("10.0")))).then_nothing();
    }

    #[test]
    fn null_clears() {
        account_of_ten_employees().after(&set("employees", None)).when(&set("employees", None)).then_nothing();
    }

    #[test]
    fn a_value_whose_key_is_no_longer_published_can_be_cleared() {
        let key = "turnover".to_owned();
        let definition = AttributeDefinition { key: key.clone(), name: key, value_type: AttributeType::Number };
        let definitions = vec![definition];
        let history = account_of_ten_employees().after(&PublishAttributes { entity: EntityKind::Account, definitions });
        history.clone().when(&set("employees", Some(text("12")))).then_refused(RefusalCode::InvalidValue);
        let change = AttributeChange { key: "employees".to_owned(), from: Some(number(10)), to: None };
        history
            .when(&set("employees", None))
            .then([changed(2, change).into()])
            .when(&set("employees", None))
            .then_nothing();
    }

    #[test]
    fn unknown_keys_and_entities_are_refused() {
        let refused = account_of_ten_employees().when(&set("turnover", None)).then_refused(RefusalCode::InvalidValue);
        assert!(refused.message.contains("turnover"));
        let refused = History::default().when(&set("employees", None)).then_refused(RefusalCode::NotFound);
        assert_eq!(refused.field.as_deref(), Some("entity"));
    }
}
