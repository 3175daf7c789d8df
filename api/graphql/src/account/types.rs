//! Accounts as clients see them.

use async_graphql::{Context, ID, Object};
use letopis_domain::values::{Email, Phone};
use letopis_projections::reports::timeline::TimelineOf;

use crate::as_of::AsOf;
use crate::company::Employee;
use crate::enums::AccountKind;
use crate::error::FieldResult;
use crate::event_type::EventType;
use crate::ids::global;
use crate::lead::Lead;
use crate::lists::Slice;
use crate::object::{link, object, text, texts};
use crate::privacy::DataSubject;
use crate::scalars::{DateTime, Position};
use crate::timeline::{TimelineArguments, TimelineConnection};
use crate::values::{Attribute, attributes};

object! {
    /// A company or private customer.
    Account of letopis_domain::account::Account
}

/// A company or private customer.
#[Object]
impl Account {
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

    /// Whose data it holds.
    async fn data_subject(&self, context: &Context<'_>) -> Option<FieldResult<DataSubject>> {
        link(context, Some(self.state.subject), self.at)
    }

    /// Company or private customer.
    async fn kind(&self) -> AccountKind {
        self.state.kind.into()
    }

    /// The name; `erased` once its personal data is.
    async fn name(&self) -> Option<String> {
        text(&self.state.personal, |details| Some(details.name.reveal()))
    }

    /// E-mail addresses.
    async fn emails(&self) -> Vec<String> {
        texts(&self.state.personal, |details| details.emails.iter().map(Email::reveal).collect())
    }

    /// Phone numbers.
    async fn phones(&self) -> Vec<String> {
        texts(&self.state.personal, |details| details.phones.iter().map(Phone::reveal).collect())
    }

    /// Whether its personal data was erased.
    async fn is_erased(&self) -> bool {
        self.state.personal.is_erased()
    }

    /// The account manager.
    async fn owner(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.state.owner, self.at)
    }

    /// The account above it.
    async fn parent(&self, context: &Context<'_>) -> Option<FieldResult<Self>> {
        link(context, self.state.parent, self.at)
    }

    /// The lead it came from.
    async fn origin_lead(&self, context: &Context<'_>) -> Option<FieldResult<Lead>> {
        link(context, self.state.origin_lead, self.at)
    }

    /// Custom attributes; none once the personal data is erased.
    async fn attributes(&self) -> Vec<Attribute> {
        attributes(&self.state.attributes)
    }

    /// When it was created.
    async fn created_at(&self) -> Option<DateTime> {
        self.state.created_at.map(DateTime)
    }

    /// What happened with the customer, in the order in which it happened, also through contacts, leads and deals.
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
        asked.page(context, TimelineOf::Account(self.state.id), self.at).await
    }
}
