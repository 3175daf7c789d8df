//! Questions about the log itself.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};
use letopis_domain::ids::Position as LogPosition;
use letopis_domain::query::{Query, QueryItem, Tag};
use letopis_eventlog::rocks::ProofError;
use letopis_projections::View;

use super::RecordedEvent;
use crate::context::{app, request, seen};
use crate::error::{FieldError, FieldResult};
use crate::event_type::EventType;
use crate::ids::split;
use crate::long::long;
use crate::page::{Page, connection, size};
use crate::scalars::{DateTime, Position};

connection!(EventConnection, EventEdge, RecordedEvent, "events, oldest first");

/// Which events: any of the items; without items every event.
#[derive(InputObject, Debug, Clone, Default)]
#[graphql(name = "EventQuery")]
pub struct EventQueryInput {
    /// Alternatives, joined by OR.
    pub items: Option<Vec<EventQueryItemInput>>,
}

/// One alternative of an event query.
#[derive(InputObject, Debug, Clone)]
#[graphql(name = "EventQueryItem")]
pub struct EventQueryItemInput {
    /// Any of these types; every type when absent.
    pub types: Option<Vec<EventType>>,
    /// About all of these entities, by global id.
    pub about: Option<Vec<ID>>,
    /// With all of these tags as the log writes them, e.g. `catalog:lead-rejection`.
    pub tags: Option<Vec<String>>,
}

impl EventQueryInput {
    /// The query of the log. An id that names nothing makes its item match nothing.
    ///
    /// # Errors
    /// When it asks for look-ups: whom a number or an address belongs to is not for everybody who reads events.
    pub fn query(self) -> Result<Query, FieldError> {
        let Some(items) = self.items.filter(|items| !items.is_empty()) else { return Ok(Query::all()) };
        let items: Vec<QueryItem> = items.into_iter().filter_map(EventQueryItemInput::item).collect();
        if items.iter().flat_map(|item| &item.tags).any(Tag::is_lookup) {
            let message = "`tags` holds a look-up, which is no tag of an event; `dataSubjects` finds people";
            return Err(FieldError::Input(message.to_owned()));
        }
        Ok(Query { items })
    }
}

impl EventQueryItemInput {
    fn item(self) -> Option<QueryItem> {
        let mut tags = Vec::new();
        for id in self.about.unwrap_or_default() {
            let (kind, id) = split(&id)?;
            tags.push(Tag::of_uuid(&kind, id));
        }
        tags.extend(self.tags.unwrap_or_default().iter().map(|tag| Tag::from_text(tag)));
        let types = self.types.unwrap_or_default().into_iter().map(|event_type| event_type.0).collect();
        Some(QueryItem { types, tags })
    }
}

/// A page of the events that match, as they are seen.
async fn page_of_events(
    seen: View,
    query: Query,
    after: Option<Position>,
    first: Option<i32>,
) -> FieldResult<EventConnection> {
    let after = after.map_or(LogPosition::START, |after| after.0);
    let found = long(|| seen.page(&query, after, size(first))).await.map_err(FieldError::from)?;
    let at = seen.position();
    // A cursor is the position itself, because that is what `after` takes.
    let entry = |recorded: Arc<_>| {
        let event = RecordedEvent::new(recorded, at);
        (event.position().to_string(), event)
    };
    Ok(EventConnection(Page {
        entries: found.events.into_iter().map(entry).collect(),
        has_next: found.has_more,
        has_previous: after > LogPosition::START,
        total: Arc::new(move || Ok(seen.count_events(&query)?)),
    }))
}

/// A page of the events at these positions, which ascend.
///
/// # Errors
/// When the log cannot be read.
pub fn page_of_positions(
    seen: &View,
    positions: &[LogPosition],
    after: Option<Position>,
    first: Option<i32>,
) -> FieldResult<EventConnection> {
    let (total, size, at) = (positions.len(), size(first), seen.position());
    let from = after.map_or(0, |after| positions.partition_point(|position| *position <= after.0));
    let page = &positions[from..total.min(from.saturating_add(size))];
    let events = seen.get_many(page).map_err(FieldError::from)?;
    let entries = events.into_iter().flatten().map(|recorded| {
        let event = RecordedEvent::new(recorded, at);
        (event.position().to_string(), event)
    });
    Ok(EventConnection(Page {
        entries: entries.collect(),
        has_next: from + page.len() < total,
        has_previous: from > 0,
        total: Arc::new(move || Ok(total)),
    }))
}

