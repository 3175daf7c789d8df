//! Forbid the erasure of a person's data while the law demands that they are kept (R89).

use serde::{Deserialize, Serialize};

use crate::common::{Common, Existing};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{EmployeeId, LegalHoldId, SubjectId};
use crate::known::{Known, References};
use crate::limits;
use crate::privacy::{HoldReason, LegalHoldPlaced, Subject};
use crate::query::Query;
use crate::values::{Personal, PlainText};

/// Forbid the erasure of a person's data while the law demands that they are kept (R89).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceLegalHold {
    /// The new hold.
    pub hold: LegalHoldId,
    /// The person.
    pub subject: SubjectId,
    /// Why.
    pub reason: PlainText,
    /// Who of the company places it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}

/// The person, whether the id is taken, and whether who does it exists.
#[derive(Clone, Default, Debug)]
pub struct State {
    existing: Existing<LegalHoldPlaced>,
    subject: Subject,
    known: Known,
}

impl PlaceLegalHold {
    fn references(&self) -> References {
        References::default().to_any("employee", self.employee)
    }
}

impl Decision for PlaceLegalHold {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.subject, &[]).or(&self.hold, &[])
    }

    fn boundary(&self, _known: &State) -> Query {
        let hold = Query::about(&self.hold, &[EventType::LegalHoldPlaced]);
        self.references().within(Subject::within(hold, self.subject))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        if let Some(fact) = LegalHoldPlaced::of(&event.event).filter(|fact| fact.hold == self.hold) {
            state.existing.found(event, fact);
        }
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
        state.subject.check(self.subject)?;
        let fact = LegalHoldPlaced {
            hold: self.hold,
            subject: self.subject,
            employee: at.employee(self.employee),
            personal: Personal::Known(HoldReason { reason: self.reason.clone() }),
        };
        state.existing.create("hold", fact, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::RefusalCode;
    use crate::samples::sample;
    use crate::testing::{History, given, id};

    fn place(reason: &str) -> PlaceLegalHold {
        PlaceLegalHold { hold: id(90), subject: id(7), reason: reason.into(), employee: None }
    }

    #[test]
    fn a_hold_has_a_reason_a_person_and_an_id_of_its_own() {
        let person = given([sample(EventType::LeadReceived)]);
        person.clone().when(&place(" ")).then_refused(RefusalCode::Required);
        History::default().when(&place("tax audit")).then_refused(RefusalCode::NotFound);
        let placed = person.after(&place("tax audit"));
        placed.clone().when(&place("tax audit")).then_nothing();
        placed.when(&place("a claim")).then_refused(RefusalCode::AlreadyExists);
    }
}
