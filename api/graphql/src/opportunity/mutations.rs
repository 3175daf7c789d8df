//! Commands on opportunities.

use letopis_domain::ids::{AccountId, ContactId, EmployeeId, OpportunityId, PipelineId};

use super::Opportunity;
use crate::ids::Given;
use crate::intake::{AttributeInput, Fresh, MoneyInput};
use crate::mutation::mutations;
use crate::scalars::Date;

mutations! {
    /// Commands on opportunities.
    OpportunityMutations;

    /// Opens an opportunity in a stage of a pipeline.
    open_opportunity(OpenOpportunityInput => letopis_domain::opportunity::OpenOpportunity) -> OpenOpportunityPayload {
        /// The opportunity.
        opportunity: Opportunity, by |command| command.opportunity
    } {
        /// The new opportunity's id, or a UUID; made when absent.
        opportunity: Fresh<OpportunityId>,
        /// The customer.
        account: Option<Given<AccountId>>,
        /// The person on the customer's side.
        contact: Option<Given<ContactId>>,
        /// The pipeline, whose current version is pinned.
        pipeline: Given<PipelineId>,
        /// The first stage; the pipeline's first when absent.
        stage: Option<String>,
        /// A title.
        title: Option<String>,
        /// The seller.
        owner: Option<Given<EmployeeId>>,
        /// What it may be worth.
        amount: Option<MoneyInput>,
        /// When it is expected to close.
        expected_close: Option<Date>,
        /// The seller's probability, 0 to 100.
        probability_percent: Option<i32>,
        /// Custom attributes.
        attributes: Option<Vec<AttributeInput>>,
    }

    /// Moves an opportunity to another stage, forward or back, or to another pipeline.
    move_opportunity(MoveOpportunityInput => letopis_domain::opportunity::MoveOpportunity) -> MoveOpportunityPayload {
        /// The opportunity.
        opportunity: Opportunity, by |command| command.opportunity
    } {
        /// The opportunity.
        opportunity: Given<OpportunityId>,
        /// The stage to enter.
        stage: String,
        /// Another pipeline to move to; the one it is in when absent.
        pipeline: Option<Given<PipelineId>>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// Revises amount, expected close or declared probability; what is absent stays.
    revise_opportunity(ReviseOpportunityInput => letopis_domain::opportunity::ReviseOpportunity) -> ReviseOpportunityPayload {
        /// The opportunity.
        opportunity: Opportunity, by |command| command.opportunity
    } {
        /// The opportunity.
        opportunity: Given<OpportunityId>,
        /// The new amount.
        amount: Option<MoneyInput>,
        /// The new expected close.
        expected_close: Option<Date>,
        /// The new probability, 0 to 100.
        probability_percent: Option<i32>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// Gives an opportunity to another owner, or to none.
    assign_opportunity_owner(
        AssignOpportunityOwnerInput => letopis_domain::opportunity::AssignOpportunityOwner
    ) -> AssignOpportunityOwnerPayload {
        /// The opportunity.
        opportunity: Opportunity, by |command| command.opportunity
    } {
        /// The opportunity.
        opportunity: Given<OpportunityId>,
        /// The new owner; none when absent.
        owner: Option<Given<EmployeeId>>,
    }

    /// Wins an opportunity.
    win_opportunity(WinOpportunityInput => letopis_domain::opportunity::WinOpportunity) -> WinOpportunityPayload {
        /// The opportunity.
        opportunity: Opportunity, by |command| command.opportunity
    } {
        /// The opportunity.
        opportunity: Given<OpportunityId>,
        /// The final amount; as it stands when absent.
        amount: Option<MoneyInput>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// Loses an opportunity for a reason of the catalog.
    lose_opportunity(LoseOpportunityInput => letopis_domain::opportunity::LoseOpportunity) -> LoseOpportunityPayload {
        /// The opportunity.
        opportunity: Opportunity, by |command| command.opportunity
    } {
        /// The opportunity.
        opportunity: Given<OpportunityId>,
        /// A key of the current catalog of losses.
        reason: String,
        /// Who won it instead.
        competitor: Option<String>,
        /// A comment in free words.
        comment: Option<String>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// Opens a closed opportunity again.
    reopen_opportunity(ReopenOpportunityInput => letopis_domain::opportunity::ReopenOpportunity) -> ReopenOpportunityPayload {
        /// The opportunity.
        opportunity: Opportunity, by |command| command.opportunity
    } {
        /// The opportunity.
        opportunity: Given<OpportunityId>,
        /// The stage to return to; the one it was closed from when absent.
        stage: Option<String>,
        /// A comment in free words.
        comment: Option<String>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }
}
