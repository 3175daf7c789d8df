//! Events as clients see them.

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use letopis_domain::access::Fields;
use letopis_domain::event::{PartsSerializer, Recorded};
use letopis_domain::ids::Position as LogPosition;
use letopis_domain::values::Personal;
use letopis_eventlog::proof::Checkpoint;
use letopis_projections::View;
use serde::Serialize;
use serde_json::Value;

use crate::app::App;
use crate::company::Employee;
use crate::context::{app, seen};
use crate::error::{FieldError, FieldResult};
use crate::event_type::EventType;
use crate::ids::global_event;
use crate::long::long;
use crate::object::{ERASED, link};
use crate::scalars::{DateTime, Json, Position};

/// An event as the log holds it.
#[derive(Clone)]
pub struct RecordedEvent {
    recorded: Arc<Recorded>,
    at: LogPosition,
}

impl RecordedEvent {
    /// The event, whose links are read as of a position.
    pub const fn new(recorded: Arc<Recorded>, at: LogPosition) -> Self {
        Self { recorded, at }
    }

    /// The event at a place of the log, as it is seen.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn at(seen: &View, place: LogPosition) -> Result<Option<Self>, FieldError> {
        let at = seen.position();
        Ok(seen.get(place)?.map(|recorded| Self { recorded, at }))
    }

    /// Its place.
    pub fn position(&self) -> LogPosition {
        self.recorded.position
    }
}

/// An event as the log holds it: something that happened, never changed.
#[Object]
impl RecordedEvent {
    /// Its global id.
    pub async fn id(&self) -> ID {
        global_event(self.recorded.position)
    }

    /// Its place in the log.
    #[graphql(name = "position")]
    async fn place(&self) -> Position {
        Position(self.recorded.position)
    }

    /// Its own id, a UUID that stays the same in every copy of the log.
    async fn event_id(&self) -> String {
        self.recorded.id.to_string()
    }

    /// What happened.
    #[graphql(name = "type")]
    async fn event_type(&self) -> EventType {
        EventType(self.recorded.event.event_type())
    }

    /// The version of its shape that is shown; older stored ones are converted.
    async fn version(&self) -> i32 {
        i32::from(self.recorded.event.event_type().current_version())
    }

    /// The tags by which it is found.
    async fn tags(&self) -> Vec<String> {
        self.recorded.event.tags().as_slice().iter().map(ToString::to_string).collect()
    }

    /// When it happened, as the caller said.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.recorded.occurred_at)
    }

    /// When it was recorded, by the server's clock.
    async fn recorded_at(&self) -> DateTime {
        DateTime(self.recorded.recorded_at)
    }

    /// Who recorded it; null = the system itself.
    async fn actor(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.recorded.actor, self.at)
    }

    /// The request that brought it.
    async fn request_id(&self) -> Option<&str> {
        self.recorded.request.as_ref().map(letopis_domain::ids::RequestId::as_str)
    }

    /// Everything that belongs to one business process shares it.
    async fn correlation_id(&self) -> Option<String> {
        self.recorded.correlation.map(|id| id.to_string())
    }

    /// The event that led to this one.
    async fn causation_id(&self) -> Option<String> {
        self.recorded.causation.map(|id| id.to_string())
    }

    /// Its content. What is personal stands under `personal`, or the word `erased` in its place.
    async fn payload(&self) -> FieldResult<Json> {
        Ok(Json(payload(&self.recorded)?))
    }

    /// The proof that it is part of the log, a file in the format of C2SP `tlog-proof`: its stored bytes, its index, the
    /// path to the root, and a signed checkpoint. `letopis verify-proof` checks it, and so does any other verifier.
    async fn proof(&self, context: &Context<'_>) -> FieldResult<String> {
        let (app, position) = (app(context)?, self.recorded.position);
        if !seen(context, self.at)?.fields_at(position).map_err(FieldError::from)?.holds(Fields::MONEY) {
            let message = "the proof holds the stored event, whose amounts your roles may not see";
            return Err(FieldError::Forbidden(message.to_owned()).into());
        }
        Ok(long(|| proof(app, position)).await?)
    }

    /// Whether its personal part was erased.
    async fn is_erased(&self) -> bool {
        self.recorded.event.is_erased()
    }
}

/// Against the checkpoint that left the log last, if it covers the event, and otherwise against a new one.
fn proof(app: &App, position: LogPosition) -> Result<String, FieldError> {
    let unavailable = |error: &dyn std::fmt::Display| FieldError::Unavailable(error.to_string());
    let covers = |checkpoint: &Checkpoint| position.0 <= checkpoint.size();
    let checkpoint = match app.rocks.last_checkpoint().filter(covers) {
        Some(checkpoint) => checkpoint,
        None => app.rocks.checkpoint().map_err(|error| unavailable(&error))?,
    };
    let proof = app.rocks.prove(position, &checkpoint).map_err(|error| unavailable(&error))?;
    Ok(proof.to_text())
}

/// The content of an event for people, with the personal part or the word `erased`.
///
/// # Errors
/// When a value has no JSON form.
pub fn payload(recorded: &Recorded) -> Result<Value, FieldError> {
    struct AsJson;

    impl PartsSerializer for AsJson {
        type Ok = Value;
        type Error = serde_json::Error;

        fn serialize<T: Serialize, P: Serialize>(
            self,
            fact: &T,
            personal: Option<&Personal<P>>,
        ) -> Result<Value, serde_json::Error> {
            let mut value = serde_json::to_value(fact)?;
            if let (Value::Object(fields), Some(personal)) = (&mut value, personal) {
                let shown = match personal {
                    Personal::Known(known) => serde_json::to_value(known)?,
                    Personal::Erased => Value::from(ERASED),
                };
                fields.insert("personal".to_owned(), shown);
            }
            Ok(value)
        }
    }

    let shown = recorded.event.serialize_parts(AsJson);
    shown.map_err(|error| FieldError::Fault(format!("event {} has no JSON form: {error}", recorded.position)))
}
