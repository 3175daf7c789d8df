//! An absence as its events tell it.

use serde::Serialize;

use crate::event::{Event, EventType, Recorded};
use crate::ids::{AbsenceId, EmployeeId};
use crate::values::{Period, Timestamp};

/// An absence as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Absence {
    /// Its id.
    pub id: AbsenceId,
    /// Who is away.
    pub employee: EmployeeId,
    /// Who stands in.
    pub substitute: EmployeeId,
    /// From when to when.
    pub period: Period,
    /// When it was declared, by business time; none = there is no such absence.
    pub declared_at: Option<Timestamp>,
    /// When it was ended or called off, by business time; none = it was not.
    pub ended_at: Option<Timestamp>,
}

impl Absence {
    /// The events it is made of.
    pub const TYPES: &'static [EventType] = &[EventType::AbsenceDeclared, EventType::AbsenceEnded];

    /// Folds one of its events, in position order; others leave it as it is.
    pub fn evolve(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::AbsenceDeclared(declared) => {
                (self.id, self.employee, self.substitute) = (declared.absence, declared.employee, declared.substitute);
                self.period = declared.period;
                self.declared_at = Some(recorded.occurred_at);
            }
            Event::AbsenceEnded(_) => self.ended_at = Some(recorded.occurred_at),
            _ => {}
        }
    }

    /// Whether somebody stands in at an instant.
    #[must_use]
    pub fn is_on(&self, at: Timestamp) -> bool {
        let is_over = self.ended_at.is_some() || self.period.until.is_some_and(|until| until <= at);
        self.declared_at.is_some() && self.period.from <= at && !is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{DeclareAbsence, EndAbsence};
    use crate::fixtures::{COLLEAGUE, SELLER, company};
    use crate::testing::{History, NOW, id};

    fn folded(history: &History) -> Absence {
        let mut absence = Absence::default();
        history.events().iter().for_each(|event| absence.evolve(event));
        absence
    }

    #[test]
    fn an_absence_is_on_from_its_first_instant_until_its_last_or_its_end() {
        let later = NOW.plus_ms(1_000);
        let period = Period { from: NOW, until: Some(later) };
        let away = DeclareAbsence { absence: id(70), employee: id(SELLER), substitute: id(COLLEAGUE), period };
        let history = company().after(&away);
        let absence = folded(&history);
        assert!(absence.is_on(NOW) && !absence.is_on(later) && !absence.is_on(NOW.plus_ms(-1)));
        assert!(!folded(&history.after(&EndAbsence { absence: id(70) })).is_on(NOW));
        assert!(!Absence::default().is_on(NOW));
    }
}
