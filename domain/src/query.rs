//! Tags and queries: what a decision depends on, in Dynamic Consistency Boundary terms.
//!
//! A query is items joined by OR; an item matches an event whose type is one of `types` (none = any type)
//! and that carries all of `tags` (none = any tags).

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::event::EventType;
use crate::ids::{Position, Tagged};

/// A label of an event, `kind:value`, by which it is found again. Never holds plain personal data.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Arc<str>);

/// How the tags begin that are look-ups.
const LOOKUP_PREFIX: &str = "lookup-";

/// Longest tag, in bytes.
pub const TAG_SIZE_MAX: usize = 255;

impl Tag {
    /// The tag `prefix:uuid`.
    #[must_use]
    pub fn of_uuid(prefix: &str, id: Uuid) -> Self {
        let mut text = String::with_capacity(prefix.len() + 37);
        text.push_str(prefix);
        text.push(':');
        text.push_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        Self(text.into())
    }

    /// The tag `prefix:key`, for entities named by a code of the company.
    #[must_use]
    pub fn of_key(prefix: &str, key: &str) -> Self {
        Self(format!("{prefix}:{key}").into())
    }

    /// A look-up: the tag of a value by which a person is found. It exists in memory only; the log files it under a
    /// keyed hash, apart from the tags of the record.
    #[must_use]
    pub fn lookup(kind: &str, value: &str) -> Self {
        Self(format!("{LOOKUP_PREFIX}{kind}:{value}").into())
    }

    /// Whether it is a look-up, which holds personal data in the clear.
    #[must_use]
    pub fn is_lookup(&self) -> bool {
        self.0.starts_with(LOOKUP_PREFIX)
    }

    /// A tag from its whole text, as stored.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The whole text; of a look-up only its kind.
impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_once(':') {
            Some((kind, _)) if self.is_lookup() => write!(f, "{kind}:(hidden)"),
            _ => f.write_str(&self.0),
        }
    }
}

/// The tags of one event, each once.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Tags(Vec<Tag>);

impl Tags {
    /// Adds the tag of an entity.
    pub fn add(&mut self, entity: &impl Tagged) {
        self.push(entity.tag());
    }

    /// Adds the tag of an entity that may be absent.
    pub fn add_all<'a, T: Tagged + 'a>(&mut self, entities: impl IntoIterator<Item = &'a T>) {
        for entity in entities {
            self.add(entity);
        }
    }

    /// Adds a tag unless it is there already.
    pub fn push(&mut self, tag: Tag) {
        if !self.0.contains(&tag) {
            self.0.push(tag);
        }
    }

    /// The tags in the order in which they were added.
    #[must_use]
    pub fn as_slice(&self) -> &[Tag] {
        &self.0
    }

    /// The tags, owned.
    #[must_use]
    pub fn into_vec(self) -> Vec<Tag> {
        self.0
    }
}

/// One alternative of a query.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct QueryItem {
    /// Any of these types; empty means every type.
    pub types: Vec<EventType>,
    /// All of these tags; empty means any.
    pub tags: Vec<Tag>,
}

impl QueryItem {
    /// Whether an event of this type with these tags is meant.
    #[must_use]
    pub fn matches(&self, event_type: EventType, tags: &[Tag]) -> bool {
        (self.types.is_empty() || self.types.contains(&event_type)) && self.tags.iter().all(|tag| tags.contains(tag))
    }
}

/// Items joined by OR. A query without items matches nothing; an empty item matches everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Query {
    /// The alternatives.
    pub items: Vec<QueryItem>,
}

impl Query {
    /// Every event.
    #[must_use]
    pub fn all() -> Self {
        Self { items: vec![QueryItem::default()] }
    }

    /// Events of these types about this entity.
    #[must_use]
    pub fn about(entity: &impl Tagged, types: &[EventType]) -> Self {
        Self::default().or(entity, types)
    }

    /// Adds events of these types about this entity. No types means all types.
    #[must_use]
    pub fn or(self, entity: &impl Tagged, types: &[EventType]) -> Self {
        self.or_item(types, vec![entity.tag()])
    }

    /// Adds all events of these types.
    #[must_use]
    pub fn or_types(self, types: &[EventType]) -> Self {
        self.or_item(types, Vec::new())
    }

    /// Adds one alternative.
    #[must_use]
    pub fn or_item(mut self, types: &[EventType], tags: Vec<Tag>) -> Self {
        let item = QueryItem { types: types.to_vec(), tags };
        if !self.items.contains(&item) {
            self.items.push(item);
        }
        self
    }

    /// Whether any item matches.
    #[must_use]
    pub fn matches(&self, event_type: EventType, tags: &[Tag]) -> bool {
        self.items.iter().any(|item| item.matches(event_type, tags))
    }
}

/// The guard of an append: it fails if an event after `after` matches.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AppendCondition {
    /// What must not have happened.
    pub fail_if_events_match: Query,
    /// Only events after this position count (exclusive).
    pub after: Position,
}
