//! What is kept of a key, and what is not: its secret is seen once, when it is made.

use std::fmt;

use letopis_domain::ids::EmployeeId;
use letopis_domain::values::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::keys::text::KeyId;
use crate::scopes::Scopes;

/// A key to be made.
#[derive(Clone, Debug)]
pub struct Order {
    /// What people call it: the holder or the purpose, 1 to 100 characters.
    pub name: String,
    /// For whom it stands.
    pub employee: EmployeeId,
    /// What it may be used for; at least one.
    pub scopes: Scopes,
    /// The first instant at which it is no longer accepted; none = never.
    pub expires_at: Option<Timestamp>,
}

/// What is known of a key: everything but its text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// The public part of its text.
    pub id: KeyId,
    /// What people call it.
    pub name: String,
    /// For whom it stands.
    pub employee: EmployeeId,
    /// What it may be used for.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
    /// The first instant at which it is no longer accepted; none = never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// The minute in which it was last accepted. Written now and then: a crash may lose the last few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it is accepted at this time.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A key that was just made, with its text, which is nowhere else and cannot be had again.
pub struct NewKey {
    /// What is kept of it.
    pub key: ApiKey,
    pub(super) text: Zeroizing<String>,
}

impl NewKey {
    /// The whole text, to be shown once. It is overwritten in memory when this value is dropped.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey").field("key", &self.key).finish_non_exhaustive()
    }
}
