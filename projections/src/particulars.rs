//! What a company notes about people: custom attributes, and the roles of contacts. In memory only.
//!
//! A row says at which event they stand, and the store keeps no more than that: nothing personal is in the files of the
//! read models. Opening reads the values from the log again. Once a person is erased they are dropped here, as the log
//! has none any more; the rows stay, and so do the digests.

use std::sync::Arc;

use letopis_domain::event::{Event, Recorded};
use letopis_domain::ids::Position;
use letopis_domain::privacy::DataSubjects;
use letopis_domain::values::{AttributeValue, Attributes, Personal, PlainText};
use letopis_eventlog::error::ReadError;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::names::{Cell, Dictionary, Ref};
use crate::table::{Row, Table};

/// Reads the events at positions, in the order asked for.
pub(crate) type ReadMany<'r> = dyn FnMut(&[Position]) -> Result<Vec<Option<Arc<Recorded>>>, ReadError> + 'r;

/// Events read at a time when the store was opened.
const RECALL_EVENTS: usize = 1_000;

/// Where particulars stand in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    /// The event that tells them.
    opened: u64,
    /// Those that it changes.
    before: Ref,
}

impl Row for Told {
    fn as_of(&self, position: u64) -> Option<Self> {
        (self.opened <= position).then_some(*self)
    }
}

/// The particulars themselves, as far as they are not erased.
#[derive(Default)]
struct Noted {
    about: DataSubjects,
    /// Keys and values, in key order.
    attributes: Box<[(Ref, Ref)]>,
    role: Ref,
}

/// All particulars.
#[derive(Default)]
pub(crate) struct Particulars {
    pub(crate) rows: Table<Told>,
    /// What each row means.
    noted: Vec<Noted>,
    /// Keys of attributes.
    keys: Dictionary<Box<str>>,
    values: Pool,
}

impl Particulars {
    /// Adds what an event tells that creates an entity; nothing where it has no attributes.
    pub(crate) fn note_attributes(&mut self, version: u32, event: &Recorded) -> Ref {
        if version == 0 { Ref::NONE } else { self.note(event, Ref::NONE) }
    }

    /// Adds what an event tells, on top of what was told before.
    pub(crate) fn note(&mut self, event: &Recorded, before: Ref) -> Ref {
        // Rows of a store that was read without the log are known, and mean nothing.
        self.noted.resize_with(self.rows.len(), Noted::default);
        self.learn(event, before);
        self.rows.push(Told { opened: event.position.0, before })
    }

    /// Drops what was told about people who are erased.
    pub(crate) fn forget(&mut self, erased: &DataSubjects) {
        for noted in &mut self.noted {
            if noted.about.as_slice().iter().any(|one| erased.contains(*one)) {
                let gone = std::mem::take(noted);
                gone.attributes.iter().for_each(|(_, value)| self.values.release(*value));
                self.values.release(gone.role);
            }
        }
    }

    /// Reads from the log what the stored rows mean.
    pub(crate) fn recall(&mut self, read: &mut ReadMany<'_>) -> Result<(), ReadError> {
        let told: Vec<Told> = self.rows.iter().copied().collect();
        (self.noted, self.values) = (Vec::with_capacity(told.len()), Pool::default());
        for part in told.chunks(RECALL_EVENTS) {
            let positions: Vec<Position> = part.iter().map(|told| Position(told.opened)).collect();
            for (told, event) in part.iter().zip(read(&positions)?) {
                let event = event.ok_or_else(|| ReadError::Storage(format!("there is no event {}", told.opened)))?;
                self.learn(&event, told.before);
            }
        }
        Ok(())
    }

    fn learn(&mut self, event: &Recorded, before: Ref) {
        let (attributes, role) = self.told_by(&event.event, before);
        let about = event.event.data_subjects();
        let role = role.map_or(Ref::NONE, |role| self.values.hold(AttributeValue::Text(role.reveal().to_owned())));
        let pairs = attributes.into_iter().map(|(key, value)| (self.key(&key), self.values.hold(value)));
        let attributes = pairs.collect();
        self.noted.push(Noted { about, attributes, role });
    }

