//! Employees, teams and business units over time: who belonged where at which position.

use letopis_domain::employee::EmployeeKind;
use letopis_domain::event::{Event, Recorded};
use serde::{Deserialize, Serialize};

use crate::names::{Cell, Kind, Names, Ref};
use crate::projection::{
    Projection, access_events, account_events, activity_events, agreement_events, contact_events, lead_events,
    opportunity_events, privacy_events, published_events, task_events,
};
use crate::table::Versions;
use crate::value::Field;

/// An employee with the team and the business unit of one moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Who {
    pub(crate) employee: Ref,
    pub(crate) team: Ref,
    pub(crate) unit: Ref,
}

impl Who {
    pub(crate) fn cell(&self, field: &Field) -> Option<Cell> {
        match field {
            Field::Employee => Some(Cell::id(Kind::Employee, self.employee)),
            Field::Team => Some(Cell::id(Kind::Team, self.team)),
            Field::Unit => Some(Cell::id(Kind::Unit, self.unit)),
            _ => None,
        }
    }
}

/// What is known of an employee.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct EmployeeColumns {
    pub(crate) is_system: bool,
    pub(crate) has_left: bool,
    pub(crate) team: Ref,
    pub(crate) unit: Ref,
    pub(crate) hired_at: i64,
    pub(crate) left_at: Option<i64>,
}

/// What is known of a team.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TeamColumns {
    pub(crate) name: Ref,
    pub(crate) parent: Ref,
    /// The unit it belongs to, its own or that of the teams above it.
    pub(crate) unit: Ref,
    pub(crate) formed_at: i64,
}

/// What is known of a business unit.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct UnitColumns {
    pub(crate) name: Ref,
    pub(crate) formed_at: i64,
}

/// The company's own structure.
#[derive(Default)]
pub(crate) struct Directory {
    pub(crate) employees: Versions<EmployeeColumns>,
    pub(crate) teams: Versions<TeamColumns>,
    pub(crate) units: Versions<UnitColumns>,
}

impl Directory {
    /// An employee with the team and unit of now.
    pub(crate) fn place(&self, employee: Ref) -> Who {
        let (team, unit) = self.employees.current(employee).map_or_else(Default::default, |of| (of.team, of.unit));
        Who { employee, team, unit }
    }

    /// Whether detectors judge this employee: people, not machines, and not the system itself.
    pub(crate) fn is_human(&self, employee: Ref) -> bool {
        self.employees.current(employee).is_some_and(|of| !of.is_system)
    }

    pub(crate) fn index(&mut self) {
        self.employees.index();
        self.teams.index();
        self.units.index();
    }

    fn unit_of(&self, team: Ref) -> Ref {
        self.teams.current(team).map_or(Ref::NONE, |of| of.unit)
    }
}

impl Projection for Directory {
    const NAME: &'static str = "directory";
    const REVISION: u32 = 1;
    type Beside<'a> = &'a mut Names;

    fn apply(&mut self, event: &Recorded, names: &mut Names) {
        let (at, occurred) = (event.position.0, event.occurred_at.micros());
        match &event.event {
            Event::BusinessUnitFormed(formed) => {
                let name = names.intern_text(&formed.name, at);
                self.units.set(names.intern(formed.unit, at), at, UnitColumns { name, formed_at: occurred });
            }
            Event::TeamFormed(formed) => {
                let parent = names.intern_some(formed.parent, at);
                let own = names.intern_some(formed.unit, at);
                let unit = if own.is_none() { self.unit_of(parent) } else { own };
                let name = names.intern_text(&formed.name, at);
                let columns = TeamColumns { name, parent, unit, formed_at: occurred };
                self.teams.set(names.intern(formed.team, at), at, columns);
            }
            Event::EmployeeHired(hired) => {
                let team = names.intern_some(hired.team, at);
                let columns = EmployeeColumns {
                    is_system: hired.kind == EmployeeKind::System,
                    has_left: false,
                    team,
                    unit: self.unit_of(team),
                    hired_at: occurred,
                    left_at: None,
                };
                self.employees.set(names.intern(hired.employee, at), at, columns);
            }
            Event::EmployeeTransferred(transferred) => {
                let team = names.intern_some(transferred.to, at);
                let unit = self.unit_of(team);
                let employee = names.intern(transferred.employee, at);
                self.employees.revise(employee, at, |columns| {
                    columns.team = team;
                    columns.unit = unit;
                });
            }
            Event::EmployeeLeft(left) => {
                self.employees.revise(names.intern(left.employee, at), at, |columns| {
                    columns.has_left = true;
                    columns.left_at = Some(occurred);
                });
            }
            Event::CompanyProfilePublished(_)
            | Event::AttributesSet(_)
            | published_events!()
            | account_events!()
            | contact_events!()
            | lead_events!()
            | opportunity_events!()
            | activity_events!()
            | agreement_events!()
            | access_events!()
            | privacy_events!()
            | task_events!() => {}
        }
    }
}
