//! Convert a lead into account, contact and opportunity, atomically (R21).

use serde::{Deserialize, Serialize};

use crate::account::AccountKind;
use crate::ids::{AccountId, ContactId, EmployeeId, LeadId, OpportunityId, PipelineId, SubjectId};
use crate::values::{Date, Money, PersonName, PlainText};

/// Convert a lead into account, contact and opportunity, atomically (R21).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvertLead {
    /// The lead.
    pub lead: LeadId,
    /// The account: a new id, or an existing account to match.
    pub account: ConversionAccount,
    /// The contact; none = no contact is made.
    #[serde(default)]
    pub contact: Option<ConversionContact>,
    /// The opportunity; none = none is opened.
    #[serde(default)]
    pub opportunity: Option<ConversionOpportunity>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}

/// The account of a conversion.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum ConversionAccount {
    /// An account that exists.
    Existing(AccountId),
    /// A new account; what is absent is taken from the lead.
    New {
        /// Its id.
        account: AccountId,
        /// The data subject of a company; a private customer keeps the lead's.
        subject: SubjectId,
        /// Company or private customer.
        kind: AccountKind,
        /// Its name; none = the lead's company, or else its person.
        #[serde(default)]
        name: Option<PersonName>,
    },
}

/// The contact of a conversion.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum ConversionContact {
    /// A contact that exists; its filled fields are not overwritten.
    Existing(ContactId),
    /// A new contact with the lead's name, contact data and data subject.
    New(ContactId),
}

/// The opportunity of a conversion.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConversionOpportunity {
    /// Its id.
    pub opportunity: OpportunityId,
    /// The pipeline, whose current version is pinned.
    pub pipeline: PipelineId,
    /// The first stage; none = the pipeline's first.
    #[serde(default)]
    pub stage: Option<String>,
    /// What it may be worth; none = the lead's amount.
    #[serde(default)]
    pub amount: Option<Money>,
    /// When it is expected to close.
    #[serde(default)]
    pub expected_close: Option<Date>,
    /// A title.
    #[serde(default)]
    pub title: Option<PlainText>,
}
