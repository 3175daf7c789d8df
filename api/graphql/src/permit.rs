//! Whether whoever asks may do what a command asks for: by duty, by the scopes of the credential, and to this very thing.

use letopis_domain::access::{Duty, duty};
use letopis_domain::command::Command;
use letopis_domain::ids::{AccountId, EmployeeId, LeadId, OpportunityId, SubjectId};
use letopis_identity::{Scope, Scopes};
use letopis_projections::{Sight, View, Viewer};
use uuid::Uuid;

use super::enums::UserErrorCode;
use super::ids::EntityId;
use super::mutation::UserError;
use crate::app::App;

/// Whether the id of a new data subject is that of somebody whom the viewer does not see: whoever records about them would.
pub fn is_taken(app: &App, seen: &View, id: SubjectId) -> bool {
    app.log.knows_tag(&id.tag()).unwrap_or(true) && seen.hides(SubjectId::PREFIX, id.0)
}

/// Whether the viewer may do it to this very thing, where the duty alone does not say so.
fn reaches(sight: &Sight, seen: &View, command: &Command) -> bool {
    let own =
        |employee: EmployeeId| matches!(sight.viewer(), Viewer::Employee { employee: own, .. } if *own == employee);
    match command {
        // Nobody takes the place of another by themselves, and nobody speaks for whom they do not reach.
        Command::DeclareAbsence(absence) => {
            own(absence.employee) || (seen.reaches(absence.employee) && !own(absence.substitute))
        }
        Command::EndAbsence(end) => {
            seen.absent_in(end.absence).is_none_or(|absent| own(absent) || seen.reaches(absent))
        }
        // What is seen for a task or through a part of it is not to be given away.
        Command::AssignLead(assign) => seen.owns(LeadId::PREFIX, assign.lead.0),
        Command::AssignAccountOwner(assign) => seen.owns(AccountId::PREFIX, assign.account.0),
        Command::AssignOpportunityOwner(assign) => seen.owns(OpportunityId::PREFIX, assign.opportunity.0),
        _ => true,
    }
}

/// Whether the viewer may do what the command asks for.
///
/// # Errors
/// The refusal, when not.
pub fn allow(sight: &Sight, seen: &View, scopes: Scopes, command: &Command) -> Result<(), UserError> {
    let duty = duty(command);
    let refused = |message: String| UserError { code: UserErrorCode::Forbidden, message, field: None, conflict: None };
    let scope = scope_of(duty);
    if !scopes.contains(scope) {
        return Err(refused(format!("the credential lacks the scope {scope}, and so may not {}", duty.in_words())));
    }
    // Everybody may say who stands in for them.
    let absent = match command {
        Command::DeclareAbsence(absence) => Some(absence.employee),
        Command::EndAbsence(end) => seen.absent_in(end.absence),
        _ => None,
    };
    let is_own = matches!(sight.viewer(), Viewer::Employee { employee, .. } if absent == Some(*employee));
    if sight.may(duty) || (is_own && sight.may(Duty::Record)) {
        let is_hidden = |(kind, id): (&str, Uuid)| seen.hides(kind, id);
        if sight.sees_everything() || reaches(sight, seen, command) || assigned(command).is_some_and(is_hidden) {
            return Ok(());
        }
        return Err(refused("that is for whoever reaches the owner, or the employee who is away".to_owned()));
    }
    let roles: Vec<&str> = sight.grants().iter().map(|(role, _)| role.as_str()).collect();
    let roles = if roles.is_empty() { "nobody without a role".to_owned() } else { roles.join(", ") };
    Err(refused(format!("{roles} may not {}", duty.in_words())))
}

/// What a command gives to somebody. One that is hidden is refused as absent, later.
fn assigned(command: &Command) -> Option<(&'static str, Uuid)> {
    match command {
        Command::AssignLead(assign) => Some((LeadId::PREFIX, assign.lead.0)),
        Command::AssignAccountOwner(assign) => Some((AccountId::PREFIX, assign.account.0)),
        Command::AssignOpportunityOwner(assign) => Some((OpportunityId::PREFIX, assign.opportunity.0)),
        _ => None,
    }
}

/// What a credential must be for.
const fn scope_of(duty: Duty) -> Scope {
    match duty {
        Duty::Receive | Duty::Record | Duty::Assign | Duty::Substitute => Scope::Record,
        Duty::Publish | Duty::Organize | Duty::Protect | Duty::Grant => Scope::Administer,
    }
}
