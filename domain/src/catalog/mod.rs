//! Reason catalogs and audit thresholds, published as versions.

mod current;
mod events;
mod publish_audit_rules;
mod publish_reason_catalog;

pub use current::Catalog;
pub use events::*;
pub use publish_audit_rules::PublishAuditRules;
pub use publish_reason_catalog::PublishReasonCatalog;
