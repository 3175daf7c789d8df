//! Record that an employee left.

use serde::{Deserialize, Serialize};

use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::employee::{Employee, EmployeeLeft};
use crate::event::{Event, EventType, Recorded};
use crate::ids::EmployeeId;
use crate::known::{Known, References};
use crate::query::Query;

/// Record that an employee left.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseEmployee {
    /// The employee.
    pub employee: EmployeeId,
}

/// Whether they exist, and whether they left already.
#[derive(Clone, Default, Debug)]
pub struct State {
    known: Known,
    has_left: bool,
}

impl ReleaseEmployee {
    fn references(&self) -> References {
        References::default().to("employee", self.employee)
    }
}

impl Decision for ReleaseEmployee {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.employee, Employee::TYPES)
    }

    fn boundary(&self, _known: &State) -> Query {
        self.references().within(Query::about(&self.employee, &[EventType::EmployeeLeft]))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.known.evolve(event);
        state.has_left |= matches!(event.event, Event::EmployeeLeft(_));
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        state.known.check(&self.references())?;
        Ok(if state.has_left { Vec::new() } else { vec![EmployeeLeft { employee: self.employee }.into()] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::employee::{EmployeeKind, HireEmployee};
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    #[test]
    fn an_employee_leaves_once() {
        let hire = HireEmployee { employee: id(1), kind: EmployeeKind::Human, team: None, name: "Anna".into() };
        let release = ReleaseEmployee { employee: id(1) };
        let left = EmployeeLeft { employee: id(1) };
        History::default().after(&hire).when(&release).then([left.into()]).when(&release).then_nothing();
    }

    #[test]
    fn a_stranger_does_not_leave() {
        History::default().when(&ReleaseEmployee { employee: id(1) }).then_refused(RefusalCode::NotFound);
    }
}
