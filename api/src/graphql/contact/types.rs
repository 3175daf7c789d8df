//! Contacts as clients see them.

use async_graphql::{Context, ID, Object};
use letopis_domain::values::{Email, Phone};
use letopis_projections::reports::timeline::TimelineOf;

use crate::error::FieldResult;
use crate::graphql::account::Account;
use crate::graphql::company::Employee;
use crate::graphql::ids::global;
use crate::graphql::lead::Lead;
use crate::graphql::object::{link, object, text, texts};
use crate::graphql::scalars::{DateTime, Position};
use crate::graphql::timeline::History;
use crate::graphql::values::{Attribute, attributes};

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

    /// Whether the personal data was erased.
    async fn is_erased(&self) -> bool {
        self.state.personal.is_erased()
    }

    /// The account they belong to.
    async fn account(&self, context: &Context<'_>) -> Option<FieldResult<Account>> {
        link(context, self.state.account, self.at)
    }

    /// Their part in the account, e.g. `purchaser`.
    async fn role(&self) -> Option<&str> {
        self.state.role.as_deref()
    }

    /// Who looks after them.
    async fn owner(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.state.owner, self.at)
    }

    /// The lead they came from.
    async fn origin_lead(&self, context: &Context<'_>) -> Option<FieldResult<Lead>> {
        link(context, self.state.origin_lead, self.at)
    }

    /// Custom attributes.
    async fn attributes(&self) -> Vec<Attribute> {
        attributes(&self.state.attributes)
    }

    /// When the contact was created.
    async fn created_at(&self) -> Option<DateTime> {
        self.state.created_at.map(DateTime)
    }

    #[graphql(flatten)]
    async fn history(&self) -> History {
        History::new(TimelineOf::Contact(self.state.id), self.at)
    }
}
