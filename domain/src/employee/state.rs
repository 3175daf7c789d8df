//! The company as its events tell it: profile, business units, teams, employees.

use serde::Serialize;

use crate::employee::{EmployeeDetails, EmployeeKind};
use crate::event::{Event, EventType, Recorded};
use crate::ids::{BusinessUnitId, EmployeeId, TeamId};
use crate::values::{Personal, Timestamp};

/// The company as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Company {
    /// Its name; none = no profile was published.
    pub name: Option<String>,
    /// The zone in which its days and months are counted; UTC until a profile says otherwise.
    pub time_zone: chrono_tz::Tz,
}

impl Company {
    /// The events it is made of.
    pub const TYPES: &'static [EventType] = &[EventType::CompanyProfilePublished];

    /// Folds one of its events, in position order; others leave it as it is.
    pub fn evolve(&mut self, recorded: &Recorded) {
        if let Event::CompanyProfilePublished(published) = &recorded.event {
            self.name = Some(published.name.clone());
            self.time_zone = published.time_zone;
        }
    }
}

/// A business unit as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct BusinessUnit {
    /// Its id.
    pub id: BusinessUnitId,
    /// Its name.
    pub name: String,
    /// When it was formed, by business time; none = there is no such unit.
    pub formed_at: Option<Timestamp>,
}

impl BusinessUnit {
    /// The events it is made of.
    pub const TYPES: &'static [EventType] = &[EventType::BusinessUnitFormed];

    /// Whether it was ever formed.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.formed_at.is_some()
    }

    /// Folds one of its events, in position order; others leave it as it is.
    pub fn evolve(&mut self, recorded: &Recorded) {
        if let Event::BusinessUnitFormed(formed) = &recorded.event {
            *self = Self { id: formed.unit, name: formed.name.clone(), formed_at: Some(recorded.occurred_at) };
        }
    }
}

/// A team as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// The team above it.
    pub parent: Option<TeamId>,
    /// The business unit it belongs to.
    pub unit: Option<BusinessUnitId>,
    /// When it was formed, by business time; none = there is no such team.
    pub formed_at: Option<Timestamp>,
}

impl Team {
    /// The events it is made of.
    pub const TYPES: &'static [EventType] = &[EventType::TeamFormed];

    /// Whether it was ever formed.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.formed_at.is_some()
    }

    /// Folds one of its events, in position order; others leave it as it is.
    pub fn evolve(&mut self, recorded: &Recorded) {
        if let Event::TeamFormed(formed) = &recorded.event {
            *self = Self {
                id: formed.team,
                name: formed.name.clone(),
                parent: formed.parent,
                unit: formed.unit,
                formed_at: Some(recorded.occurred_at),
            };
        }
    }
}

/// An employee as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Employee {
    /// The id.
    pub id: EmployeeId,
    /// Person or machine.
    pub kind: EmployeeKind,
    /// The name.
    pub personal: Personal<EmployeeDetails>,
    /// The team.
    pub team: Option<TeamId>,
    /// When they began, by business time; none = there is no such employee.
    pub hired_at: Option<Timestamp>,
    /// When they left, by business time; none = still there.
    pub left_at: Option<Timestamp>,
}

impl Employee {
    /// The events it is made of.
    pub const TYPES: &'static [EventType] =
        &[EventType::EmployeeHired, EventType::EmployeeTransferred, EventType::EmployeeLeft];

    /// Whether they ever began.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.hired_at.is_some()
    }

    /// Folds one of its events, in position order; others leave it as it is.
    pub fn evolve(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::EmployeeHired(hired) => {
                *self = Self {
                    id: hired.employee,
                    kind: hired.kind,
                    personal: hired.personal.clone(),
                    team: hired.team,
                    hired_at: Some(recorded.occurred_at),
                    left_at: None,
                };
            }
            Event::EmployeeTransferred(transferred) => self.team = transferred.to,
            Event::EmployeeLeft(_) => self.left_at = Some(recorded.occurred_at),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::sample;
    use crate::testing::{NOW, given, id};

    #[test]
    fn an_employee_shows_the_last_team_and_when_they_left() {
        let mut employee = Employee::default();
        let history = given(Employee::TYPES.iter().map(|event_type| sample(*event_type)));
        for event in history.events() {
            employee.evolve(event);
        }
        assert_eq!((employee.id, employee.team, employee.left_at), (id(4), Some(id(3)), Some(NOW)));
        assert!(employee.exists());
    }

    #[test]
    fn days_are_counted_in_utc_until_a_profile_says_otherwise() {
        let mut company = Company::default();
        assert_eq!(company.time_zone, chrono_tz::UTC);
        for event in given([sample(EventType::CompanyProfilePublished)]).events() {
            company.evolve(event);
        }
        assert_eq!(company.time_zone, chrono_tz::Europe::Amsterdam);
    }

    #[test]
    fn a_team_shows_what_stands_above_it() {
        let mut team = Team::default();
        for event in given([EventType::BusinessUnitFormed, EventType::TeamFormed].map(sample)).events() {
            team.evolve(event);
        }
        assert_eq!((team.parent, team.unit), (Some(id(3)), Some(id(1))));
    }
}
