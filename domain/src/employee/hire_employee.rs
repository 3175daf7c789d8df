//! Register an employee, human or system.

use serde::{Deserialize, Serialize};

use crate::common::{Common, Existing};
use crate::decision::{Circumstances, Decision};
use crate::employee::{Employee, EmployeeDetails, EmployeeHired, EmployeeKind};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{EmployeeId, TeamId};
use crate::known::{Known, References};
use crate::limits;
use crate::query::Query;
use crate::values::{PersonName, Personal};

/// Register an employee, human or system.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HireEmployee {
    /// The new employee.
    pub employee: EmployeeId,
    /// Person or machine.
    pub kind: EmployeeKind,
    /// The first team.
    #[serde(default)]
    pub team: Option<TeamId>,
    /// The name.
    pub name: PersonName,
}

/// Whether the id is taken, and whether the team exists.
#[derive(Clone, Default, Debug)]
pub struct State {
    existing: Existing<EmployeeHired>,
    known: Known,
}

impl HireEmployee {
    fn references(&self) -> References {
        References::default().to_any("team", self.team)
    }
}

impl Decision for HireEmployee {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.employee, Employee::TYPES)
    }

    fn boundary(&self, _known: &State) -> Query {
        self.references().within(Query::about(&self.employee, &[EventType::EmployeeHired]))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.known.evolve(event);
        if let Some(fact) = EmployeeHired::of(&event.event) {
            state.existing.found(event, fact);
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        limits::name("name", self.name.reveal())?;
        state.known.check(&self.references())?;
        let personal = Personal::Known(EmployeeDetails { name: self.name.clone() });
        let fact = EmployeeHired { employee: self.employee, kind: self.kind, team: self.team, personal };
        state.existing.create("employee", fact, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::employee::FormTeam;
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    fn hire(name: &str, team: Option<u128>) -> HireEmployee {
        HireEmployee { employee: id(1), kind: EmployeeKind::Human, team: team.map(id), name: name.into() }
    }

    #[test]
    fn an_employee_joins_a_team_that_exists() {
        let team = FormTeam { team: id(10), name: "Sales".to_owned(), parent: None, unit: None };
        History::default().after(&team).when(&hire("Anna", Some(10))).then_accepted();
        let refused = History::default().when(&hire("Anna", Some(10))).then_refused(RefusalCode::NotFound);
        assert_eq!(refused.field.as_deref(), Some("team"));
    }

    #[test]
    fn an_employee_is_hired_once() {
        let history = History::default().after(&hire("Anna", None)).when(&hire("Anna", None)).then_nothing();
        history.when(&hire("Boris", None)).then_refused(RefusalCode::AlreadyExists);
    }
}
