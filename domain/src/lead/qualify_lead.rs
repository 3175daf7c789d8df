//! Record that a lead is worth pursuing.

use serde::{Deserialize, Serialize};

use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, LeadId};
use crate::known::{Known, References};
use crate::lead::standing::Standing;
use crate::lead::{LeadQualified, LeadStatus};
use crate::query::Query;

/// Record that a lead is worth pursuing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualifyLead {
    /// The lead.
    pub lead: LeadId,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}

/// Where the lead stands.
#[derive(Clone, Default, Debug)]
pub struct State {
    standing: Standing,
    known: Known,
}

impl QualifyLead {
    fn references(&self) -> References {
        References::default().to_any("employee", self.employee)
    }
}

impl Decision for QualifyLead {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.lead, &[])
    }

    fn boundary(&self, _known: &State) -> Query {
        self.references().within(Query::about(&self.lead, Standing::TYPES))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.standing.evolve(event);
        state.known.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        let status = state.standing.in_play(self.lead)?;
        state.known.check(&self.references())?;
        if status == LeadStatus::Qualified {
            return Ok(Vec::new());
        }
        Ok(vec![LeadQualified { lead: self.lead, employee: at.employee(self.employee) }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::examples::{ANNA, office_with_a_lead, qualify, recycle, reject};
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    #[test]
    fn a_lead_is_qualified_once_by_the_actor() {
        let qualified = LeadQualified { lead: id(1), employee: Some(id(ANNA)) };
        let history = office_with_a_lead().by(id(ANNA)).when(&qualify()).then([qualified.into()]);
        history.when(&qualify()).then_nothing();
    }

    #[test]
    fn a_lead_that_was_set_aside_can_be_qualified() {
        office_with_a_lead().after(&recycle("BUDGET")).when(&qualify()).then_accepted();
    }

    #[test]
    fn a_rejected_lead_is_not_qualified() {
        let rejected = office_with_a_lead().after(&reject("BUDGET"));
        let last = rejected.events().last().map(|event| event.position);
        let refused = rejected.when(&qualify()).then_refused(RefusalCode::InvalidState);
        assert_eq!(refused.conflict.and_then(|conflict| conflict.position), last);
    }

    #[test]
    fn lead_and_employee_must_exist() {
        History::default().when(&qualify()).then_refused(RefusalCode::NotFound);
        let by_a_stranger = QualifyLead { employee: Some(id(77)), ..qualify() };
        office_with_a_lead().when(&by_a_stranger).then_refused(RefusalCode::NotFound);
    }
}
