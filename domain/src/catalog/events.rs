//! Events of reason catalogs and audit rules.

use serde::{Deserialize, Serialize};

use crate::fact::fact;
use crate::query::Tag;

/// What the reasons of a catalog explain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CatalogKind {
    /// Why a lead was rejected.
    LeadRejection,
    /// Why a lead was recycled.
    LeadRecycling,
    /// Why an opportunity was lost.
    OpportunityLoss,
}

impl CatalogKind {
    /// The tag of the catalog's versions.
    #[must_use]
    pub fn tag(self) -> Tag {
        Tag::of_key(
            "catalog",
            match self {
                Self::LeadRejection => "lead-rejection",
                Self::LeadRecycling => "lead-recycling",
                Self::OpportunityLoss => "opportunity-loss",
            },
        )
    }
}

/// What a reason says about the facts, so that the facts can contradict it (R59).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Claim {
    /// The customer was called and did not answer.
    NoAnswer,
}

/// One reason of a catalog version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Its code, e.g. `NO_ANSWER`.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// Whether a comment must be given.
    #[serde(default)]
    pub comment_required: bool,
    /// What it says about the facts.
    #[serde(default)]
    pub claim: Option<Claim>,
}

/// A version of a reason catalog was published.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReasonCatalogPublished {
    /// Which catalog.
    pub kind: CatalogKind,
    /// The version, one more than the last.
    pub version: u32,
    /// Its reasons.
    pub reasons: Vec<Reason>,
}
fact!(ReasonCatalogPublished, |event, tags| tags.push(event.kind.tag()));

/// Thresholds of the rejection audit's flags (rule version 1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditThresholds {
    /// Calls shorter than this are short, in milliseconds.
    pub short_call_ms: u64,
    /// Calls of at least this contradict "no answer", in milliseconds.
    pub answered_call_ms: u64,
    /// Rejections by one employee that make a burst.
    pub burst_count: u32,
    /// The span within which they make one, in milliseconds.
    pub burst_window_ms: u64,
    /// Equal comments in a day that look copied.
    pub copied_comment_count: u32,
}

impl Default for AuditThresholds {
    fn default() -> Self {
        Self {
            short_call_ms: 10_000,
            answered_call_ms: 30_000,
            burst_count: 10,
            burst_window_ms: 10 * 60 * 1_000,
            copied_comment_count: 5,
        }
    }
}

/// A version of the audit thresholds was published; it judges rejections from this position on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditRulesPublished {
    /// The version, one more than the last; before the first, the defaults hold as version 1.
    pub version: u32,
    /// The thresholds.
    pub thresholds: AuditThresholds,
}
fact!(AuditRulesPublished, |_event, _tags| {});
