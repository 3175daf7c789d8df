//! Commands on rights.

use letopis_domain::ids::{AbsenceId, EmployeeId};

use super::Absence;
use crate::company::Employee;
use crate::enums::{Reach, Role};
use crate::ids::Given;
use crate::intake::{Fresh, PeriodInput};
use crate::mutation::mutations;

mutations! {
    /// Commands on rights.
    AccessMutations;

    /// Grants a role to an employee, or changes how far it reaches. For administrators.
    grant_role(GrantRoleInput => letopis_domain::access::GrantRole) -> GrantRolePayload {
        /// The employee.
        employee: Employee, by |command| command.employee
    } {
        /// Who gets it.
        employee: Given<EmployeeId>,
        /// The role.
        role: Role,
        /// How far it reaches; as far as the role usually does when absent.
        reach: Option<Reach>,
    }

    /// Takes a role from an employee. For administrators.
    revoke_role(RevokeRoleInput => letopis_domain::access::RevokeRole) -> RevokeRolePayload {
        /// The employee.
        employee: Employee, by |command| command.employee
    } {
        /// Who loses it.
        employee: Given<EmployeeId>,
        /// The role.
        role: Role,
    }

    /// Declares that an employee is away and who stands in: meanwhile the substitute sees what the employee owns.
    /// Everybody who records may do it for themselves; team leads, managers and administrators for others.
    declare_absence(DeclareAbsenceInput => letopis_domain::access::DeclareAbsence) -> DeclareAbsencePayload {
        /// The absence.
        absence: Absence, by |command| command.absence
    } {
        /// The new absence's id, or a UUID; made when absent.
        absence: Fresh<AbsenceId>,
        /// Who is away.
        employee: Given<EmployeeId>,
        /// Who stands in.
        substitute: Given<EmployeeId>,
        /// From when to when; without an end until it is ended.
        period: PeriodInput,
    }

    /// Ends an absence, or calls it off.
    end_absence(EndAbsenceInput => letopis_domain::access::EndAbsence) -> EndAbsencePayload {
        /// The absence.
        absence: Absence, by |command| command.absence
    } {
        /// The absence.
        absence: Given<AbsenceId>,
    }
}
