//! Catalogs as clients see them.

use async_graphql::{Object, SimpleObject};
use letopis_domain::catalog as domain;
use letopis_domain::event::{Event, EventType, NewEvent};
use letopis_domain::ids::Position as LogPosition;
use letopis_domain::query::Query;
use letopis_eventlog::log::{Direction, Range};
use letopis_projections::View;

use crate::enums::{CatalogKind, Claim};
use crate::error::FieldError;
use crate::mutation::{Subject, SubjectKey};
use crate::scalars::Position;
use crate::values::{count, seconds};

/// The current version of a reason catalog.
pub struct ReasonCatalog {
    kind: domain::CatalogKind,
    state: domain::Catalog,
    at: LogPosition,
}

impl SubjectKey for domain::CatalogKind {
    fn of_events(events: &[NewEvent]) -> Option<Self> {
        events.iter().find_map(|event| match &event.event {
            Event::ReasonCatalogPublished(published) => Some(published.kind),
            _ => None,
        })
    }
}

impl Subject for ReasonCatalog {
    type Key = domain::CatalogKind;

    fn load(seen: &View, kind: domain::CatalogKind) -> Result<Option<Self>, FieldError> {
        let query = domain::Catalog::within(Query::default(), kind);
        let mut state = domain::Catalog::default();
        for recorded in seen.read(&query, Range::upto(seen.position()))? {
            state.evolve(&recorded);
        }
        Ok((state.version > 0).then_some(Self { kind, state, at: seen.position() }))
    }
}

/// The current version of a reason catalog.
#[Object]
impl ReasonCatalog {
    /// What its reasons explain.
    async fn kind(&self) -> CatalogKind {
        self.kind.into()
    }

    /// The version, from 1.
    async fn version(&self) -> u32 {
        self.state.version
    }

    /// Its reasons.
    async fn reasons(&self) -> Vec<Reason> {
        self.state.reasons.iter().map(Into::into).collect()
    }

    /// The position that it is shown as of.
    async fn position(&self) -> Position {
        Position(self.at)
    }
}

/// A reason of a catalog.
#[derive(SimpleObject)]
pub struct Reason {
    /// Its code, e.g. `NO_ANSWER`.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// Whether a comment must be given.
    pub comment_required: bool,
    /// What it says about the facts, so that the facts can contradict it.
    pub claim: Option<Claim>,
}

impl From<&domain::Reason> for Reason {
    fn from(reason: &domain::Reason) -> Self {
        Self {
            key: reason.key.clone(),
            name: reason.name.clone(),
            comment_required: reason.comment_required,
            claim: reason.claim.map(Into::into),
        }
    }
}

/// The thresholds of the rejection audit's flags.
#[derive(SimpleObject)]
pub struct AuditRules {
    /// The version, from 1; before the first publication the defaults hold as version 1.
    pub version: u32,
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

/// There is one set of audit rules.
pub struct AuditRulesKey;

impl SubjectKey for AuditRulesKey {
    fn of_events(_: &[NewEvent]) -> Option<Self> {
        Some(Self)
    }
}

impl Subject for AuditRules {
    type Key = AuditRulesKey;

    fn load(seen: &View, _: AuditRulesKey) -> Result<Option<Self>, FieldError> {
        let query = Query::default().or_types(&[EventType::AuditRulesPublished]);
        let range = Range { direction: Direction::Backward, limit: 1, ..Range::upto(seen.position()) };
        let newest = seen.read(&query, range)?;
        let published = newest.first().and_then(|recorded| match &recorded.event {
            Event::AuditRulesPublished(published) => Some((published.version, published.thresholds)),
            _ => None,
        });
        let (version, thresholds) = published.unwrap_or((1, domain::AuditThresholds::default()));
        Ok(Some(Self::new(version, thresholds)))
    }
}

impl AuditRules {
    /// A version of the rules.
    pub fn new(version: u32, thresholds: domain::AuditThresholds) -> Self {
        Self {
            version,
            short_call_seconds: seconds(thresholds.short_call_ms),
            answered_call_seconds: seconds(thresholds.answered_call_ms),
            burst_count: count(thresholds.burst_count),
            burst_window_seconds: seconds(thresholds.burst_window_ms),
            copied_comment_count: count(thresholds.copied_comment_count),
        }
    }
}
