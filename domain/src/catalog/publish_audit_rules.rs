//! Publish the next version of the thresholds of the rejection audit.

use serde::{Deserialize, Serialize};

use crate::catalog::AuditThresholds;

/// Publish the next version of the thresholds of the rejection audit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishAuditRules {
    /// The thresholds.
    pub thresholds: AuditThresholds,
}
