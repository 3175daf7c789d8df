//! How a command becomes events: read what the boundary names, fold it, decide.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::common::Common;
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, Position};
use crate::query::Query;
use crate::refusal::Refusal;
use crate::values::Timestamp;

/// How far ahead of the server's clock a fact may lie, in milliseconds: clocks differ a little.
pub const FUTURE_TOLERANCE_MS: i64 = 5 * 60 * 1_000;

/// What surrounds a command: times and actor arrive from outside, so that deciding stays deterministic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circumstances {
    /// The server's clock.
    pub now: Timestamp,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Whether the caller says so; otherwise it is the clock's time.
    pub is_dated: bool,
    /// Who acts; none = the system itself.
    pub actor: Option<EmployeeId>,
}

impl Circumstances {
    /// Whether the fact lies further ahead than clocks differ.
    #[must_use]
    pub const fn is_in_future(&self) -> bool {
        self.occurred_at.ms_since(self.now) > FUTURE_TOLERANCE_MS
    }

    /// Whether what happened then may be what the caller means: they say the same time, or none.
    #[must_use]
    pub fn may_be(&self, occurred_at: Timestamp) -> bool {
        !self.is_dated || self.occurred_at == occurred_at
    }

    /// Refuses a fact that lies in the future. Every decision asks it first.
    ///
    /// # Errors
    /// `InFuture`.
    pub const fn check(&self) -> Result<(), Common> {
        if self.is_in_future() {
            return Err(Common::InFuture { occurred_at: self.occurred_at, now: self.now });
        }
        Ok(())
    }

    /// Who did it: the employee the command names, or else the actor.
    #[must_use]
    pub fn employee(&self, named: Option<EmployeeId>) -> Option<EmployeeId> {
        named.or(self.actor)
    }
}

/// A command that can be decided.
///
/// The boundary may grow with what was learned: an opportunity's pipeline is known only once its history is
/// read. So the log asks for the boundary of the empty state, folds what matches, asks again, and repeats until
/// the boundary no longer changes; the last one is the condition of the append.
pub trait Decision {
    /// What the decision needs to know; starts empty.
    type State: Default + Clone;
    /// Why it may be refused.
    type Rejection: Refusal;
    /// Whether the same command again is refused: it closes what it is about, and a second person who tries the same
    /// has to learn that somebody was faster. Otherwise it yields nothing.
    const IS_REFUSED_AGAIN: bool = false;

    /// What the command is about. A caller may demand that nothing of it was recorded since they looked; what the
    /// decision only consults (a catalog, an owner) is not part of it.
    fn subject(&self) -> Query;

    /// What the decision depends on, given what is known so far.
    fn boundary(&self, known: &Self::State) -> Query;

    /// Folds one event of the boundary, in position order.
    fn evolve(&self, state: &mut Self::State, event: &Recorded);

    /// The events to append; none when the history already says so.
    ///
    /// # Errors
    /// The refusal, when a rule forbids it.
    fn decide(&self, state: &Self::State, at: &Circumstances) -> Result<Vec<Event>, Self::Rejection>;
}

/// What a decision knows, and what that knowledge depends on: the condition of the append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded<S> {
    /// The state.
    pub state: S,
    /// Every item that was read on the way.
    pub boundary: Query,
}

/// Reads and folds the boundary of a command until it no longer grows. `read` gives the events of a query, from
/// one and the same moment of the log; each item is read once.
///
/// # Errors
/// Those of `read`.
pub fn fold<D: Decision, E>(
    command: &D,
    mut read: impl FnMut(&Query) -> Result<Vec<Arc<Recorded>>, E>,
) -> Result<Folded<D::State>, E> {
    let mut boundary = Query::default();
    let mut events: BTreeMap<Position, Arc<Recorded>> = BTreeMap::new();
    let mut state = D::State::default();
    loop {
        let mut wanted = command.boundary(&state);
        wanted.items.retain(|item| !boundary.items.contains(item));
        if wanted.items.is_empty() {
            return Ok(Folded { state, boundary });
        }
        events.extend(read(&wanted)?.into_iter().map(|event| (event.position, event)));
        boundary.items.append(&mut wanted.items);
        state = D::State::default();
        for event in events.values() {
            command.evolve(&mut state, event);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::event::EventType;
    use crate::ids::{PipelineId, Tagged};
    use crate::samples::sample;
    use crate::testing::{given, id};

    /// Learns the pipeline from the opportunity, and only then knows what else to read.
    struct FollowsThePipeline;

    #[derive(Clone, Default)]
    struct Learned {
        pipeline: Option<PipelineId>,
        seen: Vec<EventType>,
    }

    impl Decision for FollowsThePipeline {
        type State = Learned;
        type Rejection = Common;

        fn subject(&self) -> Query {
            Query::default()
        }

        fn boundary(&self, known: &Learned) -> Query {
            let deal = Query::default().or_types(&[EventType::OpportunityOpened]);
            known.pipeline.iter().fold(deal, |query, pipeline| query.or(pipeline, &[EventType::PipelinePublished]))
        }

        fn evolve(&self, state: &mut Learned, event: &Recorded) {
            state.seen.push(event.event.event_type());
            if let Event::OpportunityOpened(fact) = &event.event {
                state.pipeline = Some(fact.stage.pipeline);
            }
        }

        fn decide(&self, _state: &Learned, _at: &Circumstances) -> Result<Vec<Event>, Common> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn a_boundary_grows_until_it_is_stable_and_each_item_is_read_once() {
        let history = given([EventType::PipelinePublished, EventType::OpportunityOpened].map(sample));
        let reads = RefCell::new(Vec::new());
        let folded = fold(&FollowsThePipeline, |query: &Query| {
            reads.borrow_mut().push(query.clone());
            let matches =
                |event: &&Arc<Recorded>| query.matches(event.event.event_type(), event.event.tags().as_slice());
            Ok::<_, ()>(history.events().iter().filter(matches).cloned().collect())
        })
        .unwrap();
        assert_eq!(folded.state.seen, [EventType::PipelinePublished, EventType::OpportunityOpened], "position order");
        let deals = Query::default().or_types(&[EventType::OpportunityOpened]);
        let pipeline = Query::about(&id::<PipelineId>(5), &[EventType::PipelinePublished]);
        assert_eq!(folded.boundary.items, [deals.items.clone(), pipeline.items.clone()].concat());
        assert_eq!(pipeline.items[0].tags, [id::<PipelineId>(5).tag()]);
        assert_eq!(reads.into_inner(), [deals, pipeline]);
    }

    #[test]
    fn a_failed_read_ends_the_fold() {
        assert_eq!(fold(&FollowsThePipeline, |_| Err("unreadable")).err(), Some("unreadable"));
    }
}
