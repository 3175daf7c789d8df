//! Opportunities as clients see them.

use async_graphql::{Context, ID, Object};
use letopis_domain::ids::Position as LogPosition;
use letopis_domain::opportunity as domain;
use letopis_projections::reports::timeline::TimelineOf;

use crate::account::Account;
use crate::as_of::AsOf;
use crate::company::Employee;
use crate::contact::Contact;
use crate::enums::OpportunityStatus;
use crate::error::FieldResult;
use crate::event_type::EventType;
use crate::ids::global;
use crate::lead::Lead;
use crate::lists::Slice;
use crate::object::{link, object, words};
use crate::pipeline::PinnedStage;
use crate::privacy::DataSubject;
use crate::scalars::{Date, DateTime, Position};
use crate::timeline::{TimelineArguments, TimelineConnection};
use crate::values::{Attribute, Money, attributes};

object! {
    /// A deal.
    Opportunity of domain::Opportunity
}

/// A deal on its way through a pipeline.
#[Object]
impl Opportunity {
    /// Its global id.
    pub async fn id(&self) -> ID {
        global(self.state.id)
    }

    /// The position that it is shown as of.
    async fn position(&self) -> Position {
        Position(self.at)
    }

    /// The position of its newest event: what to pass as `expectedPosition`.
    async fn changed(&self) -> Position {
        Position(self.changed)
    }

    /// Open, won or lost.
    async fn status(&self) -> OpportunityStatus {
        self.state.status.into()
    }

    /// What it is about; `erased` once the personal data is.
    async fn title(&self) -> Option<String> {
        words(&self.state.title)
    }

    /// The stage it is in, or was closed from.
    async fn stage(&self) -> PinnedStage {
        PinnedStage::new(self.state.stage.clone(), self.at)
    }

    /// Every stay in a stage, oldest first.
    async fn stage_history(&self) -> Vec<StageStay> {
        self.state.stage_history.iter().map(|state| StageStay { state: state.clone(), at: self.at }).collect()
    }

    /// The customer.
    async fn account(&self, context: &Context<'_>) -> Option<FieldResult<Account>> {
        link(context, self.state.account, self.at)
    }

    /// The person on the customer's side.
    async fn contact(&self, context: &Context<'_>) -> Option<FieldResult<Contact>> {
        link(context, self.state.contact, self.at)
    }

    /// The lead it came from.
    async fn origin_lead(&self, context: &Context<'_>) -> Option<FieldResult<Lead>> {
        link(context, self.state.origin_lead, self.at)
    }

    /// The seller.
    async fn owner(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.state.owner, self.at)
    }

    /// Whose data a deal without a customer holds; null where it is about a customer, who has one of their own.
    async fn data_subject(&self, context: &Context<'_>) -> Option<FieldResult<DataSubject>> {
        link(context, self.state.own_subject(), self.at)
    }

    /// Whether what is personal about it was erased.
    async fn is_erased(&self) -> bool {
        let state = &self.state;
        state.title.is_erased() || state.attributes.is_erased() || state.loss_comment.is_erased()
    }

    /// What it may be worth, or was won for.
    async fn amount(&self) -> Option<Money> {
        self.state.amount.map(Into::into)
    }

    /// When it is expected to close.
    async fn expected_close(&self) -> Option<Date> {
        self.state.expected_close.map(Date)
    }

    /// The probability that the seller declared last, 0 to 100.
    async fn probability_percent(&self) -> Option<u8> {
        self.state.probability_percent
    }

    /// Every declared probability, oldest first.
    async fn probability_history(&self) -> Vec<ProbabilityDeclaration> {
        let declared = self.state.probability_history.iter();
        declared.map(|state| ProbabilityDeclaration { state: state.clone(), at: self.at }).collect()
    }

    /// When it was opened.
    async fn opened_at(&self) -> Option<DateTime> {
        self.state.opened_at.map(DateTime)
    }

    /// When it was won or lost; null while open.
    async fn closed_at(&self) -> Option<DateTime> {
        self.state.closed_at.map(DateTime)
    }

    /// Why it was lost: a key of the catalog of losses.
    async fn loss_reason(&self) -> Option<&str> {
        self.state.loss_reason.as_deref()
    }

    /// Who won it instead; `erased` once the personal data is.
    async fn competitor(&self) -> Option<String> {
        words(&self.state.competitor)
    }

    /// The comment on the loss; `erased` once the personal data is.
    async fn loss_comment(&self) -> Option<String> {
        words(&self.state.loss_comment)
    }

    /// Custom attributes; none once the personal data is erased.
    async fn attributes(&self) -> Vec<Attribute> {
        attributes(&self.state.attributes)
    }

    /// What happened with the deal, in the order in which it happened.
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the schema")]
    async fn timeline(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only events of these types.")] types: Option<Vec<EventType>>,
        #[graphql(desc = "Only what happened at or after this instant.")] from: Option<DateTime>,
        #[graphql(desc = "Only what happened before this instant.")] to: Option<DateTime>,
        #[graphql(desc = "The first so many, at most 100; 20 when absent.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
        #[graphql(desc = "As of which moment; that of the entity when absent.")] as_of: Option<AsOf>,
    ) -> FieldResult<TimelineConnection> {
        let slice = Slice { first, after, last, before };
        let asked = TimelineArguments { types, from, to, slice, as_of };
        asked.page(context, TimelineOf::Opportunity(self.state.id), self.at).await
    }
}

/// One stay in a stage; it ends when the deal moves on or closes.
pub struct StageStay {
    state: domain::StageStay,
    at: LogPosition,
}

/// One stay in a stage; it ends when the deal moves on or closes.
#[Object]
impl StageStay {
    /// The stage.
    async fn stage(&self) -> PinnedStage {
        PinnedStage::new(self.state.stage.clone(), self.at)
    }

    /// When it was entered.
    async fn entered_at(&self) -> DateTime {
        DateTime(self.state.entered_at)
    }

    /// The event that entered it.
    async fn entered(&self) -> Position {
        Position(self.state.entered)
    }

    /// When it was left; may lie before `enteredAt` where the source says so; null while it lasts.
    async fn left_at(&self) -> Option<DateTime> {
        self.state.left_at.map(DateTime)
    }

    /// The event that left it.
    async fn left(&self) -> Option<Position> {
        self.state.left.map(Position)
    }
}

/// One declaration of the probability.
pub struct ProbabilityDeclaration {
    state: domain::ProbabilityDeclaration,
    at: LogPosition,
}

/// One declaration of the probability.
#[Object]
impl ProbabilityDeclaration {
    /// 0 to 100; null = withdrawn.
    async fn percent(&self) -> Option<u8> {
        self.state.percent
    }

    /// By whom.
    async fn employee(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.state.employee, self.at)
    }

    /// When it was declared.
    async fn declared_at(&self) -> DateTime {
        DateTime(self.state.declared_at)
    }

    /// The event that declares it.
    async fn position(&self) -> Position {
        Position(self.state.position)
    }
}
