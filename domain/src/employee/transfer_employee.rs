//! Move an employee to another team.

use serde::{Deserialize, Serialize};

use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::employee::{Employee, EmployeeTransferred};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, TeamId};
use crate::known::{Known, References};
use crate::query::Query;

/// Move an employee to another team.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferEmployee {
    /// The employee.
    pub employee: EmployeeId,
    /// The team to join; none = no team.
    #[serde(default)]
    pub team: Option<TeamId>,
}

/// The team they are in.
#[derive(Clone, Default, Debug)]
pub struct State {
    team: Option<TeamId>,
    known: Known,
}

impl TransferEmployee {
    fn references(&self) -> References {
        References::default().to_employed("employee", Some(self.employee)).to_any("team", self.team)
    }
}

impl Decision for TransferEmployee {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.employee, Employee::TYPES)
    }

    fn boundary(&self, _known: &State) -> Query {
        self.references().within(Query::about(&self.employee, Employee::TYPES))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.known.evolve(event);
        match &event.event {
            Event::EmployeeHired(fact) => state.team = fact.team,
            Event::EmployeeTransferred(fact) => state.team = fact.to,
            _ => {}
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        state.known.check(&self.references())?;
        if state.team == self.team {
            return Ok(Vec::new());
        }
        Ok(vec![EmployeeTransferred { employee: self.employee, from: state.team, to: self.team }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::employee::{EmployeeKind, FormTeam, HireEmployee, ReleaseEmployee};
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    fn employed() -> History {
        let team = |team| FormTeam { team: id(team), name: "Sales".to_owned(), parent: None, unit: None };
        let kind = EmployeeKind::Human;
        let hire = HireEmployee { employee: id(1), kind, team: Some(id(10)), name: "Anna".into() };
        History::default().after(&team(10)).after(&team(11)).after(&hire)
    }

    fn transfer(team: Option<u128>) -> TransferEmployee {
        TransferEmployee { employee: id(1), team: team.map(id) }
    }

    #[test]
    fn a_transfer_remembers_the_team_left() {
        let moved = EmployeeTransferred { employee: id(1), from: Some(id(10)), to: Some(id(11)) };
        employed().when(&transfer(Some(11))).then([moved.into()]).when(&transfer(Some(11))).then_nothing();
    }

    #[test]
    fn a_transfer_to_the_same_team_changes_nothing() {
        employed().when(&transfer(Some(10))).then_nothing();
    }

    #[test]
    fn who_left_joins_no_team() {
        let left = employed().after(&ReleaseEmployee { employee: id(1) });
        left.when(&transfer(Some(11))).then_refused(RefusalCode::InvalidState);
    }

    #[test]
    fn employee_and_team_must_exist() {
        employed().when(&transfer(Some(12))).then_refused(RefusalCode::NotFound);
        History::default().when(&transfer(None)).then_refused(RefusalCode::NotFound);
    }
}
