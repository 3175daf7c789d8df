//! A stored event as people read it, in one canonical text, so that it can be compared with the stored bytes.

use letopis_domain::event::{DecodeError, PartsSerializer, Recorded};
use letopis_domain::ids::Position;
use letopis_domain::values::{Personal, Timestamp};
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::error::ReadError;
use crate::frame::Frame;

/// Everything of an event that its frame says in the clear. The order of the fields is part of the format.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    #[serde(rename = "type")]
    event_type: &'a str,
    version: u16,
    id: Uuid,
    occurred_at: Timestamp,
    recorded_at: Timestamp,
    actor: Option<Uuid>,
    request: Option<&'a str>,
    correlation: Option<Uuid>,
    causation: Option<Uuid>,
    tags: Vec<String>,
    /// Absent where type or version are unknown here.
    #[serde(skip_serializing_if = "Option::is_none")]
    fact: Option<Box<RawValue>>,
}

/// An event for people, as it stands in every export.
#[derive(Clone, Debug, Serialize)]
pub struct ShownEvent {
    /// Its place in the log.
    pub position: Position,
    /// The event without what is personal.
    pub event: Box<RawValue>,
    /// Its personal values; the word `erased`; or null where there are none.
    pub personal: Box<RawValue>,
}

/// The event of a frame without what is personal.
pub(crate) fn event(frame: &Frame<'_>) -> Result<Box<RawValue>, ReadError> {
    let position = frame.position;
    let damaged = |reason: String| ReadError::Damaged { position, reason };
    let fact = match frame.decode_impersonal() {
        Ok(event) => Some(event.serialize_parts(Fact).map_err(|error| damaged(error.to_string()))?),
        Err(DecodeError::UnknownType(_) | DecodeError::UnknownVersion { .. }) => None,
        Err(source) => return Err(ReadError::Undecodable { position, source }),
    };
    let tags = frame.tags().map_err(|error| damaged(error.to_string()))?;
    let shown = Shown {
        event_type: frame.type_name,
        version: frame.schema_version,
        id: frame.id.0,
        occurred_at: frame.occurred_at,
        recorded_at: frame.recorded_at,
        actor: frame.actor.map(|actor| actor.0),
        request: frame.request,
        correlation: frame.correlation,
        causation: frame.causation.map(|causation| causation.0),
        tags: tags.iter().map(ToString::to_string).collect(),
        fact,
    };
    to_raw_value(&shown).map_err(|error| damaged(error.to_string()))
}

/// The personal values of an event; the word `erased`; or null where there are none.
pub(crate) fn personal(event: &Recorded) -> Result<Box<RawValue>, ReadError> {
    let shown = event.event.serialize_parts(PersonalPart);
    shown.map_err(|error| ReadError::Damaged { position: event.position, reason: error.to_string() })
}

/// Whether the frame is of the version that is written today, which has one JSON form for ever.
pub(super) fn is_current(frame: &Frame<'_>) -> bool {
    frame.event_type().is_ok_and(|event_type| event_type.current_version() == frame.schema_version)
}

/// Whether two texts of an event agree in everything but the content, which is one value and the last field.
pub(super) fn differs_in_content_alone(one: &str, other: &str) -> bool {
    match (split(one), split(other)) {
        (Some((one, _)), Some((other, content))) => one == other && is_one_value(content),
        _ => false,
    }
}

/// The fields before the content, and the content. Text within a value cannot hold the name of the field unescaped.
fn split(text: &str) -> Option<(&str, Option<&str>)> {
    let text = text.strip_suffix('}')?;
    Some(text.split_once(",\"fact\":").map_or((text, None), |(head, content)| (head, Some(content))))
}

/// Whether nothing follows the content that a reader would take for another field.
fn is_one_value(content: Option<&str>) -> bool {
    content.is_none_or(|content| serde_json::from_str::<IgnoredAny>(content).is_ok())
}

/// Whether the frame has what is shown as its personal part, as far as one can tell without its keys.
pub(super) fn may_be_personal(frame: &Frame<'_>, shown: &RawValue) -> bool {
    match shown.get() {
        "null" => true,
        "\"erased\"" => frame.is_sealed() || frame.is_erased(),
        _ => frame.is_sealed(),
    }
}

/// Whether personal values are shown.
pub(super) fn has_personal(personal: &RawValue) -> bool {
    !matches!(personal.get(), "null" | "\"erased\"")
}

struct Fact;

impl PartsSerializer for Fact {
    type Ok = Box<RawValue>;
    type Error = serde_json::Error;

    fn serialize<T: Serialize, P: Serialize>(
        self,
        fact: &T,
        _personal: Option<&Personal<P>>,
    ) -> Result<Self::Ok, Self::Error> {
        to_raw_value(fact)
    }
}

struct PersonalPart;

impl PartsSerializer for PersonalPart {
    type Ok = Box<RawValue>;
    type Error = serde_json::Error;

    fn serialize<T: Serialize, P: Serialize>(
        self,
        _fact: &T,
        personal: Option<&Personal<P>>,
    ) -> Result<Self::Ok, Self::Error> {
        to_raw_value(&personal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_content_may_differ() {
        let stored = r#"{"type":"LeadRejected","version":3}"#;
        assert!(differs_in_content_alone(stored, r#"{"type":"LeadRejected","version":3,"fact":{"a":[1]}}"#));
        assert!(differs_in_content_alone(r#"{"type":"A","fact":{}}"#, r#"{"type":"A","fact":{"b":1}}"#));
        for other in [
            r#"{"type":"LeadQualified","version":3,"fact":{}}"#,
            r#"{"type":"LeadRejected","version":3,"fact":{},"type":"OpportunityWon"}"#,
            r#"{"type":"LeadRejected","version":3,"fact":{},"fact":{}}"#,
            r#"{"type":"LeadRejected","version":3,"fact":}"#,
            r#"{"type":"LeadRejected","version":3,"more":1,"fact":{}}"#,
            "",
        ] {
            assert!(!differs_in_content_alone(stored, other), "{other}");
        }
    }
}
