//! Take a role away.

use serde::{Deserialize, Serialize};

use super::RoleRevoked;
use super::grant_role::{TYPES, evolve_reach};
use super::role::{Reach, Role};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::EmployeeId;
use crate::known::{Known, References};
use crate::query::Query;

/// Take a role away.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeRole {
    /// Who loses it.
    pub employee: EmployeeId,
    /// The role.
    pub role: Role,
}

/// Whether the employee is there, and has the role.
#[derive(Clone, Default, Debug)]
pub struct State {
    known: Known,
    reach: Option<Reach>,
}

impl RevokeRole {
    fn references(&self) -> References {
        References::default().to("employee", self.employee)
    }
}

impl Decision for RevokeRole {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.employee, TYPES)
    }

    fn boundary(&self, _known: &State) -> Query {
        self.references().within(Query::about(&self.employee, TYPES))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.known.evolve(event);
        evolve_reach(&mut state.reach, self.employee, self.role, event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        state.known.check(&self.references())?;
        let revoked = RoleRevoked { employee: self.employee, role: self.role };
        Ok(if state.reach.is_some() { vec![revoked.into()] } else { Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::GrantRole;
    use crate::fixtures::{SELLER, company};
    use crate::refusal::RefusalCode;
    use crate::testing::id;

    #[test]
    fn only_a_role_that_is_held_is_revoked() {
        let revoke = RevokeRole { employee: id(SELLER), role: Role::Manager };
        let grant = GrantRole { employee: id(SELLER), role: Role::Manager, reach: None };
        let other = GrantRole { employee: id(SELLER), role: Role::Auditor, reach: None };
        let history = company().after(&other).when(&revoke).then_nothing().after(&grant);
        let revoked = RoleRevoked { employee: id(SELLER), role: Role::Manager };
        history.when(&revoke).then([revoked.into()]).when(&revoke).then_nothing();
    }

    #[test]
    fn a_stranger_has_no_role_to_lose() {
        company().when(&RevokeRole { employee: id(99), role: Role::Manager }).then_refused(RefusalCode::NotFound);
    }
}
