//! Data subjects as of a position: one person, with everyone that is linked with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use letopis_domain::event::Recorded;
use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::privacy::Subject;
use letopis_domain::query::Query;
use letopis_eventlog::error::ReadError;
use letopis_eventlog::log::{Log, Range};

use crate::entity::Folded;

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

/// Everything that was ever recorded about a person: what stands under any of their data subjects.
#[must_use]
pub fn everything_about(person: &Subject, id: SubjectId) -> Query {
    person.everything(id)
}
