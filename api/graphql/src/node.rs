//! Relay's `Node`: any entity by its global id.

use async_graphql::{Context, ID, Interface, Object};
use letopis_domain::ids::{
    AbsenceId, AccountId, ActivityId, AgreementId, BusinessUnitId, ContactId, EmployeeId, LeadId, LegalHoldId,
    OpportunityId, PipelineId, Position, ReservationId, SubjectId, TaskId, TeamId,
};

use letopis_projections::View;

use super::access::Absence;
use super::account::Account;
use super::activity::Activity;
use super::agreement::{Agreement, Reservation};
use super::as_of::{self, AsOf};
use super::company::{BusinessUnit, Employee, Team};
use super::contact::Contact;
use super::event::RecordedEvent;
use super::ids::{event_position, split};
use super::lead::Lead;
use super::mutation::Subject;
use super::opportunity::Opportunity;
use super::pipeline::Pipeline;
use super::privacy::{DataSubject, LegalHold};
use super::task::Task;
use crate::context::seen;
use crate::error::{FieldError, FieldResult};

/// Anything with a global id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its global id."))]
pub enum Node {
    /// An absence.
    Absence(Absence),
    /// An account.
    Account(Account),
    /// An activity.
    Activity(Activity),
    /// An agreement.
    Agreement(Agreement),
    /// A business unit.
    BusinessUnit(BusinessUnit),
    /// A contact.
    Contact(Contact),
    /// A data subject.
    DataSubject(DataSubject),
    /// An employee.
    Employee(Employee),
    /// An event.
    RecordedEvent(RecordedEvent),
    /// A lead.
    Lead(Lead),
    /// A legal hold.
    LegalHold(LegalHold),
    /// An opportunity.
    Opportunity(Opportunity),
    /// A pipeline.
    Pipeline(Pipeline),
    /// A reservation.
    Reservation(Reservation),
    /// A task.
    Task(Task),
    /// A team.
    Team(Team),
}

fn load(seen: &View, text: &str) -> Result<Option<Node>, FieldError> {
    fn of<S: Subject>(seen: &View, key: S::Key, wrap: fn(S) -> Node) -> Result<Option<Node>, FieldError> {
        Ok(S::load(seen, key)?.map(wrap))
    }
    if let Some(position) = event_position(text) {
        return Ok(RecordedEvent::at(seen, position)?.map(Node::RecordedEvent));
    }
    let Some((kind, id)) = split(text) else { return Ok(None) };
    match kind.as_str() {
        AbsenceId::PREFIX => of(seen, AbsenceId(id), Node::Absence),
        AccountId::PREFIX => of(seen, AccountId(id), Node::Account),
        ActivityId::PREFIX => of(seen, ActivityId(id), Node::Activity),
        AgreementId::PREFIX => of(seen, AgreementId(id), Node::Agreement),
        BusinessUnitId::PREFIX => of(seen, BusinessUnitId(id), Node::BusinessUnit),
        ContactId::PREFIX => of(seen, ContactId(id), Node::Contact),
        EmployeeId::PREFIX => of(seen, EmployeeId(id), Node::Employee),
        LeadId::PREFIX => of(seen, LeadId(id), Node::Lead),
        LegalHoldId::PREFIX => of(seen, LegalHoldId(id), Node::LegalHold),
        OpportunityId::PREFIX => of(seen, OpportunityId(id), Node::Opportunity),
        PipelineId::PREFIX => of(seen, PipelineId(id), Node::Pipeline),
        ReservationId::PREFIX => of(seen, ReservationId(id), Node::Reservation),
        SubjectId::PREFIX => of(seen, SubjectId(id), Node::DataSubject),
        TaskId::PREFIX => of(seen, TaskId(id), Node::Task),
        TeamId::PREFIX => of(seen, TeamId(id), Node::Team),
        _ => Ok(None),
    }
}

/// The entity of a global id as of a position; null when there is none.
pub fn find(context: &Context<'_>, id: &str, at: Position) -> Option<FieldResult<Node>> {
    let found = seen(context, at).and_then(|seen| load(&seen, id).map_err(Into::into));
    found.transpose()
}

/// Look-ups of any entity.
#[derive(Default)]
pub struct NodeQueries;

/// Look-ups of any entity.
#[Object]
impl NodeQueries {
    /// The entity of a global id; null when there is none.
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A global id.")] id: ID,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> Option<FieldResult<Node>> {
        let found = async {
            let at = as_of::position(context, as_of).await?;
            Ok(load(&seen(context, at)?, &id)?)
        };
        found.await.transpose()
    }

    /// The entities of several global ids, in their order; null where there is none.
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Global ids, at most 100.")] ids: Vec<ID>,
        #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<AsOf>,
    ) -> FieldResult<Vec<Option<Node>>> {
        if ids.len() > crate::limits::PAGE_SIZE_MAX {
            let message = format!("{} ids are asked for, and {} are allowed", ids.len(), crate::limits::PAGE_SIZE_MAX);
            return Err(FieldError::Input(message).into());
        }
        let at = as_of::position(context, as_of).await?;
        let seen = seen(context, at)?;
        ids.iter().map(|id| load(&seen, id).map_err(Into::into)).collect()
    }
}
