//! Leads as clients see them.

use async_graphql::{Context, ID, Object};
use letopis_domain::ids::Position as LogPosition;
use letopis_domain::lead as domain;
use letopis_domain::values::{Email, PersonName, Phone, PlainText};
use letopis_projections::reports::timeline::TimelineOf;

use crate::account::Account;
use crate::as_of::AsOf;
use crate::company::Employee;
use crate::contact::Contact;
use crate::enums::LeadStatus;
use crate::error::FieldResult;
use crate::event_type::EventType;
use crate::ids::global;
use crate::lists::Slice;
use crate::object::{link, object, text, texts, words};
use crate::opportunity::Opportunity;
use crate::privacy::DataSubject;
use crate::scalars::{Date, DateTime, Position};
use crate::timeline::{TimelineArguments, TimelineConnection};
use crate::values::{Attribute, Money, attributes};

object! {
    /// An inquiry until it is converted or rejected.
    Lead of domain::Lead
}

/// An inquiry until it is converted or rejected.
#[Object]
impl Lead {
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

    /// Where it stands.
    async fn status(&self) -> LeadStatus {
        self.state.status.into()
    }

    /// The person; `erased` once the personal data is.
    async fn name(&self) -> Option<String> {
        text(&self.state.personal, |details| details.name.as_ref().map(PersonName::reveal))
    }

    /// The company they named.
    async fn company(&self) -> Option<String> {
        text(&self.state.personal, |details| details.company.as_ref().map(PersonName::reveal))
    }

    /// E-mail addresses.
    async fn emails(&self) -> Vec<String> {
        texts(&self.state.personal, |details| details.emails.iter().map(Email::reveal).collect())
    }

    /// Phone numbers.
    async fn phones(&self) -> Vec<String> {
        texts(&self.state.personal, |details| details.phones.iter().map(Phone::reveal).collect())
    }

    /// What they asked for.
    async fn message(&self) -> Option<String> {
        text(&self.state.personal, |details| details.message.as_ref().map(PlainText::reveal))
    }

    /// Whose data it holds.
    async fn data_subject(&self, context: &Context<'_>) -> Option<FieldResult<DataSubject>> {
        link(context, Some(self.state.subject), self.at)
    }

    /// Whether the personal data was erased.
    async fn is_erased(&self) -> bool {
        self.state.personal.is_erased()
    }

    /// Where it came from, e.g. `paid_search`.
    async fn source(&self) -> Option<&str> {
        self.state.source.as_deref()
    }

    /// By which channel, e.g. `phone`.
    async fn channel(&self) -> Option<&str> {
        self.state.channel.as_deref()
    }

    /// The campaign that brought it.
    async fn campaign(&self) -> Option<&str> {
        self.state.campaign.as_deref()
    }

    /// The owner.
    async fn owner(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.state.owner, self.at)
    }

    /// What it may be worth.
    async fn amount(&self) -> Option<Money> {
        self.state.amount.map(Into::into)
    }

    /// Custom attributes; none once the personal data is erased.
    async fn attributes(&self) -> Vec<Attribute> {
        attributes(&self.state.attributes)
    }

    /// When it arrived.
    async fn received_at(&self) -> Option<DateTime> {
        self.state.received_at.map(DateTime)
    }

    /// When it was found worth pursuing.
    async fn qualified_at(&self) -> Option<DateTime> {
        self.state.qualified_at.map(DateTime)
    }

    /// The rejection in force.
    async fn rejection(&self) -> Option<LeadDismissal> {
        self.state.rejection.clone().map(|state| LeadDismissal { state, at: self.at })
    }

    /// The recycling in force.
    async fn recycling(&self) -> Option<LeadDismissal> {
        self.state.recycling.clone().map(|state| LeadDismissal { state, at: self.at })
    }

    /// When to come back to it, while it is set aside.
    async fn revisit_on(&self) -> Option<Date> {
        self.state.revisit_on.map(Date)
    }

    /// What it became.
    async fn conversion(&self) -> Option<LeadConversion> {
        self.state.conversion.clone().map(|state| LeadConversion { state, at: self.at })
    }

    /// What happened with the lead, in the order in which it happened.
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
        asked.page(context, TimelineOf::Lead(self.state.id), self.at).await
    }
}

/// A rejection or recycling in force.
pub struct LeadDismissal {
    state: domain::LeadDismissal,
    at: LogPosition,
}

/// A rejection or recycling in force.
#[Object]
impl LeadDismissal {
    /// A key of the catalog of rejections or recyclings.
    async fn reason(&self) -> &str {
        &self.state.reason
    }

    /// The version of the catalog.
    async fn catalog_version(&self) -> u32 {
        self.state.catalog_version
    }

    /// The comment; `erased` once the personal data is.
    async fn comment(&self) -> Option<String> {
        words(&self.state.comment)
    }

    /// By whom.
    async fn employee(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.state.employee, self.at)
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.state.at)
    }
}

/// What a lead became.
pub struct LeadConversion {
    state: domain::LeadConversion,
    at: LogPosition,
}

/// What a lead became.
#[Object]
impl LeadConversion {
    /// The account, new or matched.
    async fn account(&self, context: &Context<'_>) -> Option<FieldResult<Account>> {
        link(context, Some(self.state.account), self.at)
    }

    /// Whether the account existed before.
    async fn account_matched(&self) -> bool {
        self.state.account_matched
    }

    /// The contact, new or matched.
    async fn contact(&self, context: &Context<'_>) -> Option<FieldResult<Contact>> {
        link(context, self.state.contact, self.at)
    }

    /// Whether the contact existed before.
    async fn contact_matched(&self) -> bool {
        self.state.contact_matched
    }

    /// The opportunity.
    async fn opportunity(&self, context: &Context<'_>) -> Option<FieldResult<Opportunity>> {
        link(context, self.state.opportunity, self.at)
    }

    /// By whom.
    async fn employee(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.state.employee, self.at)
    }

    /// When it happened.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.state.at)
    }
}
