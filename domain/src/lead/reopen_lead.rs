//! Take a rejected or recycled lead up again.

use serde::{Deserialize, Serialize};

use crate::common::rejection;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, LeadId};
use crate::known::{Known, References};
use crate::lead::standing::Standing;
use crate::lead::{Comment, LeadReopened, LeadStatus};
use crate::limits;
use crate::query::Query;
use crate::values::{Personal, PlainText};

/// Take a rejected or recycled lead up again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReopenLead {
    /// The lead.
    pub lead: LeadId,
    /// A comment in free words.
    #[serde(default)]
    pub comment: Option<PlainText>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}

rejection! {
    /// There is nothing to reopen.
    NotClosed { status: LeadStatus } => InvalidState, "lead", "the lead is {status}, neither rejected nor set aside";
}

/// Where the lead stands.
#[derive(Clone, Default, Debug)]
pub struct State {
    standing: Standing,
    known: Known,
}

impl ReopenLead {
    fn references(&self) -> References {
        References::default().to_any("employee", self.employee)
    }
}

impl Decision for ReopenLead {
    type State = State;
    type Rejection = Rejection;
    const IS_REFUSED_AGAIN: bool = true;

    fn subject(&self) -> Query {
        Query::about(&self.lead, &[])
    }

    fn boundary(&self, known: &State) -> Query {
        self.references().within(known.standing.boundary(self.lead))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.standing.evolve(event);
        state.known.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        limits::text("comment", self.comment.as_ref())?;
        match state.standing.of(self.lead)? {
            LeadStatus::Rejected | LeadStatus::Recycled => {}
            LeadStatus::Converted => return Err(state.standing.converted().into()),
            status @ (LeadStatus::New | LeadStatus::Qualified) => return Err(Rejection::NotClosed { status }),
        }
        state.known.check(&self.references())?;
        let comment = Comment { comment: self.comment.clone() };
        let reopened = LeadReopened {
            lead: self.lead,
            employee: at.employee(self.employee),
            data_subjects: state.standing.seal(&comment)?,
            personal: Personal::Known(comment),
        };
        Ok(vec![reopened.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::Lead;
    use crate::lead::examples::{office_with_a_lead, qualify, recycle, reject, reopen};
    use crate::refusal::RefusalCode;
    use crate::testing::History;

    fn status_after(history: &History) -> LeadStatus {
        let mut lead = Lead::default();
        history.events().iter().for_each(|event| lead.evolve(event));
        lead.status
    }

    #[test]
    fn a_rejected_lead_comes_back_to_where_it_stood() {
        let new = office_with_a_lead().after(&reject("BUDGET")).after(&reopen());
        assert_eq!(status_after(&new), LeadStatus::New);
        let qualified = office_with_a_lead().after(&qualify()).after(&reject("BUDGET")).after(&reopen());
        assert_eq!(status_after(&qualified), LeadStatus::Qualified);
        qualified.when(&qualify()).then_nothing();
    }

    #[test]
    fn a_lead_that_was_set_aside_comes_back() {
        office_with_a_lead().after(&recycle("BUDGET")).when(&reopen()).then_accepted();
    }

    #[test]
    fn a_lead_in_play_is_not_reopened() {
        let refused = office_with_a_lead().when(&reopen()).then_refused(RefusalCode::InvalidState);
        assert_eq!(refused.message, "the lead is new, neither rejected nor set aside");
    }

    #[test]
    fn the_lead_must_exist() {
        History::default().when(&reopen()).then_refused(RefusalCode::NotFound);
    }
}
