//! Roles: what each may see, do, and how far it reaches. This page is the policy.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::duty::Duty;
use super::fields::Fields;

/// What an employee is to the company's data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Sells: records what happens with the customers of their own.
    Representative,
    /// Leads sellers: sees what the team does, and hands out work.
    TeamLead,
    /// Manages: sees what the business unit does, and hands out work.
    Manager,
    /// Brings leads: sees where they come from and what becomes of them, neither money nor words.
    Marketing,
    /// Reads everything, the access log among it, and changes nothing.
    Auditor,
    /// Counts: sees everything without the people in it.
    Analyst,
    /// A machine that records, and reads what it recorded.
    Integration,
    /// Sees and does everything.
    Administrator,
}

/// Whose rows a role reaches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reach {
    /// Their own; of an integration, what it recorded.
    Own,
    /// Those of their team and of the teams below it.
    Team,
    /// Those of their business unit.
    Unit,
    /// Everybody's, and nobody's.
    All,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] = &[
        Self::Representative,
        Self::TeamLead,
        Self::Manager,
        Self::Marketing,
        Self::Auditor,
        Self::Analyst,
        Self::Integration,
        Self::Administrator,
    ];

    /// The role as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Representative => "REPRESENTATIVE",
            Self::TeamLead => "TEAM_LEAD",
            Self::Manager => "MANAGER",
            Self::Marketing => "MARKETING",
            Self::Auditor => "AUDITOR",
            Self::Analyst => "ANALYST",
            Self::Integration => "INTEGRATION",
            Self::Administrator => "ADMINISTRATOR",
        }
    }

    /// How far it reaches where nobody says otherwise.
    #[must_use]
    pub const fn usual_reach(self) -> Reach {
        match self {
            Self::Representative | Self::Integration => Reach::Own,
            Self::TeamLead => Reach::Team,
            Self::Manager => Reach::Unit,
            Self::Marketing | Self::Auditor | Self::Analyst | Self::Administrator => Reach::All,
        }
    }

    /// Whether it can be granted with this reach: an administrator with less than everything could give themselves the
    /// rest, and an integration is held to what it recorded.
    #[must_use]
    pub const fn may_reach(self, reach: Reach) -> bool {
        match self {
            Self::Administrator => matches!(reach, Reach::All),
            Self::Integration => matches!(reach, Reach::Own),
            _ => true,
        }
    }

    /// What it sees of the rows that it reaches.
    #[must_use]
    pub const fn fields(self) -> Fields {
        match self {
            Self::Representative
            | Self::TeamLead
            | Self::Manager
            | Self::Auditor
            | Self::Integration
            | Self::Administrator => Fields::EVERYTHING,
            Self::Marketing => Fields::ROW.and(Fields::PERSONAL),
            Self::Analyst => Fields::ROW.and(Fields::MONEY),
        }
    }

    /// Whether it may do what a duty asks for.
    #[must_use]
    pub const fn has(self, duty: Duty) -> bool {
        match self {
            Self::Administrator => true,
            Self::Manager | Self::TeamLead => {
                matches!(duty, Duty::Receive | Duty::Record | Duty::Assign | Duty::Substitute)
            }
            Self::Representative | Self::Integration => matches!(duty, Duty::Receive | Duty::Record),
            Self::Marketing => matches!(duty, Duty::Receive),
            Self::Auditor | Self::Analyst => false,
        }
    }

    /// Whether it reads the access log.
    #[must_use]
    pub const fn reads_access_log(self) -> bool {
        matches!(self, Self::Auditor | Self::Administrator)
    }
}

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no role '{0}': it is one of representative, team-lead, manager, marketing, auditor, analyst, integration, administrator"
)]
pub struct UnknownRole(String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        let wanted = text.replace('-', "_");
        let found = Self::ALL.iter().find(|role| role.as_str().eq_ignore_ascii_case(&wanted));
        found.copied().ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_read_back_from_its_name() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(*role));
            assert_eq!(role.as_str().to_lowercase().replace('_', "-").parse(), Ok(*role));
            assert!(role.may_reach(role.usual_reach()));
        }
        assert!("boss".parse::<Role>().is_err());
    }

    #[test]
    fn who_only_reads_has_no_duty() {
        for duty in Duty::ALL {
            assert!(!Role::Auditor.has(*duty) && !Role::Analyst.has(*duty), "{duty:?}");
        }
    }
}
