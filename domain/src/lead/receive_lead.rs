//! Record that a lead arrived.

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, LeadId, SubjectId};
use crate::values::{Attributes, Email, Money, PersonName, Phone, PlainText};

/// Record that a lead arrived.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiveLead {
    /// The new lead.
    pub lead: LeadId,
    /// The data subject.
    pub subject: SubjectId,
    /// Where it came from.
    #[serde(default)]
    pub source: Option<String>,
    /// By which channel.
    #[serde(default)]
    pub channel: Option<String>,
    /// The campaign that brought it.
    #[serde(default)]
    pub campaign: Option<String>,
    /// The first owner.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
    /// What it may be worth.
    #[serde(default)]
    pub amount: Option<Money>,
    /// The person.
    #[serde(default)]
    pub name: Option<PersonName>,
    /// The company they named.
    #[serde(default)]
    pub company: Option<PersonName>,
    /// E-mail addresses.
    #[serde(default)]
    pub emails: Vec<Email>,
    /// Phone numbers.
    #[serde(default)]
    pub phones: Vec<Phone>,
    /// What they asked for.
    #[serde(default)]
    pub message: Option<PlainText>,
    /// Custom attributes, checked against the published definitions.
    #[serde(default)]
    pub attributes: Attributes,
}
