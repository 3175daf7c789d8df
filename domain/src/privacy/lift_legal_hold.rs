//! Lift a legal hold (R89).

use serde::{Deserialize, Serialize};

use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Recorded};
use crate::ids::{EmployeeId, LegalHoldId, Tagged};
use crate::known::{Known, References};
use crate::limits;
use crate::privacy::{HoldReason, LegalHoldLifted, Subject};
use crate::query::Query;
use crate::values::{Personal, PlainText};

/// Lift a legal hold (R89).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiftLegalHold {
    /// The hold.
    pub hold: LegalHoldId,
    /// Why it is no longer needed.
    pub reason: PlainText,
    /// Who of the company lifts it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}

/// The hold, and whether who lifts it exists.
#[derive(Clone, Default, Debug)]
pub struct State {
    subject: Subject,
    known: Known,
}

impl LiftLegalHold {
    const TYPES: &[EventType] = &[EventType::LegalHoldPlaced, EventType::LegalHoldLifted];

    fn references(&self) -> References {
        References::default().to_any("employee", self.employee)
    }
}

impl Decision for LiftLegalHold {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.hold, &[])
    }

    fn boundary(&self, _known: &State) -> Query {
        self.references().within(Query::about(&self.hold, Self::TYPES))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.subject.evolve(event);
        state.known.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        if self.reason.reveal().trim().is_empty() {
            return Err(Common::Required { field: "reason" });
        }
        limits::text("reason", Some(&self.reason))?;
        state.known.check(&self.references())?;
        let Some(hold) = state.subject.holds.first() else {
            return Err(Common::NotFound { field: "hold", tag: self.hold.tag() });
        };
        if hold.lifted_at.is_some() {
            return Ok(Vec::new());
        }
        let fact = LegalHoldLifted {
            hold: self.hold,
            subject: hold.subject,
            employee: at.employee(self.employee),
            personal: Personal::Known(HoldReason { reason: self.reason.clone() }),
        };
        Ok(vec![fact.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::RefusalCode;
    use crate::samples::sample;
    use crate::testing::{History, given, id};

    #[test]
    fn a_hold_is_lifted_once_and_only_one_that_was_placed() {
        let lift = LiftLegalHold { hold: id(90), reason: "settled".into(), employee: None };
        History::default().when(&lift).then_refused(RefusalCode::NotFound);
        let held = given([EventType::LeadReceived, EventType::LegalHoldPlaced].map(sample));
        held.clone().when(&LiftLegalHold { reason: "".into(), ..lift.clone() }).then_refused(RefusalCode::Required);
        held.after(&lift).when(&lift).then_nothing();
    }
}
