//! Rights over time: which roles employees have, who stands in for whom, and what machines recorded.

use letopis_domain::access::{Reach, Role};
use letopis_domain::event::{Event, Recorded};
use letopis_domain::ids::AbsenceId;
use letopis_domain::values::Timestamp;
use serde::{Deserialize, Serialize};

use crate::models::directory::Directory;
use crate::names::{Names, Ref};
use crate::projection::{
    Projection, account_events, activity_events, agreement_events, company_events, contact_events, lead_events,
    opportunity_events, privacy_events, published_events, task_events,
};
use crate::table::{Row, Table, closing_as_of, stands};

/// A role of an employee, from when to when.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) employee: Ref,
    pub(crate) role: Role,
    pub(crate) reach: Reach,
    pub(crate) opened: u64,
    pub(crate) closed: u64,
}

impl Row for Grant {
    fn as_of(&self, position: u64) -> Option<Self> {
        (self.opened <= position).then(|| Self { closed: closing_as_of(self.closed, position), ..self.clone() })
    }
}

/// A time in which somebody stands in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Absence {
    pub(crate) id: AbsenceId,
    pub(crate) employee: Ref,
    pub(crate) substitute: Ref,
    pub(crate) from: i64,
    pub(crate) until: Option<i64>,
    pub(crate) opened: u64,
    pub(crate) closed: u64,
}

impl Row for Absence {
    fn as_of(&self, position: u64) -> Option<Self> {
        (self.opened <= position).then(|| Self { closed: closing_as_of(self.closed, position), ..self.clone() })
    }
}

impl Absence {
    /// Whether somebody stands in at an instant, as known at a position.
    pub(crate) fn is_on(&self, now: Timestamp, position: u64) -> bool {
        let now = now.micros();
        stands(self.opened, self.closed, position) && self.from <= now && self.until.is_none_or(|until| now < until)
    }
}

/// What a machine recorded.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Recording {
    pub(crate) by: Ref,
    pub(crate) opened: u64,
}

impl Row for Recording {
    fn as_of(&self, position: u64) -> Option<Self> {
        (self.opened <= position).then_some(*self)
    }
}

/// Every role, absence and recording.
#[derive(Default)]
pub(crate) struct Rights {
    pub(crate) grants: Table<Grant>,
    pub(crate) absences: Table<Absence>,
    pub(crate) recordings: Table<Recording>,
    /// The grants by employee; derived, not stored.
    by_employee: Vec<Vec<Ref>>,
    /// The positions by machine, ascending; derived, not stored.
    recorded_by: Vec<Vec<u64>>,
}

fn slot<T: Default>(slots: &mut Vec<T>, entity: Ref) -> Option<&mut T> {
    let index = entity.index()?;
    if slots.len() <= index {
        slots.resize_with(index + 1, T::default);
    }
    slots.get_mut(index)
}

impl Rights {
    /// Derives what is not stored.
    pub(crate) fn index(&mut self) {
        (self.by_employee, self.recorded_by) = (Vec::new(), Vec::new());
        for index in 0..self.grants.len() {
            self.note_grant(Ref::at(index));
        }
        for index in 0..self.recordings.len() {
            let recording = self.recordings[index];
            self.note_recording(recording);
        }
    }

    /// The roles of an employee, as of a position, in the order in which they were granted.
    pub(crate) fn of(&self, employee: Ref, position: u64) -> impl Iterator<Item = (Role, Reach)> {
        let rows = employee.index().and_then(|index| self.by_employee.get(index)).map_or(&[][..], Vec::as_slice);
        let grants = rows.iter().filter_map(|row| self.grants.row(*row));
        grants.filter(move |grant| stands(grant.opened, grant.closed, position)).map(|grant| (grant.role, grant.reach))
    }

    /// Whether a machine recorded the event at a position.
    pub(crate) fn is_recorded_by(&self, machine: Ref, position: u64) -> bool {
        let recorded = machine.index().and_then(|index| self.recorded_by.get(index));
        recorded.is_some_and(|positions| positions.binary_search(&position).is_ok())
    }

    fn note_grant(&mut self, row: Ref) {
        let Some(employee) = self.grants.row(row).map(|grant| grant.employee) else { return };
        if let Some(rows) = slot(&mut self.by_employee, employee) {
            rows.push(row);
        }
    }

    fn note_recording(&mut self, recording: Recording) {
        if let Some(positions) = slot(&mut self.recorded_by, recording.by) {
            positions.push(recording.opened);
        }
    }

    fn revoke(&mut self, employee: Ref, role: Role, at: u64) {
        let rows = employee.index().and_then(|index| self.by_employee.get(index)).cloned().unwrap_or_default();
        for row in rows {
            let is_held = |grant: &Grant| grant.role == role && grant.closed == 0;
            if self.grants.row(row).is_some_and(is_held) {
                self.grants.change(row, |grant| grant.closed = at);
            }
        }
    }

    fn note_machine(&mut self, event: &Recorded, names: &Names, directory: &Directory) {
        let Some(by) = event.actor.map(|actor| names.find(actor)) else { return };
        if directory.employees.current(by).is_some_and(|columns| columns.is_system) {
            let recording = Recording { by, opened: event.position.0 };
            self.recordings.push(recording);
            self.note_recording(recording);
        }
    }
}

impl Projection for Rights {
    const NAME: &'static str = "rights";
    const REVISION: u32 = 1;
    type Beside<'a> = (&'a mut Names, &'a Directory);

    fn apply(&mut self, event: &Recorded, (names, directory): Self::Beside<'_>) {
        let at = event.position.0;
        self.note_machine(event, names, directory);
        match &event.event {
            Event::RoleGranted(granted) => {
                let employee = names.intern(granted.employee, at);
                self.revoke(employee, granted.role, at);
                let (role, reach) = (granted.role, granted.reach);
                let row = self.grants.push(Grant { employee, role, reach, opened: at, closed: 0 });
                self.note_grant(row);
            }
            Event::RoleRevoked(revoked) => self.revoke(names.intern(revoked.employee, at), revoked.role, at),
            Event::AbsenceDeclared(declared) => {
                self.absences.push(Absence {
                    id: declared.absence,
                    employee: names.intern(declared.employee, at),
                    substitute: names.intern(declared.substitute, at),
                    from: declared.period.from.micros(),
                    until: declared.period.until.map(Timestamp::micros),
                    opened: at,
                    closed: 0,
                });
            }
            Event::AbsenceEnded(ended) => {
                let found = self.absences.iter().position(|absence| absence.id == ended.absence);
                if let Some(index) = found {
                    self.absences.change(Ref::at(index), |absence| absence.closed = at);
                }
            }
            Event::AttributesSet(_)
            | company_events!()
            | published_events!()
            | account_events!()
            | contact_events!()
            | lead_events!()
            | opportunity_events!()
            | activity_events!()
            | agreement_events!()
            | privacy_events!()
            | task_events!() => {}
        }
    }
}
