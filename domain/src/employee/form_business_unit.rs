//! Form a business unit.

use serde::{Deserialize, Serialize};

use crate::ids::BusinessUnitId;

/// Form a business unit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormBusinessUnit {
    /// The new unit.
    pub unit: BusinessUnitId,
    /// Its name.
    pub name: String,
}