/// Where the log stands.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct LogInfo {
    /// The last durable position; 0 = empty.
    head: Position,
    /// The last position that the read models have taken in.
    applied: Position,
    /// When the event at the head was recorded.
    recorded_at: Option<DateTime>,
    /// The server's clock.
    now: DateTime,
}

/// Where the log stands.
#[ComplexObject]
impl LogInfo {
    /// A signed checkpoint of the log as it is now, in the format of C2SP `tlog-checkpoint`: name of the log, number of
    /// records, root of the Merkle tree over them, signatures. Keep it: with it you can tell later whether the log was
    /// changed.
    async fn checkpoint(&self, context: &Context<'_>) -> FieldResult<String> {
        let app = app(context)?;
        let checkpoint = long(|| app.rocks.checkpoint()).await;
        Ok(checkpoint.map_err(|error| FieldError::Unavailable(error.to_string()))?.note().to_owned())
    }

    /// A signed checkpoint of the log as it is now, and before it the proof that the log goes on from one that you hold:
    /// nothing that it covers was changed. The text is what C2SP `tlog-witness` calls the body of an `add-checkpoint`
    /// request; `letopis verify-proof` checks it.
    async fn continuation(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "The checkpoint that you hold, a signed note of this log, or a continuation that ends with it."
        )]
        since: String,
    ) -> Option<FieldResult<String>> {
        let prove = async {
            let app = app(context)?;
            let proved = long(|| app.rocks.continuation(&app.rocks.held_checkpoint(&since)?)).await;
            Ok(proved.map_err(refused_proof)?.to_text())
        };
        Some(prove.await)
    }
}

/// Why there is no proof: because of what was given, or because of this server.
pub fn refused_proof(error: ProofError) -> FieldError {
    match error {
        ProofError::Read(error) => error.into(),
        ProofError::Issue(error) => FieldError::Unavailable(error.to_string()),
        ProofError::Changed(_) | ProofError::Write(_) => FieldError::Fault(error.to_string()),
        ProofError::OtherRoot { .. } => {
            // A key of this log has signed what does not fit it: whoever asks must learn of it, and whoever runs it, too.
            tracing::error!(%error, "a checkpoint that this log has signed does not fit it");
            FieldError::Input(error.to_string())
        }
        other => FieldError::Input(other.to_string()),
    }
}

/// Questions about the log itself.
#[derive(Default)]
pub struct EventQueries;

/// Questions about the log itself.
#[Object]
impl EventQueries {
    /// Events as they were recorded, oldest first.
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which events; every event when absent.")] query: Option<EventQueryInput>,
        #[graphql(desc = "Only events after this position; an `endCursor` is one.")] after: Option<Position>,
        #[graphql(desc = "How many, at most 100; 20 when absent.")] first: Option<i32>,
    ) -> FieldResult<EventConnection> {
        let seen = seen(context, request(context)?.position())?;
        page_of_events(seen, query.unwrap_or_default().query()?, after, first).await
    }

    /// One event by its position; null when there is none.
    async fn event(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its place in the log.")] position: Position,
    ) -> Option<FieldResult<RecordedEvent>> {
        let found = || Ok(RecordedEvent::at(&seen(context, request(context)?.position())?, position.0)?);
        found().transpose()
    }

    /// Where the log stands.
    async fn log(&self, context: &Context<'_>) -> FieldResult<LogInfo> {
        let app = app(context)?;
        let head = app.log.head();
        let newest = app.log.get(head).map_err(FieldError::from)?;
        Ok(LogInfo {
            head: Position(head),
            applied: Position(app.readiness().applied),
            recorded_at: newest.map(|recorded| DateTime(recorded.recorded_at)),
            now: DateTime(app.env.now()),
        })
    }
}
