//! The read models as a request sees them: all at one position, which never moves under it.

use std::sync::Arc;
use std::time::Duration;

use letopis_domain::access::Fields;
use letopis_domain::attribute::AttributesPublished;
use letopis_domain::catalog::ReasonCatalogPublished;
use letopis_domain::ids::{BusinessUnitId, Position, Tagged};
use letopis_domain::pipeline::PipelinePublished;
use letopis_domain::values::Timestamp;
use letopis_eventlog::error::ReadError;
use letopis_eventlog::log::Log;
use uuid::Uuid;

use crate::digest::{ProjectionDigest, digests};
use crate::entity::{self, Entity, Folded};
use crate::eyes::Eyes;
use crate::filter::{QueryError, Where};
use crate::generation::Generation;
use crate::lists::{self, Group, Rows};
use crate::models::published::AuditRules;
use crate::page::{ListCursor, ListQuery, Page, PageRequest};
use crate::reports::activity_totals::{self, ActivityQuery, ActivityTotals};
use crate::reports::audit::{self, AuditQuery, AuditedRejection, RejectionAudit};
use crate::reports::bursts::RejectionBurst;
use crate::reports::funnel::{self, FunnelQuery, SalesFunnel};
use crate::reports::lead_conversion::{self, LeadConversion, LeadConversionQuery};
use crate::reports::timeline::{self, TimelineCursor, TimelineEntry, TimelineQuery};
use crate::scope::Scope;
use crate::store::StoreError;
use crate::value::Field;
use crate::witness::Witness;

/// Which moment of the log a question is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AsOf {
    /// Everything up to this position.
    Position(Position),
    /// Everything recorded at or before this instant.
    RecordedAt(Timestamp),
}

/// A moment that cannot be shown.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ViewError {
    /// The log is not that long.
    #[error("position {asked} lies beyond the end of the log, which is {head}")]
    BeyondHead {
        /// The position asked for.
        asked: Position,
        /// The last position.
        head: Position,
    },
    /// The views did not get there in time.
    #[error("the views are at position {applied} and did not reach {asked} within {waited:?}")]
    TooSlow {
        /// The position asked for.
        asked: Position,
        /// Where the views are.
        applied: Position,
        /// How long was waited.
        waited: Duration,
    },
    /// The projector met a fault.
    #[error("the views are at position {applied} and stand still: {fault}")]
    StandingStill {
        /// Where the views are.
        applied: Position,
        /// Why.
        fault: String,
    },
    /// The position of an instant could not be found.
    #[error(transparent)]
    Log(#[from] ReadError),
}

/// All read models as of one position. Cheap to make and to copy; it holds no lock between calls.
#[derive(Clone)]
pub struct View {
    pub(crate) generation: Arc<Generation>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) position: Position,
    /// Through whose eyes; none = everything is seen.
    pub(crate) eyes: Option<Arc<Eyes>>,
    /// Who notes whose data is shown; none = nobody.
    pub(crate) witness: Option<Arc<Witness>>,
}

/// A kind of entity that can be listed: one of the structs of [`crate::entries`].
#[expect(private_bounds, reason = "the kinds are those of this crate")]
pub trait Listed: Rows<Entry = Self> + Sized {}

impl<M: Rows<Entry = Self>> Listed for M {}

impl View {
    /// What the read models are called, as digests and reports name them.
    #[must_use]
    pub fn read_models(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> =
            self.generation.facts.read().tables().iter().map(|(_, name, _)| *name).collect();
        names.dedup();
        names
    }

    /// The position at which everything is read.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The log, for the content of events.
    pub fn log(&self) -> &Arc<dyn Log> {
        &self.log
    }

    /// Asks the rows in memory. The projector waits meanwhile, so nothing here reads the disk.
    fn ask<T>(&self, question: impl FnOnce(Scope<'_>) -> T) -> T {
        let facts = self.generation.facts.read();
        question(Scope { facts: &facts, position: self.position.0, eyes: self.eyes.as_deref() })
    }

    /// A page of a list.
    ///
    /// # Errors
    /// When the rows have no such column, or the page is not well asked for.
    pub fn list<M: Listed>(&self, query: &ListQuery) -> Result<Page<M, ListCursor>, QueryError> {
        self.ask(|scope| lists::list::<M>(scope, query))
    }

    /// How many rows pass a filter.
    ///
    /// # Errors
    /// When the rows have no such column.
    pub fn count<M: Listed>(&self, filter: &Where) -> Result<u64, QueryError> {
        self.ask(|scope| lists::count::<M>(scope, filter))
    }

    /// How many rows pass a filter, by the values of columns.
    ///
    /// # Errors
    /// When the rows have no such column.
    pub fn group<M: Listed>(&self, filter: &Where, by: &[Field]) -> Result<Vec<Group>, QueryError> {
        self.ask(|scope| lists::group::<M>(scope, filter, by))
    }

    /// An entity, folded from its own events; none if it did not exist, or is hidden.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn entity<E: Entity>(&self, id: E::Id) -> Result<Option<Folded<E>>, ReadError> {
        let fields = match id.tag().as_str().split_once(':') {
            Some((kind, uuid)) => Uuid::parse_str(uuid).map_or(Fields::NONE, |uuid| self.fields_of(kind, uuid)),
            None => Fields::NONE,
        };
        if !fields.sees() {
            return Ok(None);
        }
        let history = entity::history::<E>(&*self.log, id, self.position)?;
        Ok(entity::folded(history.into_iter().map(|event| self.hand_out(event, fields))))
    }

