//! Who acts must exist: every command is decided together with its actor.

use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::EmployeeId;
use crate::known::{Known, References};
use crate::query::Query;
use crate::refusal::{Conflict, Refusal, RefusalCode};

/// A command and who acts; none = the system itself. Whoever carries out commands decides this one.
#[derive(Clone, Copy, Debug)]
pub struct Acting<'a, D> {
    /// The command.
    pub command: &'a D,
    /// Who acts.
    pub actor: Option<EmployeeId>,
}

/// Why it is refused.
#[derive(Debug, thiserror::Error)]
pub enum Rejection<R: Refusal> {
    /// The actor does not exist.
    #[error(transparent)]
    Actor(Common),
    /// The command's own refusal.
    #[error(transparent)]
    Command(R),
}

impl<R: Refusal> Refusal for Rejection<R> {
    fn code(&self) -> RefusalCode {
        match self {
            Self::Actor(common) => common.code(),
            Self::Command(refusal) => refusal.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Actor(common) => common.field(),
            Self::Command(refusal) => refusal.field(),
        }
    }

    fn conflict(&self) -> Option<Conflict> {
        match self {
            Self::Actor(common) => common.conflict(),
            Self::Command(refusal) => refusal.conflict(),
        }
    }
}

impl<D: Decision> Acting<'_, D> {
    fn references(&self) -> References {
        References::default().to_any("actor", self.actor)
    }

    fn is_hiring_of_actor(&self, event: &Event) -> bool {
        matches!(event, Event::EmployeeHired(fact) if Some(fact.employee) == self.actor)
    }

    fn is_wanted(&self, known: &D::State, event: &Event) -> bool {
        self.command.boundary(known).matches(event.event_type(), event.tags().as_slice())
    }
}

/// The command's state, and whether the actor was found.
#[derive(Clone, Debug, Default)]
pub struct State<S> {
    command: S,
    known: Known,
}

impl<D: Decision> Decision for Acting<'_, D> {
    type State = State<D::State>;
    type Rejection = Rejection<D::Rejection>;

    fn subject(&self) -> Query {
        self.command.subject()
    }

    fn boundary(&self, known: &Self::State) -> Query {
        self.references().within(self.command.boundary(&known.command))
    }

    /// The event by which the actor was hired reaches the command only where its own boundary asks for it.
    fn evolve(&self, state: &mut Self::State, event: &Recorded) {
        state.known.evolve(event);
        if !self.is_hiring_of_actor(&event.event) || self.is_wanted(&state.command, &event.event) {
            self.command.evolve(&mut state.command, event);
        }
    }

    fn decide(&self, state: &Self::State, at: &Circumstances) -> Result<Vec<Event>, Self::Rejection> {
        state.known.check(&self.references()).map_err(Rejection::Actor)?;
        self.command.decide(&state.command, at).map_err(Rejection::Command)
    }
}

#[cfg(test)]
mod tests {
    use crate::employee::{EmployeeKind, HireEmployee};
    use crate::fixtures::{SELLER, company, deal};
    use crate::refusal::RefusalCode;
    use crate::testing::id;

    #[test]
    fn nobody_unknown_acts() {
        company().by(id(SELLER)).when(&deal(50)).then_accepted();
        let refused = company().by(id(99)).when(&deal(50)).then_refused(RefusalCode::NotFound);
        assert_eq!(refused.field.unwrap(), "actor");
    }

    #[test]
    fn the_actor_is_not_taken_for_the_subject() {
        let kind = EmployeeKind::Human;
        let hire = |employee: u128| HireEmployee { employee: id(employee), kind, team: None, name: "Anna".into() };
        let history = company().by(id(SELLER)).after(&hire(3));
        history.by(id(3)).when(&hire(3)).then_nothing();
    }
}
