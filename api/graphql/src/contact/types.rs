//! Contacts as clients see them.

use async_graphql::{Context, ID, Object};
use letopis_domain::values::{Email, Phone, PlainText};
use letopis_projections::reports::timeline::TimelineOf;

use crate::account::Account;
use crate::as_of::AsOf;
use crate::company::Employee;
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
    /// A person.
    Contact of letopis_domain::contact::Contact
}

/// A person.
#[Object]
impl Contact {
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

    /// The name; `erased` once the personal data is.
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

    /// Whose data it holds.
    async fn data_subject(&self, context: &Context<'_>) -> Option<FieldResult<DataSubject>> {
        link(context, Some(self.state.subject), self.at)
    }

    /// Whether the personal data was erased.
    async fn is_erased(&self) -> bool {
        self.state.personal.is_erased()
    }

    /// The account they belong to.
    async fn account(&self, context: &Context<'_>) -> Option<FieldResult<Account>> {
        link(context, self.state.account, self.at)
    }

    /// Their part in the account, e.g. `purchaser`; `erased` once the personal data is.
    async fn role(&self) -> Option<String> {
        text(&self.state.personal, |details| details.role.as_ref().map(PlainText::reveal))
    }

    /// Who looks after them.
    async fn owner(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.state.owner, self.at)
    }

    /// The lead they came from.
    async fn origin_lead(&self, context: &Context<'_>) -> Option<FieldResult<Lead>> {
        link(context, self.state.origin_lead, self.at)
    }

    /// Custom attributes; none once the personal data is erased.
    async fn attributes(&self) -> Vec<Attribute> {
        attributes(&self.state.attributes)
    }

    /// When the contact was created.
    async fn created_at(&self) -> Option<DateTime> {
        self.state.created_at.map(DateTime)
    }

    /// What happened with the contact, in the order in which it happened.
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
        asked.page(context, TimelineOf::Contact(self.state.id), self.at).await
    }
}
