//! Global ids: opaque to clients, base64 of `type:uuid`.

use std::borrow::Cow;

use async_graphql::registry::Registry;
use async_graphql::{ID, InputType, InputValueError, InputValueResult, Value};
use data_encoding::BASE64URL_NOPAD;
use letopis_domain::ids::{
    AbsenceId, AccountId, ActivityId, AgreementId, BusinessUnitId, ContactId, EmployeeId, EventId, LeadId, LegalHoldId,
    OpportunityId, PipelineId, Position, ReservationId, ResourceId, SubjectId, TaskId, TeamId,
};
use letopis_domain::query::{Query, Tag};
use uuid::Uuid;

/// An id of one kind of entity.
pub trait EntityId: Copy + Eq + Send + Sync + 'static {
    /// The kind, as it stands before the colon.
    const KIND: &'static str;

    /// The id of this kind.
    fn of(id: Uuid) -> Self;

    /// The id without its kind.
    fn uuid(self) -> Uuid;

    /// The tag of the events about it.
    fn tag(self) -> Tag {
        Tag::of_uuid(Self::KIND, self.uuid())
    }

    /// The events of these types about it.
    fn about(self, types: &[letopis_domain::event::EventType]) -> Query {
        Query::default().or_item(types, vec![self.tag()])
    }
}

macro_rules! entity_ids {
    ($($name:ident),* $(,)?) => {$(
        impl EntityId for $name {
            const KIND: &'static str = $name::PREFIX;

            fn of(id: Uuid) -> Self {
                Self(id)
            }

            fn uuid(self) -> Uuid {
                self.0
            }
        }
    )*};
}

entity_ids!(
    AbsenceId,
    AccountId,
    ActivityId,
    AgreementId,
    BusinessUnitId,
    ContactId,
    EmployeeId,
    LeadId,
    LegalHoldId,
    OpportunityId,
    PipelineId,
    ReservationId,
    ResourceId,
    SubjectId,
    TaskId,
    TeamId,
);

/// The id that clients see.
pub fn global<T: EntityId>(id: T) -> ID {
    global_of(T::KIND, id.uuid())
}

/// The id of any kind that clients see.
pub fn global_of(kind: &str, id: Uuid) -> ID {
    ID(BASE64URL_NOPAD.encode(format!("{kind}:{}", id.hyphenated()).as_bytes()))
}

/// Kind and id of a global id.
pub fn split(text: &str) -> Option<(String, Uuid)> {
    let bytes = BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (kind, id) = text.split_once(':')?;
    Some((kind.to_owned(), Uuid::parse_str(id).ok()?))
}

/// The global id of an event: its position, which is dense and never reused.
pub fn global_event(position: Position) -> ID {
    ID(BASE64URL_NOPAD.encode(format!("{}:{position}", EventId::PREFIX).as_bytes()))
}

/// The position of an event's global id.
pub fn event_position(text: &str) -> Option<Position> {
    let bytes = BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    text.strip_prefix(EventId::PREFIX)?.strip_prefix(':')?.parse().ok()
}

/// The id of a text: a global id of this kind, or a bare UUID.
pub fn parse<T: EntityId>(text: &str) -> Option<T> {
    match split(text) {
        Some((kind, id)) => (kind == T::KIND).then(|| T::of(id)),
        None => Uuid::parse_str(text).ok().map(T::of),
    }
}

/// An id as a client gives it. One that is malformed or of another kind names nothing; that is no error of the
/// request, and the answer says `null` or `NOT_FOUND`.
#[derive(Clone, Debug)]
pub enum Given<T> {
    /// An id of the right kind.
    Known(T),
    /// Anything else.
    Foreign(String),
}

impl<T: EntityId> Given<T> {
    /// The id, if it is one of this kind.
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(id) => Some(*id),
            Self::Foreign(_) => None,
        }
    }
}

impl<T: EntityId> InputType for Given<T> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <ID as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        match value {
            Some(Value::String(text)) => Ok(parse(&text).map_or(Self::Foreign(text), Self::Known)),
            Some(Value::Number(number)) => Ok(Self::Foreign(number.to_string())),
            other => Err(InputValueError::expected_type(other.unwrap_or_default())),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(match self {
            Self::Known(id) => global(*id).0,
            Self::Foreign(text) => text.clone(),
        })
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_another_kind_names_nothing() {
        let lead = LeadId(Uuid::now_v7());
        assert_eq!(parse::<LeadId>(&global(lead)), Some(lead));
        assert_eq!(parse::<AccountId>(&global(lead)), None);
        assert_eq!(parse::<LeadId>(&lead.0.to_string()), Some(lead));
        assert_eq!(parse::<LeadId>("nonsense"), None);
    }
}
