//! Grant a role, or change how far it reaches (R64, R98).

use serde::{Deserialize, Serialize};

use super::role::{Reach, Role};
use super::{RoleGranted, RoleRevoked};
use crate::common::rejection;
use crate::decision::{Circumstances, Decision};
use crate::employee::{EmployeeHired, EmployeeKind};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::EmployeeId;
use crate::known::{Known, References};
use crate::query::Query;

/// Grant a role, or change how far it reaches (R64, R98).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantRole {
    /// Who gets it.
    pub employee: EmployeeId,
    /// The role.
    pub role: Role,
    /// How far it reaches; none = as far as the role usually does.
    #[serde(default)]
    pub reach: Option<Reach>,
}

rejection! {
    /// The role does not come with this reach.
    Reach { role: &'static str, reach: Reach } => InvalidValue, "reach",
        "the role {role} cannot reach {reach:?}: an administrator reaches everything, an integration its own";
    /// An integration is a machine.
    NoMachine => InvalidValue, "role", "INTEGRATION is for employees of the kind SYSTEM";
}

/// Whether the employee is there, and which reach the role has for them.
#[derive(Clone, Default, Debug)]
pub struct State {
    known: Known,
    is_machine: bool,
    reach: Option<Reach>,
}

/// The events that tell whether an employee has a role.
pub(super) const TYPES: &[EventType] = &[EventType::RoleGranted, EventType::RoleRevoked];

/// Folds the reach of one role of one employee.
pub(super) fn evolve_reach(reach: &mut Option<Reach>, employee: EmployeeId, role: Role, event: &Recorded) {
    if RoleGranted::of(&event.event).is_some_and(|granted| (granted.employee, granted.role) == (employee, role)) {
        *reach = RoleGranted::of(&event.event).map(|granted| granted.reach);
    }
    if RoleRevoked::of(&event.event).is_some_and(|revoked| (revoked.employee, revoked.role) == (employee, role)) {
        *reach = None;
    }
}

impl GrantRole {
    fn references(&self) -> References {
        References::default().to_employed("employee", Some(self.employee))
    }
}

impl Decision for GrantRole {
    type State = State;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Query::about(&self.employee, TYPES)
    }

    fn boundary(&self, _known: &State) -> Query {
        self.references().within(Query::about(&self.employee, TYPES))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.known.evolve(event);
        state.is_machine |= EmployeeHired::of(&event.event).is_some_and(|hired| hired.kind == EmployeeKind::System);
        evolve_reach(&mut state.reach, self.employee, self.role, event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        state.known.check(&self.references())?;
        let reach = self.reach.unwrap_or(self.role.usual_reach());
        if !self.role.may_reach(reach) {
            return Err(Rejection::Reach { role: self.role.as_str(), reach });
        }
        if self.role == Role::Integration && !state.is_machine {
            return Err(Rejection::NoMachine);
        }
        if state.reach == Some(reach) {
            return Ok(Vec::new());
        }
        Ok(vec![RoleGranted { employee: self.employee, role: self.role, reach }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::RevokeRole;
    use crate::employee::{HireEmployee, ReleaseEmployee};
    use crate::fixtures::{SELLER, company};
    use crate::refusal::RefusalCode;
    use crate::testing::id;

    fn grant(role: Role, reach: Option<Reach>) -> GrantRole {
        GrantRole { employee: id(SELLER), role, reach }
    }

    #[test]
    fn a_role_reaches_as_far_as_it_usually_does_unless_somebody_says_otherwise() {
        let lead = |reach| RoleGranted { employee: id(SELLER), role: Role::TeamLead, reach };
        let history = company().when(&grant(Role::TeamLead, None)).then([lead(Reach::Team).into()]);
        let history = history.when(&grant(Role::TeamLead, Some(Reach::Unit))).then([lead(Reach::Unit).into()]);
        history.when(&grant(Role::TeamLead, Some(Reach::Unit))).then_nothing();
    }

    #[test]
    fn a_role_that_was_revoked_can_be_granted_again() {
        let manager = grant(Role::Manager, None);
        let revoke = RevokeRole { employee: id(SELLER), role: Role::Manager };
        company().after(&manager).after(&revoke).when(&manager).then_accepted();
        company().after(&manager).after(&grant(Role::Auditor, None)).when(&manager).then_nothing();
    }

    #[test]
    fn an_administrator_reaches_everything_and_an_integration_its_own() {
        for (role, reach) in [(Role::Administrator, Reach::Own), (Role::Integration, Reach::All)] {
            let refused = company().when(&grant(role, Some(reach))).then_refused(RefusalCode::InvalidValue);
            assert_eq!(refused.field.as_deref(), Some("reach"));
        }
    }

    #[test]
    fn an_integration_is_a_machine() {
        let name = "telephony".into();
        let machine = HireEmployee { employee: id(80), kind: EmployeeKind::System, team: None, name };
        let integration = GrantRole { employee: id(80), role: Role::Integration, reach: None };
        company().after(&machine).when(&integration).then_accepted();
        company().when(&grant(Role::Integration, None)).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn who_left_or_is_unknown_gets_no_role() {
        let stranger = GrantRole { employee: id(99), role: Role::Manager, reach: None };
        company().when(&stranger).then_refused(RefusalCode::NotFound);
        let left = company().after(&ReleaseEmployee { employee: id(SELLER) });
        left.when(&grant(Role::Manager, None)).then_refused(RefusalCode::InvalidState);
    }
}
