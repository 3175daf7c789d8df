//! Publish the next version of the thresholds of the rejection audit.

use serde::{Deserialize, Serialize};

use crate::catalog::{AuditRulesPublished, AuditThresholds};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Recorded};
use crate::query::Query;

/// Publish the next version of the thresholds of the rejection audit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishAuditRules {
    /// The thresholds.
    pub thresholds: AuditThresholds,
}

/// The version in force; before the first publication the defaults hold as version 1.
#[derive(Clone, Debug)]
pub struct State(AuditRulesPublished);

impl Default for State {
    fn default() -> Self {
        Self(AuditRulesPublished { version: 1, thresholds: AuditThresholds::default() })
    }
}

impl PublishAuditRules {
    fn check(&self) -> Result<(), Common> {
        let AuditThresholds { short_call_ms, answered_call_ms, burst_count, burst_window_ms, copied_comment_count } =
            self.thresholds;
        let invalid = |reason| Err(Common::invalid("thresholds", reason));
        if short_call_ms > answered_call_ms {
            return invalid("a short call is no longer than an answered one");
        }
        if burst_count < 2 || burst_window_ms == 0 {
            return invalid("a burst has at least two rejections within some time");
        }
        if copied_comment_count < 2 {
            return invalid("a copied comment stands at least twice");
        }
        Ok(())
    }
}

impl Decision for PublishAuditRules {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::default().or_types(&[EventType::AuditRulesPublished])
    }

    fn boundary(&self, _known: &State) -> Query {
        Query::default().or_types(&[EventType::AuditRulesPublished])
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        if let Event::AuditRulesPublished(fact) = &event.event {
            state.0 = fact.clone();
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        self.check()?;
        if state.0.thresholds == self.thresholds {
            return Ok(Vec::new());
        }
        Ok(vec![AuditRulesPublished { version: state.0.version + 1, thresholds: self.thresholds }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::RefusalCode;
    use crate::testing::History;

    fn burst_of(burst_count: u32) -> PublishAuditRules {
        PublishAuditRules { thresholds: AuditThresholds { burst_count, ..AuditThresholds::default() } }
    }

    #[test]
    fn the_defaults_are_version_one_and_the_first_publication_is_version_two() {
        History::default().when(&burst_of(AuditThresholds::default().burst_count)).then_nothing();
        let published = AuditRulesPublished { version: 2, thresholds: burst_of(5).thresholds };
        History::default().when(&burst_of(5)).then([published.into()]);
    }

    #[test]
    fn thresholds_make_sense() {
        History::default().when(&burst_of(1)).then_refused(RefusalCode::InvalidValue);
        let thresholds = AuditThresholds { short_call_ms: 40_000, ..AuditThresholds::default() };
        History::default().when(&PublishAuditRules { thresholds }).then_refused(RefusalCode::InvalidValue);
    }
}
