//! Events of the log as somebody sees them: what is hidden is left out, what is withheld is blank.

use std::sync::Arc;

use letopis_domain::access::Fields;
use letopis_domain::event::Recorded;
use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::privacy::Subject;
use letopis_domain::query::{Query, Tag};
use letopis_eventlog::error::ReadError;
use letopis_eventlog::log::Range;

use crate::entity::Folded;
use crate::person;
use crate::views::View;

/// Events read at a time where some may be hidden.
const BATCH_SIZE: usize = 256;

/// Events looked at for one page. Where that many hold nothing that is seen, the page is short and goes on after them.
const LOOKED_AT_MAX: usize = 20_000;

/// A page of events.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The events, oldest first.
    pub events: Vec<Arc<Recorded>>,
    /// Whether more may follow.
    pub has_more: bool,
    /// Where to go on.
    pub upto: Position,
}

impl View {
    /// The events of a query as they are seen. A limit counts those that are hidden as well.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn read(&self, query: &Query, range: Range) -> Result<Vec<Arc<Recorded>>, ReadError> {
        let upto = range.upto.min(self.position);
        self.shown(self.log.read(query, Range { upto, ..range })?)
    }

    /// The event at a position as it is seen; none past this view's position.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn get(&self, place: Position) -> Result<Option<Arc<Recorded>>, ReadError> {
        if place > self.position || place == Position::START {
            return Ok(None);
        }
        self.log.get(place)?.map_or(Ok(None), |event| self.show(event))
    }

    /// The events at these positions as they are seen; none where one is hidden.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn get_many(&self, places: &[Position]) -> Result<Vec<Option<Arc<Recorded>>>, ReadError> {
        let events = self.log.get_many(places)?;
        if self.eyes.is_none() && self.witness.is_none() {
            return Ok(events);
        }
        events.into_iter().map(|event| event.map_or(Ok(None), |event| self.show(event))).collect()
    }

    /// What is seen of the event at a position.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn fields_at(&self, place: Position) -> Result<Fields, ReadError> {
        match self.log.get(place)? {
            Some(event) if place <= self.position => self.fields(&event),
            _ => Ok(Fields::NONE),
        }
    }

    /// A page of the events of a query.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn page(&self, query: &Query, after: Position, size: usize) -> Result<Page, ReadError> {
        let (mut events, mut at, mut looked_at, mut has_more) = (Vec::new(), after, 0, false);
        loop {
            let wanted = if self.eyes.is_some() { BATCH_SIZE } else { size + 1 };
            let found = self.log.read(query, Range { upto: self.position, ..Range::after(at, wanted) })?;
            let (count, last) = (found.len(), found.last().map(|event| event.position));
            looked_at += count;
            for event in found {
                let fields = self.fields(&event)?;
                if fields.sees() && events.len() == size {
                    has_more = true;
                    break;
                }
                // Only what is on the page is handed out, and noted.
                events.extend(fields.sees().then(|| self.hand_out(event, fields)));
            }
            if has_more {
                let upto = events.last().map_or(after, |event| event.position);
                return Ok(Page { events, has_more: true, upto });
            }
            match last {
                Some(last) if count == wanted && looked_at < LOOKED_AT_MAX => at = last,
                Some(last) => return Ok(Page { events, has_more: count == wanted, upto: last }),
                None => return Ok(Page { events, has_more: false, upto: at }),
            }
        }
    }

    /// How many events of a query are seen.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn count_events(&self, query: &Query) -> Result<usize, ReadError> {
        if self.eyes.is_none() {
            // Positions have no gaps, so all events need no counting.
            if *query == Query::all() {
                return Ok(usize::try_from(self.position.0).unwrap_or(usize::MAX));
            }
            return Ok(self.log.find(query, Range::upto(self.position))?.len());
        }
        let (mut count, mut at) = (0, Position::START);
        loop {
            let found = self.log.read(query, Range { upto: self.position, ..Range::after(at, BATCH_SIZE) })?;
            let (is_last, last) = (found.len() < BATCH_SIZE, found.last().map(|event| event.position));
            for event in &found {
                count += usize::from(self.fields(event)?.sees());
            }
            match last {
                Some(last) if !is_last => at = last,
                _ => return Ok(count),
            }
        }
    }

    /// A person, of whom anything is seen.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn person(&self, id: SubjectId) -> Result<Option<Folded<Subject>>, ReadError> {
        let fields = self.fields_of_person(id)?;
        if !fields.sees() {
            return Ok(None);
        }
        let person = person::person_of(&*self.log, id, self.position, &|event| {
            let is_seen = self.fields(&event).is_ok_and(Fields::sees);
            is_seen.then(|| self.hand_out(event, fields))
        })?;
        if let (Some(_), Some(witness)) = (&person, &self.witness) {
            witness.meet(id);
        }
        Ok(person)
    }

    /// Where everything stands that was recorded about a person, as far as it is seen.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn everything_about(&self, person: &Subject, id: SubjectId) -> Result<Vec<Position>, ReadError> {
        let mut about = person::everything_about(&*self.log, person, id, self.position)?;
        if self.eyes.is_some() {
            let mut seen = Vec::with_capacity(about.len());
            for some in about.chunks(BATCH_SIZE) {
                for event in self.log.get_many(some)?.into_iter().flatten() {
                    if self.fields(&event)?.sees() {
                        seen.push(event.position);
                    }
                }
            }
            about = seen;
        }
        Ok(about)
    }

    /// The people known under an e-mail address or a number whose personal data is seen; none when there are more than
    /// `most` of them.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn known_under(&self, lookups: &[Tag], most: usize) -> Result<Option<Vec<SubjectId>>, ReadError> {
        let needed = Fields::ROW.and(Fields::PERSONAL);
        let is_seen = |event: &Recorded| Ok(self.fields(event)?.holds(needed));
        let Some(found) = person::known_under(&*self.log, lookups, self.position, most, &is_seen)? else {
            return Ok(None);
        };
        let mut seen = Vec::new();
        for id in found.as_slice() {
            if self.fields_of_person(*id)?.holds(needed) {
                self.witness.iter().for_each(|witness| witness.meet(*id));
                seen.push(*id);
            }
        }
        Ok(Some(seen))
    }

    fn shown(&self, events: Vec<Arc<Recorded>>) -> Result<Vec<Arc<Recorded>>, ReadError> {
        if self.eyes.is_none() && self.witness.is_none() {
            return Ok(events);
        }
        events.into_iter().filter_map(|event| self.show(event).transpose()).collect()
    }
}
