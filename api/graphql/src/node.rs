//! Relay's `Node`: any entity by its global id.

use async_graphql::{Context, ID, Interface, Object};
use letopis_domain::ids::{
    AccountId, ActivityId, AgreementId, BusinessUnitId, ContactId, EmployeeId, LeadId, LegalHoldId, OpportunityId,
    PipelineId, Position, ReservationId, SubjectId, TaskId, TeamId,
};

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
use crate::app::App;
use crate::context::app;
use crate::error::{FieldError, FieldResult};

/// Anything with a global id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its global id."))]
pub enum Node {
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

fn load(app: &App, text: &str, at: Position) -> Result<Option<Node>, FieldError> {
    fn of<S: Subject>(app: &App, key: S::Key, at: Position, wrap: fn(S) -> Node) -> Result<Option<Node>, FieldError> {
        Ok(S::load(app, key, at)?.map(wrap))
    }
    if let Some(position) = event_position(text) {
        return Ok(RecordedEvent::at(app, position, at)?.map(Node::RecordedEvent));
    }
    let Some((kind, id)) = split(text) else { return Ok(None) };
    match kind.as_str() {
        AccountId::PREFIX => of(app, AccountId(id), at, Node::Account),
        ActivityId::PREFIX => of(app, ActivityId(id), at, Node::Activity),
        AgreementId::PREFIX => of(app, AgreementId(id), at, Node::Agreement),
        BusinessUnitId::PREFIX => of(app, BusinessUnitId(id), at, Node::BusinessUnit),
        ContactId::PREFIX => of(app, ContactId(id), at, Node::Contact),
        EmployeeId::PREFIX => of(app, EmployeeId(id), at, Node::Employee),
        LeadId::PREFIX => of(app, LeadId(id), at, Node::Lead),
        LegalHoldId::PREFIX => of(app, LegalHoldId(id), at, Node::LegalHold),
        OpportunityId::PREFIX => of(app, OpportunityId(id), at, Node::Opportunity),
        PipelineId::PREFIX => of(app, PipelineId(id), at, Node::Pipeline),
        ReservationId::PREFIX => of(app, ReservationId(id), at, Node::Reservation),
        SubjectId::PREFIX => of(app, SubjectId(id), at, Node::DataSubject),
        TaskId::PREFIX => of(app, TaskId(id), at, Node::Task),
        TeamId::PREFIX => of(app, TeamId(id), at, Node::Team),
        _ => Ok(None),
    }
}

/// The entity of a global id as of a position; null when there is none.
pub fn find(context: &Context<'_>, id: &str, at: Position) -> Option<FieldResult<Node>> {
    let found = app(context).and_then(|app| load(app, id, at).map_err(Into::into));
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
            Ok(load(app(context)?, &id, at)?)
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
        let app = app(context)?;
        ids.iter().map(|id| load(app, id, at).map_err(Into::into)).collect()
    }
}
