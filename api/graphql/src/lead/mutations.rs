//! Commands on leads.

use letopis_domain::ids::{AccountId, ContactId, EmployeeId, LeadId, OpportunityId, PipelineId, SubjectId};
use letopis_domain::lead::{ConversionAccount, ConversionContact};

use super::Lead;
use crate::enums::AccountKind;
use crate::ids::Given;
use crate::intake::{Accept, AttributeInput, Fresh, Intake, MoneyInput, Problem, input};
use crate::mutation::mutations;
use crate::scalars::Date;

mutations! {
    /// Commands on leads.
    LeadMutations;

    /// Records that a lead arrived.
    receive_lead(ReceiveLeadInput => letopis_domain::lead::ReceiveLead) -> ReceiveLeadPayload {
        /// The lead.
        lead: Lead, by |command| command.lead
    } {
        /// The new lead's id, or a UUID; made when absent.
        lead: Fresh<LeadId>,
        /// The data subject's id, or a UUID; made when absent.
        subject: Fresh<SubjectId>,
        /// Where it came from: a code of the company, never erased.
        source: Option<String>,
        /// By which channel: a code of the company, never erased.
        channel: Option<String>,
        /// The campaign that brought it: a code of the company, never erased.
        campaign: Option<String>,
        /// The first owner.
        owner: Option<Given<EmployeeId>>,
        /// What it may be worth.
        amount: Option<MoneyInput>,
        /// The person.
        name: Option<String>,
        /// The company they named.
        company: Option<String>,
        /// E-mail addresses.
        emails: Option<Vec<String>>,
        /// Phone numbers.
        phones: Option<Vec<String>>,
        /// What they asked for.
        message: Option<String>,
        /// Custom attributes.
        attributes: Option<Vec<AttributeInput>>,
    }

    /// Records that a lead is worth pursuing.
    qualify_lead(QualifyLeadInput => letopis_domain::lead::QualifyLead) -> QualifyLeadPayload {
        /// The lead.
        lead: Lead, by |command| command.lead
    } {
        /// The lead.
        lead: Given<LeadId>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// Gives a lead to another owner, or to none.
    assign_lead(AssignLeadInput => letopis_domain::lead::AssignLead) -> AssignLeadPayload {
        /// The lead.
        lead: Lead, by |command| command.lead
    } {
        /// The lead.
        lead: Given<LeadId>,
        /// The new owner; none when absent.
        owner: Option<Given<EmployeeId>>,
    }

    /// Rejects a lead for a reason of the catalog.
    reject_lead(RejectLeadInput => letopis_domain::lead::RejectLead) -> RejectLeadPayload {
        /// The lead.
        lead: Lead, by |command| command.lead
    } {
        /// The lead.
        lead: Given<LeadId>,
        /// A key of the current catalog of lead rejections.
        reason: String,
        /// A comment in free words.
        comment: Option<String>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// Sets a lead aside until a date.
    recycle_lead(RecycleLeadInput => letopis_domain::lead::RecycleLead) -> RecycleLeadPayload {
        /// The lead.
        lead: Lead, by |command| command.lead
    } {
        /// The lead.
        lead: Given<LeadId>,
        /// A key of the current catalog of lead recyclings.
        reason: String,
        /// When to come back to it.
        revisit_on: Option<Date>,
        /// A comment in free words.
        comment: Option<String>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// Takes a rejected or recycled lead up again.
    reopen_lead(ReopenLeadInput => letopis_domain::lead::ReopenLead) -> ReopenLeadPayload {
        /// The lead.
        lead: Lead, by |command| command.lead
    } {
        /// The lead.
        lead: Given<LeadId>,
        /// A comment in free words.
        comment: Option<String>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }

    /// Converts a lead into account, contact and opportunity, all or nothing.
    convert_lead(ConvertLeadInput => letopis_domain::lead::ConvertLead) -> ConvertLeadPayload {
        /// The lead; its `conversion` leads to what it became.
        lead: Lead, by |command| command.lead
    } {
        /// The lead.
        lead: Given<LeadId>,
        /// The account: a new one, or one that exists.
        account: ConversionAccountInput,
        /// The contact; none is made when absent.
        contact: Option<ConversionContactInput>,
        /// The opportunity; none is opened when absent.
        opportunity: Option<ConversionOpportunityInput>,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
    }
}

/// The account of a conversion.
#[derive(async_graphql::OneofObject, Debug)]
pub enum ConversionAccountInput {
    /// An account that exists.
    Existing(Given<AccountId>),
    /// A new account; what is absent is taken from the lead.
    New(NewConversionAccountInput),
}

/// A new account of a conversion.
#[derive(async_graphql::InputObject, Debug)]
pub struct NewConversionAccountInput {
    /// The new account's id, or a UUID; made when absent.
    pub account: Fresh<AccountId>,
    /// The data subject of a company; a private customer keeps the lead's.
    pub subject: Fresh<SubjectId>,
    /// Company or private customer.
    pub kind: AccountKind,
    /// Its name; when absent the lead's company, and of a private customer the lead's person. A company never takes a
    /// person's name: without either `REQUIRED`.
    pub name: Option<String>,
}

/// The contact of a conversion.
#[derive(async_graphql::OneofObject, Debug)]
pub enum ConversionContactInput {
    /// A contact that exists; its filled fields are not overwritten.
    Existing(Given<ContactId>),
    /// A new contact with the lead's name, contact data and data subject.
    New(NewConversionContactInput),
}

/// A new contact of a conversion.
#[derive(async_graphql::InputObject, Debug)]
pub struct NewConversionContactInput {
    /// The new contact's id, or a UUID; made when absent.
    pub contact: Fresh<ContactId>,
}

input! {
    /// The opportunity of a conversion.
    ConversionOpportunityInput => letopis_domain::lead::ConversionOpportunity {
        /// The new opportunity's id, or a UUID; made when absent.
        opportunity: Fresh<OpportunityId>,
        /// The pipeline, whose current version is pinned.
        pipeline: Given<PipelineId>,
        /// The first stage; the pipeline's first when absent.
        stage: Option<String>,
        /// What it may be worth; the lead's amount when absent.
        amount: Option<MoneyInput>,
        /// When it is expected to close.
        expected_close: Option<Date>,
        /// A title.
        title: Option<String>,
    }
}

impl Accept<ConversionAccount> for ConversionAccountInput {
    fn accept(self, intake: &Intake<'_>, field: &'static str) -> Result<ConversionAccount, Problem> {
        let inside = |problem: Problem| problem.within(field);
        Ok(match self {
            Self::Existing(id) => ConversionAccount::Existing(id.accept(intake, "existing").map_err(inside)?),
            Self::New(new) => ConversionAccount::New {
                account: new.account.accept(intake, "account").map_err(inside)?,
                subject: new.subject.accept(intake, "subject").map_err(inside)?,
                kind: new.kind.into(),
                name: new.name.accept(intake, "name").map_err(inside)?,
            },
        })
    }
}

impl Accept<ConversionContact> for ConversionContactInput {
    fn accept(self, intake: &Intake<'_>, field: &'static str) -> Result<ConversionContact, Problem> {
        let inside = |problem: Problem| problem.within(field);
        Ok(match self {
            Self::Existing(id) => ConversionContact::Existing(id.accept(intake, "existing").map_err(inside)?),
            Self::New(new) => ConversionContact::New(new.contact.accept(intake, "contact").map_err(inside)?),
        })
    }
}
