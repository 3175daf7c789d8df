//! Events of opportunities.

use serde::{Deserialize, Serialize};

use crate::access::Withholding;
use crate::fact::fact;
use crate::ids::{AccountId, ContactId, EmployeeId, LeadId, OpportunityId};
use crate::lead::Comment;
use crate::pipeline::StageRef;
use crate::privacy::DataSubjects;
use crate::values::{Date, Money, Personal, PersonalValues, PlainText, WithAttributes};

/// What the deal is about.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct OpportunityDetails {
    /// A title.
    pub title: Option<PlainText>,
}
impl PersonalValues for OpportunityDetails {
    fn withhold(&mut self, withholding: &Withholding<'_>) {
        self.title.iter_mut().for_each(|text| withholding.words(text));
    }
}

/// An opportunity was opened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpportunityOpened {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// The customer.
    pub account: Option<AccountId>,
    /// The person on the customer's side.
    pub contact: Option<ContactId>,
    /// The lead it came from.
    pub origin_lead: Option<LeadId>,
    /// The first stage, which pins the pipeline's version.
    pub stage: StageRef,
    /// The seller.
    pub owner: Option<EmployeeId>,
    /// What it may be worth.
    pub amount: Option<Money>,
    /// When it is expected to close.
    pub expected_close: Option<Date>,
    /// The seller's probability, 0 to 100.
    pub probability_percent: Option<u8>,
    /// Version of the definitions that the attributes were checked against; 0 = there are none.
    pub attributes_version: u32,
    /// Whom the personal part is about: those of the customer, or somebody of the deal's own id.
    pub data_subjects: DataSubjects,
    /// What it is about, and custom attributes.
    #[serde(skip)]
    pub personal: Personal<WithAttributes<OpportunityDetails>>,
}
fact!(OpportunityOpened, personal WithAttributes<OpportunityDetails>, about data_subjects, |event, tags| {
    tags.add(&event.opportunity);
    tags.add_all(&event.account);
    tags.add_all(&event.contact);
    tags.add_all(&event.origin_lead);
    tags.add_all(&event.owner);
    tags.add(&event.stage.pipeline);
});

/// An opportunity moved to another stage, forward or back, perhaps of another pipeline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpportunityStageChanged {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// The stage left.
    pub from: StageRef,
    /// The stage entered.
    pub to: StageRef,
}
fact!(OpportunityStageChanged, |event, tags| {
    tags.add(&event.opportunity);
    tags.add_all(&event.employee);
    tags.add(&event.from.pipeline);
    tags.add(&event.to.pipeline);
});

/// The amount changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpportunityAmountRevised {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// Before.
    pub from: Option<Money>,
    /// Now.
    pub to: Option<Money>,
}
fact!(OpportunityAmountRevised, |event, tags| {
    tags.add(&event.opportunity);
    tags.add_all(&event.employee);
});

/// The expected close date changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpportunityExpectedCloseRevised {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// Before.
    pub from: Option<Date>,
    /// Now.
    pub to: Option<Date>,
}
fact!(OpportunityExpectedCloseRevised, |event, tags| {
    tags.add(&event.opportunity);
    tags.add_all(&event.employee);
});

/// The seller declared a probability.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpportunityProbabilityDeclared {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// Before, 0 to 100.
    pub from_percent: Option<u8>,
    /// Now, 0 to 100.
    pub to_percent: Option<u8>,
}
fact!(OpportunityProbabilityDeclared, |event, tags| {
    tags.add(&event.opportunity);
    tags.add_all(&event.employee);
});

/// An opportunity got another owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpportunityOwnerAssigned {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// The owner before.
    pub from: Option<EmployeeId>,
    /// The owner now.
    pub to: Option<EmployeeId>,
}
fact!(OpportunityOwnerAssigned, |event, tags| {
    tags.add(&event.opportunity);
    tags.add_all(&event.from);
    tags.add_all(&event.to);
});

/// An opportunity was won.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpportunityWon {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// The stage it was won from.
    pub stage: StageRef,
    /// The final amount.
    pub amount: Option<Money>,
}
fact!(OpportunityWon, |event, tags| {
    tags.add(&event.opportunity);
    tags.add_all(&event.employee);
    tags.add(&event.stage.pipeline);
});

/// A loss in words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LossDetails {
    /// Who won it instead: somebody, perhaps by name.
    pub competitor: Option<PlainText>,
    /// A comment.
    pub comment: Option<PlainText>,
}
impl PersonalValues for LossDetails {
    fn withhold(&mut self, withholding: &Withholding<'_>) {
        self.competitor.iter_mut().for_each(|text| withholding.words(text));
        self.comment.iter_mut().for_each(|text| withholding.words(text));
    }
}

/// An opportunity was lost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpportunityLost {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// The stage it was lost from.
    pub stage: StageRef,
    /// The amount at that moment.
    pub amount: Option<Money>,
    /// A key of the catalog of losses.
    pub reason: String,
    /// The catalog's version.
    pub catalog_version: u32,
    /// Whom the personal part is about.
    pub data_subjects: DataSubjects,
    /// The loss in words.
    #[serde(skip)]
    pub personal: Personal<LossDetails>,
}
fact!(OpportunityLost, personal LossDetails, about data_subjects, |event, tags| {
    tags.add(&event.opportunity);
    tags.add_all(&event.employee);
    tags.add(&event.stage.pipeline);
});

/// A closed opportunity was opened again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpportunityReopened {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// The stage it returns to.
    pub stage: StageRef,
    /// Whom the personal part is about.
    pub data_subjects: DataSubjects,
    /// The comment.
    #[serde(skip)]
    pub personal: Personal<Comment>,
}
fact!(OpportunityReopened, personal Comment, about data_subjects, |event, tags| {
    tags.add(&event.opportunity);
    tags.add_all(&event.employee);
    tags.add(&event.stage.pipeline);
});
