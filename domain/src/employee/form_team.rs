//! Form a team.

use serde::{Deserialize, Serialize};

use crate::common::{Existing, rejection};
use crate::decision::{Circumstances, Decision};
use crate::employee::TeamFormed;
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{BusinessUnitId, TeamId};
use crate::known::{Known, References};
use crate::limits;
use crate::query::Query;

/// Form a team.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormTeam {
    /// The new team.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// The team above it.
    #[serde(default)]
    pub parent: Option<TeamId>,
    /// The business unit it belongs to; none = that of the team above it.
    #[serde(default)]
    pub unit: Option<BusinessUnitId>,
}

rejection! {
    /// A team stands above itself.
    OwnParent => InvalidValue, "parent", "a team cannot stand above itself";
    /// Teams form a tree inside one business unit.
    OtherUnit { unit: BusinessUnitId } => InvalidValue, "unit", "the team above it belongs to the business unit {unit}";
}

/// Whether the id is taken, and what stands above.
#[derive(Clone, Default, Debug)]
pub struct State {
    existing: Existing<TeamFormed>,
    parent_unit: Option<BusinessUnitId>,
    known: Known,
}

impl FormTeam {
    fn references(&self) -> References {
        References::default().to_any("parent", self.parent).to_any("unit", self.unit)
    }
}

impl Decision for FormTeam {
    type State = State;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Query::about(&self.team, &[EventType::TeamFormed])
    }

    fn boundary(&self, _known: &State) -> Query {
        self.references().within(Query::about(&self.team, &[EventType::TeamFormed]))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.known.evolve(event);
        let Some(fact) = TeamFormed::of(&event.event) else { return };
        if fact.team == self.team {
            state.existing.found(event, fact);
        } else {
            state.parent_unit = fact.unit;
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        limits::name("name", &self.name)?;
        if self.parent == Some(self.team) {
            return Err(Rejection::OwnParent);
        }
        state.known.check(&self.references())?;
        if let (Some(above), Some(own)) = (state.parent_unit, self.unit)
            && above != own
        {
            return Err(Rejection::OtherUnit { unit: above });
        }
        let unit = self.unit.or(state.parent_unit);
        let fact = TeamFormed { team: self.team, name: self.name.clone(), parent: self.parent, unit };
        Ok(state.existing.create("team", fact, at)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::employee::FormBusinessUnit;
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    fn team(team: u128, parent: Option<u128>, unit: Option<u128>) -> FormTeam {
        FormTeam { team: id(team), name: "Sales".to_owned(), parent: parent.map(id), unit: unit.map(id) }
    }

    fn two_units() -> History {
        let unit = |number| FormBusinessUnit { unit: id(number), name: "Unit".to_owned() };
        History::default().after(&unit(1)).after(&unit(2))
    }

    #[test]
    fn a_team_takes_the_unit_of_the_team_above() {
        let formed = TeamFormed { team: id(11), name: "Sales".to_owned(), parent: Some(id(10)), unit: Some(id(1)) };
        two_units().after(&team(10, None, Some(1))).when(&team(11, Some(10), None)).then([formed.into()]);
    }

    #[test]
    fn a_team_of_one_unit_does_not_stand_under_a_team_of_another() {
        let history = two_units().after(&team(10, None, Some(1)));
        history.when(&team(11, Some(10), Some(2))).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn parent_and_unit_must_exist() {
        let refused = History::default().when(&team(11, Some(10), None)).then_refused(RefusalCode::NotFound);
        assert_eq!(refused.field.as_deref(), Some("parent"));
        let refused = History::default().when(&team(11, None, Some(9))).then_refused(RefusalCode::NotFound);
        assert_eq!(refused.field.as_deref(), Some("unit"));
    }

    #[test]
    fn a_team_cannot_stand_above_itself() {
        History::default().when(&team(11, Some(11), None)).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn a_team_formed_twice_alike_stays_one_team() {
        let sales = team(10, None, None);
        History::default().after(&sales).when(&sales).then_nothing();
        let other = team(10, None, Some(1));
        two_units().after(&sales).when(&other).then_refused(RefusalCode::AlreadyExists);
    }
}
