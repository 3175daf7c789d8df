//! Commands on catalogs.

use letopis_domain::catalog::AuditThresholds;
use letopis_domain::values::DurationMs;

use super::{AuditRules, AuditRulesKey, ReasonCatalog};
use crate::enums::{CatalogKind, Claim};
use crate::intake::{Accept, Intake, Problem, input};
use crate::mutation::mutations;

mutations! {
    /// Commands on catalogs.
    CatalogMutations;

    /// Publishes the first or the next version of a reason catalog.
    publish_reason_catalog(
        PublishReasonCatalogInput => letopis_domain::catalog::PublishReasonCatalog
    ) -> PublishReasonCatalogPayload {
        /// The catalog.
        catalog: ReasonCatalog, by |command| command.kind
    } {
        /// Which catalog.
        kind: CatalogKind,
        /// Its reasons, at least one.
        reasons: Vec<ReasonInput>,
    }

    /// Publishes the next version of the thresholds of the rejection audit.
    publish_audit_rules(PublishAuditRulesInput => letopis_domain::catalog::PublishAuditRules) -> PublishAuditRulesPayload {
        /// The rules.
        rules: AuditRules, by |_command| AuditRulesKey
    } {
        /// The thresholds.
        thresholds: AuditThresholdsInput,
    }
}

input! {
    /// A reason of a catalog.
    ReasonInput => letopis_domain::catalog::Reason {
        /// Its code, e.g. `NO_ANSWER`.
        key: String,
        /// Its name for people.
        name: String,
        /// Whether a comment must be given.
        #[graphql(default)]
        comment_required: bool,
        /// What it says about the facts.
        claim: Option<Claim>,
    }
}

/// Thresholds of the rejection audit's flags.
#[derive(async_graphql::InputObject, Debug)]
pub struct AuditThresholdsInput {
    /// Calls shorter than this are short, in seconds.
    pub short_call_seconds: f64,
    /// Calls of at least this contradict "no answer", in seconds.
    pub answered_call_seconds: f64,
    /// Rejections by one employee that make a burst.
    pub burst_count: i32,
    /// The span within which they make one, in seconds.
    pub burst_window_seconds: f64,
    /// Equal comments in a day that look copied.
    pub copied_comment_count: i32,
}

impl Accept<AuditThresholds> for AuditThresholdsInput {
    fn accept(self, intake: &Intake<'_>, field: &'static str) -> Result<AuditThresholds, Problem> {
        let duration = |seconds: f64, name| {
            let accepted: Result<DurationMs, Problem> = seconds.accept(intake, name);
            accepted.map(|duration| duration.0).map_err(|problem| problem.within(field))
        };
        let count = |count: i32, name| {
            let accepted: Result<u32, Problem> = count.accept(intake, name);
            accepted.map_err(|problem| problem.within(field))
        };
        Ok(AuditThresholds {
            short_call_ms: duration(self.short_call_seconds, "short_call_seconds")?,
            answered_call_ms: duration(self.answered_call_seconds, "answered_call_seconds")?,
            burst_count: count(self.burst_count, "burst_count")?,
            burst_window_ms: duration(self.burst_window_seconds, "burst_window_seconds")?,
            copied_comment_count: count(self.copied_comment_count, "copied_comment_count")?,
        })
    }
}
