//! Form a team.

use serde::{Deserialize, Serialize};

use crate::ids::{BusinessUnitId, TeamId};

/// Form a team.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormTeam {
    /// The new team.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// The team above it.
    #[serde(default)]
    pub parent: Option<TeamId>,
    /// The business unit it belongs to.
    #[serde(default)]
    pub unit: Option<BusinessUnitId>,
}
