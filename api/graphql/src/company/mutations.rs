//! Commands on the company.

use letopis_domain::ids::{BusinessUnitId, EmployeeId, TeamId};

use super::{BusinessUnit, Company, CompanyKey, Employee, Team};
use crate::enums::EmployeeKind;
use crate::ids::Given;
use crate::intake::Fresh;
use crate::mutation::mutations;
use crate::scalars::TimeZone;

mutations! {
    /// Commands on the company.
    CompanyMutations;

    /// Publishes the name of the company and the zone in which its days are counted.
    publish_company_profile(
        PublishCompanyProfileInput => letopis_domain::employee::PublishCompanyProfile
    ) -> PublishCompanyProfilePayload {
        /// The company.
        company: Company, by |_command| CompanyKey
    } {
        /// Name of the company.
        name: String,
        /// The zone in which its days and months are counted.
        time_zone: TimeZone,
    }

    /// Forms a business unit.
    form_business_unit(FormBusinessUnitInput => letopis_domain::employee::FormBusinessUnit) -> FormBusinessUnitPayload {
        /// The business unit.
        unit: BusinessUnit, by |command| command.unit
    } {
        /// The new unit's id, or a UUID; made when absent.
        unit: Fresh<BusinessUnitId>,
        /// Its name.
        name: String,
    }

    /// Forms a team.
    form_team(FormTeamInput => letopis_domain::employee::FormTeam) -> FormTeamPayload {
        /// The team.
        team: Team, by |command| command.team
    } {
        /// The new team's id, or a UUID; made when absent.
        team: Fresh<TeamId>,
        /// Its name.
        name: String,
        /// The team above it.
        parent: Option<Given<TeamId>>,
        /// The business unit it belongs to.
        unit: Option<Given<BusinessUnitId>>,
    }

    /// Registers an employee, human or system.
    hire_employee(HireEmployeeInput => letopis_domain::employee::HireEmployee) -> HireEmployeePayload {
        /// The employee.
        employee: Employee, by |command| command.employee
    } {
        /// The new employee's id, or a UUID; made when absent.
        employee: Fresh<EmployeeId>,
        /// Person or machine.
        kind: EmployeeKind,
        /// The first team.
        team: Option<Given<TeamId>>,
        /// The name.
        name: String,
    }

    /// Moves an employee to another team, or to none.
    transfer_employee(TransferEmployeeInput => letopis_domain::employee::TransferEmployee) -> TransferEmployeePayload {
        /// The employee.
        employee: Employee, by |command| command.employee
    } {
        /// The employee.
        employee: Given<EmployeeId>,
        /// The team to join; none when absent.
        team: Option<Given<TeamId>>,
    }

    /// Records that an employee left; what they did stays theirs.
    release_employee(ReleaseEmployeeInput => letopis_domain::employee::ReleaseEmployee) -> ReleaseEmployeePayload {
        /// The employee.
        employee: Employee, by |command| command.employee
    } {
        /// The employee.
        employee: Given<EmployeeId>,
    }
}
