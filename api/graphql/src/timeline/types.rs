//! Timelines as clients see them.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use letopis_domain::event::Recorded;
use letopis_domain::ids::Position as LogPosition;
use letopis_domain::values::{PlainText, Timestamp};
use letopis_projections::Between;
use letopis_projections::reports::timeline::{BACK_DATED_TOLERANCE_MS, TimelineCursor, TimelineOf, TimelineQuery};

use crate::activity::{Activity, glance};
use crate::as_of::{self, AsOf};
use crate::company::Employee;
use crate::enums::Direction;
use crate::error::{FieldError, FieldResult};
use crate::event::RecordedEvent;
use crate::event_type::EventType;
use crate::ids::global_event;
use crate::lists::Slice;
use crate::long::long;
use crate::object::{link, text};
use crate::page::{Page, connection, cursor};
use crate::scalars::{DateTime, Position};
use crate::values::seconds;

connection!(TimelineConnection, TimelineEdge, TimelineEntry, "a timeline");

/// What an entity is asked of its timeline: the arguments of its field `timeline`.
pub struct TimelineArguments {
    /// Only events of these types.
    pub types: Option<Vec<EventType>>,
    /// Only what happened at or after this instant.
    pub from: Option<DateTime>,
    /// Only what happened before this instant.
    pub to: Option<DateTime>,
    /// Which part.
    pub slice: Slice,
    /// As of which moment; that of the entity when absent.
    pub as_of: Option<AsOf>,
}

impl TimelineArguments {
    /// The page of an entity that is shown as of a position.
    ///
    /// # Errors
    /// When the page is not well asked for, or cannot be read.
    pub async fn page(self, context: &Context<'_>, of: TimelineOf, at: LogPosition) -> FieldResult<TimelineConnection> {
        let as_of = self.as_of.unwrap_or(AsOf::Position(Position(at)));
        let view = as_of::view(context, Some(as_of)).await?;
        let query = TimelineQuery {
            of,
            types: self.types.unwrap_or_default().into_iter().map(|event_type| event_type.0).collect(),
            period: Between { from: self.from.map(|at| at.0), until: self.to.map(|at| at.0) },
            page: self.slice.page(decode)?,
        };
        // A page of all types is a look-up; rare types may be looked for through a whole history.
        let is_look_up = query.types.is_empty();
        let page = if is_look_up { view.timeline(&query) } else { long(|| view.timeline(&query)).await };
        let page = page.map_err(FieldError::from)?;
        let positions: Vec<_> = page.edges.iter().map(|edge| edge.node.position).collect();
        let events = view.get_many(&positions).map_err(FieldError::from)?;
        let mut entries = Vec::with_capacity(page.edges.len());
        for (edge, recorded) in page.edges.into_iter().zip(events) {
            let Some(recorded) = recorded else { continue };
            let entry = TimelineEntry { recorded, is_out_of_order: edge.node.is_out_of_order, at: view.position() };
            entries.push((cursor(&encode(&edge.cursor)), entry));
        }
        Ok(TimelineConnection(Page {
            entries,
            has_next: page.has_next,
            has_previous: page.has_previous,
            total: Arc::new(move || Ok(usize::try_from(view.count_timeline(&query)?).unwrap_or(usize::MAX))),
        }))
    }
}

fn encode(cursor: &TimelineCursor) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&cursor.occurred_at.micros().to_be_bytes());
    bytes[8..].copy_from_slice(&cursor.position.0.to_be_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<TimelineCursor> {
    let (at, position) = bytes.split_first_chunk::<8>()?;
    let occurred_at = Timestamp::from_micros(i64::from_be_bytes(*at));
    Some(TimelineCursor { occurred_at, position: LogPosition(u64::from_be_bytes(position.try_into().ok()?)) })
}

/// One event of a timeline.
pub struct TimelineEntry {
    recorded: Arc<Recorded>,
    is_out_of_order: bool,
    at: LogPosition,
}

impl TimelineEntry {
    /// The entry of an event that has just been recorded.
    pub const fn live(recorded: Arc<Recorded>, is_out_of_order: bool, at: LogPosition) -> Self {
        Self { recorded, is_out_of_order, at }
    }

    /// The place of its event.
    pub fn place(&self) -> LogPosition {
        self.recorded.position
    }
}

/// One event of a timeline.
#[Object]
impl TimelineEntry {
    /// The global id of the event.
    pub async fn id(&self) -> ID {
        global_event(self.recorded.position)
    }

    /// Its place in the log.
    async fn position(&self) -> Position {
        Position(self.recorded.position)
    }

    /// What happened.
    #[graphql(name = "type")]
    async fn event_type(&self) -> EventType {
        EventType(self.recorded.event.event_type())
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.recorded.occurred_at)
    }

    /// When it was recorded.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.recorded.recorded_at)
    }

    /// Whether it stands out: it was recorded after an event that is dated later, or more than a day after it happened.
    async fn is_back_dated(&self) -> bool {
        let late_ms = self.recorded.recorded_at.ms_since(self.recorded.occurred_at);
        self.is_out_of_order || late_ms > BACK_DATED_TOLERANCE_MS
    }

    /// A line for people: a subject, first words, a reason, a stage.
    async fn summary(&self) -> Option<String> {
        glance::summary(&self.recorded.event)
    }

    /// Who of the company took part, or the owner where it is about an owner.
    async fn employee(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, glance::employee(&self.recorded.event), self.at)
    }

    /// Who turned to whom, for activities.
    async fn direction(&self) -> Option<Direction> {
        Some(glance::activity(&self.recorded.event)?.direction.into())
    }

    /// How long it lasted, for calls and meetings; null = unknown.
    async fn duration_seconds(&self) -> Option<f64> {
        glance::activity(&self.recorded.event)?.duration_ms.map(seconds)
    }

    /// The content of an activity, or a summary; `erased` once the personal data is.
    async fn body(&self) -> Option<String> {
        let parts = glance::activity(&self.recorded.event)?;
        text(parts.text, |text| text.body.as_ref().map(PlainText::reveal))
    }

    /// The activity, where it is one.
    async fn activity(&self) -> Option<Activity> {
        Activity::of(&self.recorded, self.at)
    }

    /// The event with its whole content.
    async fn event(&self) -> RecordedEvent {
        RecordedEvent::new(Arc::clone(&self.recorded), self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back() {
        let cursor = TimelineCursor { occurred_at: Timestamp::from_micros(-5), position: LogPosition(7) };
        assert_eq!(decode(&encode(&cursor)), Some(cursor));
        assert_eq!(decode(&[0; 15]), None);
        assert_eq!(decode(&[0; 17]), None);
    }
}
