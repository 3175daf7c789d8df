//! Data subjects as of a position: one person, with everyone that is linked with them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use letopis_domain::event::{Event, Recorded};
use letopis_domain::ids::{OpportunityId, Position, SubjectId};
use letopis_domain::privacy::{DataSubjects, Subject};
use letopis_domain::query::{Query, Tag};
use letopis_eventlog::error::ReadError;
use letopis_eventlog::log::{Log, Range};

use crate::entity::Folded;

/// Events read at a time.
const BATCH_SIZE: usize = 1_000;

/// A person by any of their data subjects; none if nothing is known about it.
///
/// # Errors
/// When the log cannot be read.
pub fn person(log: &dyn Log, id: SubjectId, at: Position) -> Result<Option<Folded<Subject>>, ReadError> {
    person_of(log, id, at, &Some)
}

/// A person as [`person`] tells it, of events as somebody sees them.
pub(crate) fn person_of(
    log: &dyn Log,
    id: SubjectId,
    at: Position,
    shown: &dyn Fn(Arc<Recorded>) -> Option<Arc<Recorded>>,
) -> Result<Option<Folded<Subject>>, ReadError> {
    let mut boundary = Query::default();
    let mut events: BTreeMap<Position, Arc<Recorded>> = BTreeMap::new();
    let mut state = Subject::default();
    loop {
        let wanted = state.boundary(id);
        if wanted == boundary {
            break;
        }
        boundary = wanted;
        let read = log.read(&boundary, Range::upto(at))?.into_iter();
        events.extend(read.filter_map(|event| Some((event.position, shown(event)?))));
        state = Subject::default();
        for event in events.values() {
            state.evolve(event);
        }
    }
    let (Some(created), Some(changed)) = (events.keys().next(), events.keys().next_back()) else { return Ok(None) };
    let (created, changed) = (*created, *changed);
    Ok(state.known.contains(id).then_some(Folded { state, created, changed }))
}

/// Where everything stands that was recorded about a person up to a position: what holds personal data of theirs, and
/// what happened to them in the company's books, unless it holds personal data of others alone.
///
/// # Errors
/// When the log cannot be read.
pub fn everything_about(
    log: &dyn Log,
    person: &Subject,
    id: SubjectId,
    at: Position,
) -> Result<Vec<Position>, ReadError> {
    let find = |query: &Query| Ok(log.find(query, Range::upto(at))?.into_iter().map(|found| found.position));
    let mut about: BTreeSet<Position> = find(&person.personal(id))?.collect();
    let history = person.entries.history(&own_deals(log, person, id, at)?);
    let others: Vec<Position> = find(&history)?.filter(|position| !about.contains(position)).collect();
    for some in others.chunks(BATCH_SIZE) {
        let events = log.get_many(some)?.into_iter().flatten();
        about.extend(events.filter(|event| event.event.data_subjects().is_empty()).map(|event| event.position));
    }
    Ok(about.into_iter().collect())
}

/// The deals of a person as a private customer, or without an account.
fn own_deals(log: &dyn Log, person: &Subject, id: SubjectId, at: Position) -> Result<Vec<OpportunityId>, ReadError> {
    let opened = log.read(&person.deals(id), Range::upto(at))?;
    let own = opened.iter().filter_map(|opened| match &opened.event {
        Event::OpportunityOpened(deal) if person.entries.is_customer(deal) => Some(deal.opportunity),
        _ => None,
    });
    Ok(own.collect())
}

/// The people known under an e-mail address or a number, given as look-ups, by events that are seen; none when there are
/// more than `most`.
///
/// # Errors
/// When the log cannot be read.
pub fn known_under(
    log: &dyn Log,
    lookups: &[Tag],
    at: Position,
    most: usize,
    is_seen: &dyn Fn(&Recorded) -> Result<bool, ReadError>,
) -> Result<Option<DataSubjects>, ReadError> {
    let query = lookups.iter().fold(Query::default(), |query, lookup| query.or_item(&[], vec![lookup.clone()]));
    let mut found = DataSubjects::default();
    let mut after = Position::START;
    loop {
        let range = Range { upto: at, ..Range::after(after, BATCH_SIZE) };
        let events = log.read(&query, range)?;
        for event in &events {
            if is_seen(event)? {
                found.add(event.event.data_subjects().as_slice().iter().copied());
            }
        }
        if found.as_slice().len() > most {
            return Ok(None);
        }
        match events.last() {
            Some(last) if events.len() == BATCH_SIZE => after = last.position,
            _ => return Ok(Some(found)),
        }
    }
}
