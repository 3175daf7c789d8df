//! Data subjects as of a position: one person, with everyone that is linked with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use letopis_domain::event::{Event, Recorded};
use letopis_domain::ids::{Position, SubjectId};
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
    let mut boundary = Query::default();
    let mut events: BTreeMap<Position, Arc<Recorded>> = BTreeMap::new();
    let mut state = Subject::default();
    loop {
        let wanted = state.boundary(id);
        if wanted == boundary {
            break;
        }
        boundary = wanted;
        events.extend(log.read(&boundary, Range::upto(at))?.into_iter().map(|event| (event.position, event)));
        state = Subject::default();
        for event in events.values() {
            state.evolve(event);
        }
    }
    let (Some(created), Some(changed)) = (events.keys().next(), events.keys().next_back()) else { return Ok(None) };
    let (created, changed) = (*created, *changed);
    Ok(state.known.contains(id).then_some(Folded { state, created, changed }))
}

/// Everything that was recorded about a person up to a position.
///
/// # Errors
/// When the log cannot be read.
pub fn everything_about(log: &dyn Log, person: &Subject, id: SubjectId, at: Position) -> Result<Query, ReadError> {
    let mut deals = Vec::new();
    for opened in log.read(&person.deals(id), Range::upto(at))? {
        if let Event::OpportunityOpened(deal) = &opened.event
            && person.entries.is_customer(deal)
        {
            deals.push(deal.opportunity);
        }
    }
    Ok(person.everything(id, &deals))
}

/// The people known under an e-mail address or a number, given as look-ups.
///
/// # Errors
/// When the log cannot be read.
pub fn known_under(log: &dyn Log, lookups: &[Tag], at: Position) -> Result<DataSubjects, ReadError> {
    let query = lookups.iter().fold(Query::default(), |query, lookup| query.or_item(&[], vec![lookup.clone()]));
    let mut found = DataSubjects::default();
    let mut after = Position::START;
    loop {
        let range = Range { upto: at, ..Range::after(after, BATCH_SIZE) };
        let events = log.read(&query, range)?;
        for event in &events {
            found.add(event.event.data_subjects().as_slice().iter().copied());
        }
        match events.last() {
            Some(last) if events.len() == BATCH_SIZE => after = last.position,
            _ => return Ok(found),
        }
    }
}
