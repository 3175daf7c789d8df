//! Set or clear custom attributes of one entity.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::attribute::EntityRef;
use crate::values::AttributeValue;

/// Set or clear custom attributes of one entity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAttributes {
    /// The entity.
    pub entity: EntityRef,
    /// Values by key; null clears.
    pub values: BTreeMap<String, Option<AttributeValue>>,
}