    /// The sales funnel.
    ///
    /// # Errors
    /// When stays have no such column.
    pub fn sales_funnel(&self, query: &FunnelQuery) -> Result<SalesFunnel, QueryError> {
        self.ask(|scope| funnel::funnel(scope, query))
    }

    /// The totals of the rejection audit.
    ///
    /// # Errors
    /// When rejections have no such column.
    pub fn rejection_audit(&self, query: &AuditQuery) -> Result<RejectionAudit, QueryError> {
        self.ask(|scope| audit::audit(scope, query))
    }

    /// The audited rejections, in the order of the log.
    ///
    /// # Errors
    /// When rejections have no such column, or the page is not well asked for.
    pub fn rejections(
        &self,
        query: &AuditQuery,
        page: &PageRequest<Position>,
    ) -> Result<Page<AuditedRejection, Position>, QueryError> {
        self.ask(|scope| audit::rejections(scope, query, page))
    }

    /// How many rejections a query means.
    ///
    /// # Errors
    /// When rejections have no such column.
    pub fn count_rejections(&self, query: &AuditQuery) -> Result<u64, QueryError> {
        self.ask(|scope| audit::count(scope, query))
    }

    /// The bursts in which a rejection that the query means took part.
    ///
    /// # Errors
    /// When rejections have no such column.
    pub fn rejection_bursts(&self, query: &AuditQuery) -> Result<Vec<RejectionBurst>, QueryError> {
        self.ask(|scope| audit::rejection_bursts(scope, query))
    }

    /// Totals of activities.
    ///
    /// # Errors
    /// When activities have no such column.
    pub fn activity_totals(&self, query: &ActivityQuery) -> Result<ActivityTotals, QueryError> {
        self.ask(|scope| activity_totals::totals(scope, query))
    }

    /// What became of leads.
    ///
    /// # Errors
    /// When leads have no such column.
    pub fn lead_conversion(&self, query: &LeadConversionQuery) -> Result<LeadConversion, QueryError> {
        self.ask(|scope| lead_conversion::conversion(scope, query))
    }

    /// A page of a timeline.
    ///
    /// # Errors
    /// When the rows cannot be read, or the page is not well asked for.
    pub fn timeline(&self, query: &TimelineQuery) -> Result<Page<TimelineEntry, TimelineCursor>, QueryError> {
        let store = self.generation.store().map_err(stored)?;
        let sources = self.ask(|scope| timeline::sources(scope, query.of));
        timeline::page(&sources, store, query, self.eyes.is_some().then_some(&|some| self.keep(some)))
    }

    /// How many entries a timeline has, whatever the page.
    ///
    /// # Errors
    /// When the rows cannot be read.
    pub fn count_timeline(&self, query: &TimelineQuery) -> Result<u64, QueryError> {
        let store = self.generation.store().map_err(stored)?;
        let sources = self.ask(|scope| timeline::sources(scope, query.of));
        timeline::count(&sources, store, query, self.eyes.is_some().then_some(&|some| self.keep(some)))
    }

    /// The entries whose events are seen.
    fn keep(&self, entries: Vec<TimelineEntry>) -> Result<Vec<TimelineEntry>, QueryError> {
        let positions: Vec<Position> = entries.iter().map(|entry| entry.position).collect();
        let mut kept = Vec::with_capacity(entries.len());
        for (entry, event) in entries.into_iter().zip(self.log.get_many(&positions)?) {
            if let Some(event) = event
                && self.fields(&event)?.sees()
            {
                kept.push(entry);
            }
        }
        Ok(kept)
    }

    /// Every version of every pipeline, in the order of their publication.
    pub fn pipelines(&self) -> Vec<PipelinePublished> {
        self.ask(|scope| published(&scope.facts.published.pipelines, scope))
    }

    /// Every version of every reason catalog, in the order of their publication.
    pub fn reason_catalogs(&self) -> Vec<ReasonCatalogPublished> {
        self.ask(|scope| published(&scope.facts.published.catalogs, scope))
    }

    /// Every version of the definitions of custom attributes, in the order of their publication.
    pub fn attribute_definitions(&self) -> Vec<AttributesPublished> {
        self.ask(|scope| published(&scope.facts.published.attributes, scope))
    }

    /// The version and the thresholds of the audit's rules in force.
    pub fn audit_rules(&self) -> (u32, letopis_domain::catalog::AuditThresholds) {
        let AuditRules { version, thresholds } = self.ask(|scope| scope.facts.published.rules(scope.position));
        (version, thresholds)
    }

    /// The zone in which days and months are counted; UTC before one was published.
    pub fn time_zone(&self) -> chrono_tz::Tz {
        self.ask(|scope| scope.facts.published.zone(scope.position))
    }

    /// Business units and their names, in the order of their formation.
    pub fn business_units(&self) -> Vec<(BusinessUnitId, String)> {
        self.ask(|scope| {
            let names = &scope.facts.names;
            let units = scope.facts.directory.units.standing(scope.position);
            units.filter_map(|unit| Some((names.id(unit.entity)?, names.text(unit.columns.name)?.to_owned()))).collect()
        })
    }

    /// What every read model says, in 32 bytes each.
    ///
    /// # Errors
    /// When the stored rows cannot be read.
    pub fn digests(&self) -> Result<Vec<ProjectionDigest>, QueryError> {
        digests(&self.generation, self.position).map_err(stored)
    }
}

fn published<T: Clone>(
    table: &crate::table::Table<crate::models::published::Publication<T>>,
    scope: Scope<'_>,
) -> Vec<T> {
    let known = table.iter().take_while(|publication| publication.opened <= scope.position);
    known.map(|publication| publication.content.clone()).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn stored(error: StoreError) -> QueryError {
    QueryError::Storage(error.to_string())
}
