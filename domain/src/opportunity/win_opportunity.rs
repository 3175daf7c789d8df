//! Win an opportunity.

use serde::{Deserialize, Serialize};

use crate::common::rejection;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, OpportunityId};
use crate::limits;
use crate::opportunity::deal::{Deal, LIFECYCLE_AND_AMOUNT};
use crate::opportunity::{OpportunityStatus, OpportunityWon};
use crate::query::Query;
use crate::values::Money;

/// Win an opportunity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WinOpportunity {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// The final amount; none = as it stands.
    #[serde(default)]
    pub amount: Option<Money>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}

rejection! {
    /// It is lost, or was won for another amount.
    Closed { status: OpportunityStatus } => InvalidState, "opportunity",
        "the opportunity is {status} already; reopen it before it is won";
}

impl Decision for WinOpportunity {
    type State = Deal;
    type Rejection = Rejection;

    fn boundary(&self, _known: &Deal) -> Query {
        Deal::boundary(self.opportunity, LIFECYCLE_AND_AMOUNT, self.employee)
    }

    fn evolve(&self, state: &mut Deal, event: &Recorded) {
        state.evolve(event);
    }

    fn decide(&self, state: &Deal, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        limits::amount("amount", self.amount.as_ref())?;
        let opportunity = state.find(self.opportunity, self.employee)?;
        let amount = self.amount.or(opportunity.amount);
        match opportunity.status {
            OpportunityStatus::Open => {}
            OpportunityStatus::Won if amount == opportunity.amount => return Ok(Vec::new()),
            status => return Err(Rejection::Closed { status }),
        }
        let won = OpportunityWon {
            opportunity: self.opportunity,
            employee: at.employee(self.employee),
            stage: opportunity.stage.clone(),
            amount,
        };
        Ok(vec![won.into()])
    }
}
