//! What deciding about an existing opportunity needs: its own history, and which of the employees named exist.

use crate::common::Common;
use crate::event::{EventType, Recorded};
use crate::ids::{EmployeeId, OpportunityId, Tagged};
use crate::known::{Known, References};
use crate::opportunity::Opportunity;
use crate::privacy::{DataSubjects, Erasures};
use crate::query::Query;
use crate::values::PersonalValues;

/// The events that move an opportunity through its stages and close it.
pub(super) const LIFECYCLE: &[EventType] = &[
    EventType::OpportunityOpened,
    EventType::OpportunityStageChanged,
    EventType::OpportunityWon,
    EventType::OpportunityLost,
    EventType::OpportunityReopened,
];

/// The same, and the amount.
pub(super) const LIFECYCLE_AND_AMOUNT: &[EventType] = &[
    EventType::OpportunityOpened,
    EventType::OpportunityStageChanged,
    EventType::OpportunityAmountRevised,
    EventType::OpportunityWon,
    EventType::OpportunityLost,
    EventType::OpportunityReopened,
];

/// An opportunity as far as the boundary shows it.
#[derive(Clone, Debug, Default)]
pub struct Deal {
    opportunity: Opportunity,
    known: Known,
    erasures: Erasures,
}

impl Deal {
    /// The boundary: these events of the opportunity, and who does it.
    pub(super) fn boundary(opportunity: OpportunityId, types: &[EventType], employee: Option<EmployeeId>) -> Query {
        done_by(employee).within(Query::about(&opportunity, types))
    }

    /// The boundary of a command that takes words: the same, and who of those whom the deal concerns was erased.
    pub(super) fn boundary_with_words(
        &self,
        opportunity: OpportunityId,
        types: &[EventType],
        employee: Option<EmployeeId>,
    ) -> Query {
        Erasures::within(Self::boundary(opportunity, types, employee), &self.opportunity.data_subjects)
    }

    /// Those whom the deal concerns, unless erased.
    pub(super) fn left(&self) -> DataSubjects {
        self.erasures.left(&self.opportunity.data_subjects)
    }

    /// For whom words about the deal are sealed.
    ///
    /// # Errors
    /// When there are words, and nobody is left.
    pub(super) fn seal(&self, words: &impl PersonalValues, field: &'static str) -> Result<DataSubjects, Common> {
        self.erasures.seal(&self.opportunity.data_subjects, words, field)
    }

    /// Folds one event.
    pub(super) fn evolve(&mut self, event: &Recorded) {
        self.erasures.evolve(event);
        self.opportunity.evolve(event);
        self.known.evolve(event);
    }

    /// What is known so far; the default when nothing is.
    pub(super) const fn so_far(&self) -> &Opportunity {
        &self.opportunity
    }

    /// The opportunity, if it exists and the employee named does too.
    ///
    /// # Errors
    /// `NotFound`.
    pub(super) fn find(
        &self,
        opportunity: OpportunityId,
        employee: Option<EmployeeId>,
    ) -> Result<&Opportunity, Common> {
        if !self.opportunity.exists() {
            return Err(Common::NotFound { field: "opportunity", tag: opportunity.tag() });
        }
        self.known.check(&done_by(employee))?;
        Ok(&self.opportunity)
    }
}

fn done_by(employee: Option<EmployeeId>) -> References {
    References::default().to_any("employee", employee)
}