    fn told_by(&self, event: &Event, before: Ref) -> (Attributes, Option<PlainText>) {
        let known = |attributes: Personal<Attributes>| attributes.known().cloned().unwrap_or_default();
        match event {
            Event::LeadReceived(fact) => (known(fact.personal.attributes()), None),
            Event::AccountCreated(fact) => (known(fact.personal.attributes()), None),
            Event::OpportunityOpened(fact) => (known(fact.personal.attributes()), None),
            Event::ContactCreated(fact) => {
                let role = fact.personal.known().and_then(|told| told.details.role.clone());
                (known(fact.personal.attributes()), role)
            }
            Event::ContactUpdated(fact) => {
                (Attributes::new(), fact.personal.known().and_then(|details| details.role.clone()))
            }
            Event::AttributesSet(fact) => {
                let mut attributes = Personal::Known(self.attributes(before));
                fact.change(&mut attributes);
                (known(attributes), None)
            }
            _ => (Attributes::new(), None),
        }
    }

    fn key(&mut self, key: &str) -> Ref {
        let known = self.keys.find(key);
        if known.is_none() { self.keys.intern(key.into(), 0) } else { known }
    }

    /// The number of a key; none if no entity has such an attribute.
    pub(crate) fn find_key(&self, key: &str) -> Ref {
        self.keys.find(key)
    }

    fn noted(&self, row: Ref) -> Option<&Noted> {
        self.noted.get(row.index()?)
    }

    /// The attributes, by key.
    pub(crate) fn attributes(&self, row: Ref) -> Attributes {
        let pairs = self.noted(row).map_or(&[][..], |noted| &noted.attributes);
        pairs
            .iter()
            .filter_map(|(key, value)| Some((self.keys.get(*key)?.to_string(), self.value(*value)?.clone())))
            .collect()
    }

    /// One attribute.
    pub(crate) fn attribute(&self, row: Ref, key: Ref) -> Cell {
        let pairs = self.noted(row).map_or(&[][..], |noted| &noted.attributes);
        pairs.iter().find(|(found, _)| *found == key).map_or(Cell::Null, |(_, value)| Cell::Attribute(*value))
    }

    /// The role.
    pub(crate) fn role(&self, row: Ref) -> Cell {
        let role = self.noted(row).map_or(Ref::NONE, |noted| noted.role);
        if role.is_none() { Cell::Null } else { Cell::Attribute(role) }
    }

    /// How many different values there are.
    #[cfg(test)]
    pub(crate) fn value_count(&self) -> usize {
        self.values.known.len()
    }

    /// The value behind a cell.
    pub(crate) fn value(&self, value: Ref) -> Option<&AttributeValue> {
        self.values.get(value)
    }
}

/// Values, each once, as long as anybody holds them.
#[derive(Default)]
struct Pool {
    held: Vec<Option<Held>>,
    free: Vec<Ref>,
    known: FxHashMap<Arc<AttributeValue>, Ref>,
}

struct Held {
    value: Arc<AttributeValue>,
    count: u32,
}

impl Pool {
    fn hold(&mut self, value: AttributeValue) -> Ref {
        if let Some(known) = self.known.get(&value).copied()
            && let Some(held) = self.slot(known)
        {
            held.count = held.count.saturating_add(1);
            return known;
        }
        let value = Arc::new(value);
        let held = Held { value: Arc::clone(&value), count: 1 };
        let place = self.free.pop().unwrap_or_else(|| {
            self.held.push(None);
            Ref::at(self.held.len() - 1)
        });
        if let Some(slot) = place.index().and_then(|index| self.held.get_mut(index)) {
            *slot = Some(held);
        }
        self.known.insert(value, place);
        place
    }

    fn release(&mut self, place: Ref) {
        let Some(held) = self.slot(place) else { return };
        held.count -= 1;
        if held.count > 0 {
            return;
        }
        if let Some(held) = place.index().and_then(|index| self.held.get_mut(index)).and_then(Option::take) {
            self.known.remove(&held.value);
            self.free.push(place);
        }
    }

    fn slot(&mut self, place: Ref) -> Option<&mut Held> {
        self.held.get_mut(place.index()?)?.as_mut()
    }

    fn get(&self, place: Ref) -> Option<&AttributeValue> {
        self.held.get(place.index()?)?.as_ref().map(|held| &*held.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> AttributeValue {
        AttributeValue::Text(text.to_owned())
    }

    #[test]
    fn a_value_is_there_once_and_as_long_as_anybody_holds_it() {
        let mut pool = Pool::default();
        let (one, other) = (pool.hold(text("gold")), pool.hold(text("silver")));
        assert_eq!(pool.hold(text("gold")), one);
        assert_ne!(one, other);
        pool.release(one);
        assert_eq!(pool.get(one), Some(&text("gold")), "somebody else holds it");
        pool.release(one);
        assert_eq!((pool.get(one), pool.known.len()), (None, 1));
        assert_eq!(pool.hold(text("bronze")), one, "its place is used again");
        assert_eq!(pool.get(other), Some(&text("silver")));
    }
}
