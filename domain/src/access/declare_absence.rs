//! Declare that an employee is away and who stands in (R69).

use serde::{Deserialize, Serialize};

use super::AbsenceDeclared;
use crate::common::{Existing, rejection};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{AbsenceId, EmployeeId};
use crate::known::{Known, References};
use crate::query::Query;
use crate::values::Period;

/// Declare that an employee is away and who stands in (R69): meanwhile the substitute sees, of the absent employee's
/// customers, what they would see of their own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclareAbsence {
    /// The new absence.
    pub absence: AbsenceId,
    /// Who is away.
    pub employee: EmployeeId,
    /// Who stands in.
    pub substitute: EmployeeId,
    /// From when to when; without an end until it is ended.
    pub period: Period,
}

rejection! {
    /// Nobody stands in for themselves.
    OwnSubstitute => InvalidValue, "substitute", "nobody stands in for themselves";
    /// The absence has no instant.
    Empty { period: Period } => InvalidValue, "period", "there is no instant {period}";
}

/// Whether the id is taken, and whether both are there.
#[derive(Clone, Default, Debug)]
pub struct State {
    existing: Existing<AbsenceDeclared>,
    known: Known,
}

impl DeclareAbsence {
    fn references(&self) -> References {
        References::default().to("employee", self.employee).to_employed("substitute", Some(self.substitute))
    }
}

impl Decision for DeclareAbsence {
    type State = State;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Query::about(&self.absence, &[EventType::AbsenceDeclared])
    }

    fn boundary(&self, _known: &State) -> Query {
        self.references().within(Query::about(&self.absence, &[EventType::AbsenceDeclared]))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.known.evolve(event);
        if let Some(fact) = AbsenceDeclared::of(&event.event) {
            state.existing.found(event, fact);
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        if self.employee == self.substitute {
            return Err(Rejection::OwnSubstitute);
        }
        if self.period.is_empty() {
            return Err(Rejection::Empty { period: self.period });
        }
        state.known.check(&self.references())?;
        let (absence, employee, substitute, period) = (self.absence, self.employee, self.substitute, self.period);
        Ok(state.existing.create("absence", AbsenceDeclared { absence, employee, substitute, period }, at)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{COLLEAGUE, SELLER, company};
    use crate::refusal::RefusalCode;
    use crate::testing::{NOW, id};

    fn away(substitute: u128, period: Period) -> DeclareAbsence {
        DeclareAbsence { absence: id(70), employee: id(SELLER), substitute: id(substitute), period }
    }

    #[test]
    fn a_colleague_stands_in() {
        let week = Period { from: NOW, until: Some(NOW.plus_ms(7 * 24 * 3_600_000)) };
        let history = company().when(&away(COLLEAGUE, week)).then_accepted();
        history.when(&away(COLLEAGUE, Period { from: NOW, until: None })).then_refused(RefusalCode::AlreadyExists);
    }

    #[test]
    fn nobody_stands_in_for_themselves_or_for_no_time() {
        let open = Period { from: NOW, until: None };
        company().when(&away(SELLER, open)).then_refused(RefusalCode::InvalidValue);
        let never = Period { from: NOW, until: Some(NOW) };
        company().when(&away(COLLEAGUE, never)).then_refused(RefusalCode::InvalidValue);
        let refused = company().when(&away(99, open)).then_refused(RefusalCode::NotFound);
        assert_eq!(refused.field.as_deref(), Some("substitute"));
    }
}
