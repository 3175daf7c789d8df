//! Open an opportunity in a stage of a pipeline.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ContactId, EmployeeId, OpportunityId, PipelineId};
use crate::values::{Attributes, Date, Money, PlainText};

/// Open an opportunity in a stage of a pipeline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenOpportunity {
    /// The new opportunity.
    pub opportunity: OpportunityId,
    /// The customer.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The person on the customer's side.
    #[serde(default)]
    pub contact: Option<ContactId>,
    /// The pipeline, whose current version is pinned.
    pub pipeline: PipelineId,
    /// The first stage; none = the pipeline's first.
    #[serde(default)]
    pub stage: Option<String>,
    /// A title.
    #[serde(default)]
    pub title: Option<PlainText>,
    /// The seller.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
    /// What it may be worth.
    #[serde(default)]
    pub amount: Option<Money>,
    /// When it is expected to close.
    #[serde(default)]
    pub expected_close: Option<Date>,
    /// The seller's probability, 0 to 100.
    #[serde(default)]
    pub probability_percent: Option<u8>,
    /// Custom attributes, checked against the published definitions.
    #[serde(default)]
    pub attributes: Attributes,
}
