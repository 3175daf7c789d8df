//! Give a lead to another owner, or to none.

use serde::{Deserialize, Serialize};

use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Recorded};
use crate::ids::{EmployeeId, LeadId};
use crate::known::{Known, References};
use crate::lead::LeadAssigned;
use crate::lead::standing::Standing;
use crate::query::Query;

/// Give a lead to another owner, or to none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignLead {
    /// The lead.
    pub lead: LeadId,
    /// The new owner.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
}

/// Where the lead stands and whose it is.
#[derive(Clone, Default, Debug)]
pub struct State {
    standing: Standing,
    owner: Option<EmployeeId>,
    known: Known,
}

impl AssignLead {
    fn references(&self) -> References {
        References::default().to_employed("owner", self.owner)
    }
}

impl Decision for AssignLead {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.lead, &[])
    }

    fn boundary(&self, _known: &State) -> Query {
        let standing = Query::about(&self.lead, Standing::TYPES);
        self.references().within(standing.or(&self.lead, &[EventType::LeadAssigned]))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.standing.evolve(event);
        state.known.evolve(event);
        match &event.event {
            Event::LeadReceived(fact) => state.owner = fact.owner,
            Event::LeadAssigned(fact) => state.owner = fact.to,
            _ => {}
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        state.standing.in_play(self.lead)?;
        state.known.check(&self.references())?;
        if state.owner == self.owner {
            return Ok(Vec::new());
        }
        Ok(vec![LeadAssigned { lead: self.lead, from: state.owner, to: self.owner }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::employee::ReleaseEmployee;
    use crate::lead::examples::{ANNA, BORIS, office_with_a_lead, reject};
    use crate::refusal::RefusalCode;
    use crate::testing::id;

    fn assign(owner: Option<u128>) -> AssignLead {
        AssignLead { lead: id(1), owner: owner.map(id) }
    }

    #[test]
    fn a_lead_changes_hands_and_remembers_both() {
        let assigned = LeadAssigned { lead: id(1), from: Some(id(ANNA)), to: Some(id(BORIS)) };
        let history = office_with_a_lead().after(&assign(Some(ANNA)));
        history.when(&assign(Some(BORIS))).then([assigned.into()]);
    }

    #[test]
    fn the_same_owner_again_changes_nothing() {
        office_with_a_lead().after(&assign(Some(ANNA))).when(&assign(Some(ANNA))).then_nothing();
        office_with_a_lead().when(&assign(None)).then_nothing();
    }

    #[test]
    fn who_left_gets_no_lead() {
        let left = office_with_a_lead().after(&ReleaseEmployee { employee: id(BORIS) });
        left.when(&assign(Some(BORIS))).then_refused(RefusalCode::InvalidState);
    }

    #[test]
    fn a_rejected_lead_is_not_assigned() {
        let rejected = office_with_a_lead().after(&reject("BUDGET"));
        rejected.when(&assign(Some(BORIS))).then_refused(RefusalCode::InvalidState);
    }
}
