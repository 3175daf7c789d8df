//! Events of custom attributes.

use serde::{Deserialize, Serialize};

use crate::access::Withholding;
use crate::fact::fact;
use crate::ids::{AccountId, ContactId, LeadId, OpportunityId, Tagged};
use crate::privacy::DataSubjects;
use crate::query::Tag;
use crate::values::{AttributeValue, Attributes, Personal, PersonalValues};

/// Entities that carry custom attributes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EntityKind {
    /// Leads.
    Lead,
    /// Accounts.
    Account,
    /// Contacts.
    Contact,
    /// Opportunities.
    Opportunity,
}

impl EntityKind {
    /// The tag of the definitions' versions.
    #[must_use]
    pub fn attributes_tag(self) -> Tag {
        Tag::of_key(
            "attributes",
            match self {
                Self::Lead => "lead",
                Self::Account => "account",
                Self::Contact => "contact",
                Self::Opportunity => "opportunity",
            },
        )
    }
}

/// One entity that carries custom attributes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntityRef {
    /// A lead.
    Lead(LeadId),
    /// An account.
    Account(AccountId),
    /// A contact.
    Contact(ContactId),
    /// An opportunity.
    Opportunity(OpportunityId),
}

impl EntityRef {
    /// Its kind.
    #[must_use]
    pub const fn kind(self) -> EntityKind {
        match self {
            Self::Lead(_) => EntityKind::Lead,
            Self::Account(_) => EntityKind::Account,
            Self::Contact(_) => EntityKind::Contact,
            Self::Opportunity(_) => EntityKind::Opportunity,
        }
    }
}

impl Tagged for EntityRef {
    fn tag(&self) -> Tag {
        match self {
            Self::Lead(id) => id.tag(),
            Self::Account(id) => id.tag(),
            Self::Contact(id) => id.tag(),
            Self::Opportunity(id) => id.tag(),
        }
    }
}

/// What values an attribute takes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AttributeType {
    /// Free text.
    Text,
    /// An exact number.
    Number,
    /// Yes or no.
    Flag,
    /// A day.
    Date,
    /// An instant.
    Time,
    /// One of these keys.
    Option(Vec<String>),
}

/// One attribute.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributeDefinition {
    /// Its code, e.g. `landing_page`.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// The values it takes.
    #[serde(rename = "type")]
    pub value_type: AttributeType,
}

/// A version of an entity's custom attributes was published.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttributesPublished {
    /// Whose attributes.
    pub entity: EntityKind,
    /// The version, one more than the last.
    pub version: u32,
    /// All attributes of the version.
    pub definitions: Vec<AttributeDefinition>,
}
fact!(AttributesPublished, |event, tags| tags.push(event.entity.attributes_tag()));

/// One change of one attribute.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttributeChange {
    /// The attribute.
    pub key: String,
    /// The value before.
    pub from: Option<AttributeValue>,
    /// The value now; none = cleared.
    pub to: Option<AttributeValue>,
}

/// What changed, in the order of the keys.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AttributeChanges {
    /// Every attribute that changed.
    pub changes: Vec<AttributeChange>,
}
impl PersonalValues for AttributeChanges {
    fn withhold(&mut self, withholding: &Withholding<'_>) {
        withholding.personal(&mut self.changes);
    }
}

/// Attributes of one entity were set or cleared, after its creation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttributesSet {
    /// The entity.
    pub entity: EntityRef,
    /// Version of the definitions they were checked against.
    pub version: u32,
    /// Whom the personal part is about: those whom the entity is about.
    pub data_subjects: DataSubjects,
    /// What changed.
    #[serde(skip)]
    pub personal: Personal<AttributeChanges>,
}
fact!(AttributesSet, personal AttributeChanges, about data_subjects, |event, tags| tags.add(&event.entity));

impl AttributesSet {
    /// Makes the changes. What was erased before stays unknown; what is set afterwards is known.
    pub fn change(&self, attributes: &mut Personal<Attributes>) {
        let Some(changed) = self.personal.known() else {
            *attributes = Personal::Erased;
            return;
        };
        let mut values = attributes.known().cloned().unwrap_or_default();
        for change in &changed.changes {
            match &change.to {
                Some(value) => values.insert(change.key.clone(), value.clone()),
                None => values.remove(&change.key),
            };
        }
        *attributes = Personal::Known(values);
    }
}
