//! Set a lead aside until a date (R24).

use serde::{Deserialize, Serialize};

use crate::ids::{EmployeeId, LeadId};
use crate::values::{Date, PlainText};

/// Set a lead aside until a date (R24).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecycleLead {
    /// The lead.
    pub lead: LeadId,
    /// A key of the current catalog of lead recyclings.
    pub reason: String,
    /// When to come back to it.
    #[serde(default)]
    pub revisit_on: Option<Date>,
    /// A comment in free words.
    #[serde(default)]
    pub comment: Option<PlainText>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}
