//! Reason catalogs and audit thresholds, published as versions.

mod mutations;
mod queries;
mod types;

pub use mutations::CatalogMutations;
pub use queries::CatalogQueries;
pub use types::{AuditRules, AuditRulesKey, ReasonCatalog};
