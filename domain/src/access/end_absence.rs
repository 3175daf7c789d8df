//! End an absence, or call it off.

use serde::{Deserialize, Serialize};

use super::{AbsenceDeclared, AbsenceEnded};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{AbsenceId, Tagged};
use crate::query::Query;

/// End an absence, or call it off: the substitute sees no more than before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndAbsence {
    /// The absence.
    pub absence: AbsenceId,
}

/// The absence, and whether it is over.
#[derive(Clone, Default, Debug)]
pub struct State {
    declared: Option<AbsenceDeclared>,
    is_over: bool,
}

const TYPES: &[EventType] = &[EventType::AbsenceDeclared, EventType::AbsenceEnded];

impl Decision for EndAbsence {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.absence, TYPES)
    }

    fn boundary(&self, _known: &State) -> Query {
        Query::about(&self.absence, TYPES)
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        if let Some(fact) = AbsenceDeclared::of(&event.event) {
            state.declared = Some(fact.clone());
        }
        state.is_over |= AbsenceEnded::of(&event.event).is_some();
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        let Some(declared) = &state.declared else {
            return Err(Common::NotFound { field: "absence", tag: self.absence.tag() });
        };
        if state.is_over {
            return Ok(Vec::new());
        }
        let AbsenceDeclared { absence, employee, substitute, .. } = *declared;
        Ok(vec![AbsenceEnded { absence, employee, substitute }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::DeclareAbsence;
    use crate::fixtures::{COLLEAGUE, SELLER, company};
    use crate::refusal::RefusalCode;
    use crate::testing::{NOW, id};
    use crate::values::Period;

    #[test]
    fn an_absence_ends_once() {
        let period = Period { from: NOW, until: None };
        let away = DeclareAbsence { absence: id(70), employee: id(SELLER), substitute: id(COLLEAGUE), period };
        let end = EndAbsence { absence: id(70) };
        let ended = AbsenceEnded { absence: id(70), employee: id(SELLER), substitute: id(COLLEAGUE) };
        company().when(&end).then_refused(RefusalCode::NotFound);
        company().after(&away).when(&end).then([ended.into()]).when(&end).then_nothing();
    }
}
