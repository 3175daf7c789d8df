//! Publish the name of the company and the zone in which its days are counted.

use serde::{Deserialize, Serialize};

/// Publish the name of the company and the zone in which its days are counted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishCompanyProfile {
    /// Name of the company.
    pub name: String,
    /// IANA time zone.
    pub time_zone: chrono_tz::Tz,
}
