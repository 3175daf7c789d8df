//! Publish the first or the next version of the custom attributes of an entity.

use serde::{Deserialize, Serialize};

use crate::attribute::{AttributeDefinition, EntityKind};

/// Publish the first or the next version of the custom attributes of an entity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishAttributes {
    /// Whose attributes.
    pub entity: EntityKind,
    /// All attributes of the version.
    pub definitions: Vec<AttributeDefinition>,
}
