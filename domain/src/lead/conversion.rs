//! What a conversion makes of a lead: account, contact and opportunity.

use serde::{Deserialize, Serialize};

use crate::account::{AccountCreated, AccountDetails, AccountKind};
use crate::common::Common;
use crate::contact::{Contact, ContactCreated, ContactDetails, ContactUpdated};
use crate::ids::{AccountId, ContactId, EmployeeId, OpportunityId, PipelineId, SubjectId, Tagged};
use crate::lead::{Lead, LeadDetails};
use crate::limits;
use crate::opportunity::{OpportunityDetails, OpportunityOpened};
use crate::pipeline::StageRef;
use crate::privacy::DataSubjects;
use crate::values::{Attributes, Date, Money, PersonName, Personal, PlainText};

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
        /// Its name; none = the lead's company. Only a private customer is named after the lead's person.
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
    /// A new contact with the lead's name, contact data and data subject. Unlike elsewhere the name may be lacking:
    /// an inquiry of which only a phone number is known is worth a contact.
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

impl ConversionAccount {
    /// The account, whichever it is.
    pub(super) const fn id(&self) -> AccountId {
        match self {
            Self::Existing(account) | Self::New { account, .. } => *account,
        }
    }
}

impl ConversionContact {
    /// The contact, whichever it is.
    pub(super) const fn id(&self) -> ContactId {
        match self {
            Self::Existing(contact) | Self::New(contact) => *contact,
        }
    }
}

/// A lead on its way: what account, contact and opportunity take from it.
pub(super) struct Origin<'a> {
    /// The lead.
    pub(super) lead: &'a Lead,
    /// Who looks after what becomes of it.
    pub(super) owner: Option<EmployeeId>,
}

impl Origin<'_> {
    /// The new account. A private customer is the lead's person, with the lead's data subject.
    pub(super) fn account(
        &self,
        account: AccountId,
        subject: SubjectId,
        kind: AccountKind,
        name: Option<&PersonName>,
    ) -> Result<AccountCreated, Common> {
        let (subject, details) = match kind {
            AccountKind::Private => (self.lead.subject, self.private_customer(name)?),
            AccountKind::Company => (subject, self.company(name)?),
        };
        limits::name("account.name", details.name.reveal())?;
        Ok(AccountCreated {
            account,
            subject,
            kind,
            owner: self.owner,
            parent: None,
            origin_lead: Some(self.lead.id),
            attributes_version: 0,
            personal: Personal::with_attributes(details, Attributes::new()),
        })
    }

    /// The new contact, who is the lead's person.
    pub(super) fn contact(&self, contact: ContactId, account: AccountId) -> Result<ContactCreated, Common> {
        let lead = self.details()?;
        let details = ContactDetails {
            name: lead.name.clone().unwrap_or_default(),
            emails: lead.emails.clone(),
            phones: lead.phones.clone(),
            role: None,
        };
        Ok(ContactCreated {
            contact,
            subject: self.lead.subject,
            account: Some(account),
            owner: self.owner,
            origin_lead: Some(self.lead.id),
            attributes_version: 0,
            personal: Personal::with_attributes(details, Attributes::new()),
        })
    }

    /// The change of an existing contact: what was empty is filled, what was filled stays; none = nothing to fill.
    pub(super) fn fill(&self, contact: &Contact, account: AccountId) -> Option<ContactUpdated> {
        let before = contact.personal.known()?;
        let mut after = before.clone();
        if let Personal::Known(lead) = &self.lead.personal {
            after.name = filled(&before.name, lead.name.as_ref());
            if after.emails.is_empty() {
                after.emails.clone_from(&lead.emails);
            }
            if after.phones.is_empty() {
                after.phones.clone_from(&lead.phones);
            }
        }
        if after == *before && contact.account.is_some() {
            return None;
        }
        Some(ContactUpdated {
            contact: contact.id,
            subject: contact.subject,
            account_before: contact.account,
            account: contact.account.or(Some(account)),
            personal: Personal::Known(after),
        })
    }

    /// The new opportunity.
    pub(super) fn opportunity(
        &self,
        wanted: &ConversionOpportunity,
        stage: StageRef,
        account: AccountId,
        contact: Option<ContactId>,
        data_subjects: DataSubjects,
    ) -> OpportunityOpened {
        let details = OpportunityDetails { title: wanted.title.clone() };
        OpportunityOpened {
            opportunity: wanted.opportunity,
            account: Some(account),
            contact,
            origin_lead: Some(self.lead.id),
            stage,
            owner: self.owner,
            amount: wanted.amount.or(self.lead.amount),
            expected_close: wanted.expected_close,
            probability_percent: None,
            attributes_version: 0,
            data_subjects,
            personal: Personal::with_attributes(details, Attributes::new()),
        }
    }

    fn private_customer(&self, name: Option<&PersonName>) -> Result<AccountDetails, Common> {
        let lead = self.details()?;
        let name = name.or(lead.name.as_ref()).or(lead.company.as_ref()).cloned().unwrap_or_default();
        Ok(AccountDetails { name, emails: lead.emails.clone(), phones: lead.phones.clone() })
    }

    /// Name, addresses and numbers of the lead are those of a person, so a company does not take them.
    fn company(&self, name: Option<&PersonName>) -> Result<AccountDetails, Common> {
        let name = match name {
            Some(name) => name.clone(),
            None => self.details()?.company.clone().unwrap_or_default(),
        };
        Ok(AccountDetails { name, emails: Vec::new(), phones: Vec::new() })
    }

    fn details(&self) -> Result<&LeadDetails, Common> {
        self.lead.personal.known().ok_or_else(|| Common::Erased { field: "lead", tag: self.lead.id.tag() })
    }
}

fn filled(before: &PersonName, lead: Option<&PersonName>) -> PersonName {
    if before.reveal().trim().is_empty() { lead.unwrap_or(before).clone() } else { before.clone() }
}
