//! Publish the first or the next version of a reason catalog.

use serde::{Deserialize, Serialize};

use crate::catalog::{CatalogKind, Reason};

/// Publish the first or the next version of a reason catalog.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishReasonCatalog {
    /// Which catalog.
    pub kind: CatalogKind,
    /// Its reasons, at least one.
    pub reasons: Vec<Reason>,
}
