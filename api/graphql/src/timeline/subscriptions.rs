//! An account's timeline as it grows: first what was missed, then what happens.
//!
//! What belongs to the account is told by tags: its own, and those of its leads, contacts and deals. When something
//! joins that belonged to no account before, its earlier events come first, as the timeline shows them too.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use async_graphql::{Context, Subscription};
use futures_util::stream::{self, Stream};
use letopis_domain::event::{Event, EventType, Recorded};
use letopis_domain::ids::{AccountId, Position as LogPosition};
use letopis_domain::query::{Query, Tag};
use letopis_domain::values::Timestamp;
use letopis_eventlog::log::Range;
use letopis_projections::Between;
use letopis_projections::page::PageRequest;
use letopis_projections::reports::timeline::{TimelineOf, TimelineQuery};

use super::TimelineEntry;
use crate::app::App;
use crate::context::{RequestContext, app, request, seen};
use crate::error::{FieldError, FieldResult};
use crate::event::{Follow, show, start, until_error};
use crate::ids::{EntityId, Given};
use crate::limits::PAGE_SIZE_MAX;
use crate::scalars::Position;

/// The events by which something joins or leaves an account.
const LINKS: &[EventType] = &[
    EventType::AccountCreated,
    EventType::ContactCreated,
    EventType::ContactUpdated,
    EventType::LeadConverted,
    EventType::OpportunityOpened,
];

/// What joins an account by an event, and whether its earlier events join too.
struct Joining {
    member: Tag,
    with_past: bool,
}

fn joining(account: AccountId, event: &Event) -> Option<Joining> {
    let joining = |member: Tag, with_past| Some(Joining { member, with_past });
    match event {
        Event::AccountCreated(created) if created.account == account => joining(created.origin_lead?.tag(), true),
        Event::ContactCreated(created) if created.account == Some(account) => joining(created.contact.tag(), true),
        Event::ContactUpdated(updated) if updated.account == Some(account) => {
            joining(updated.contact.tag(), updated.account_before.is_none())
        }
        Event::LeadConverted(converted) if converted.account == account => joining(converted.lead.tag(), true),
        Event::OpportunityOpened(opened) if opened.account == Some(account) => joining(opened.opportunity.tag(), true),
        _ => None,
    }
}

fn leaving(account: AccountId, event: &Event) -> Option<Tag> {
    match event {
        Event::ContactUpdated(updated) if updated.account != Some(account) => Some(updated.contact.tag()),
        _ => None,
    }
}

/// Follows everything that belongs to an account.
struct AccountFollow {
    app: Arc<App>,
    request: Arc<RequestContext>,
    account: AccountId,
    /// What belongs to the account, and since when.
    members: BTreeMap<Tag, LogPosition>,
    follow: Follow,
    ready: VecDeque<Arc<Recorded>>,
}

impl AccountFollow {
    fn new(
        app: Arc<App>,
        request: Arc<RequestContext>,
        account: AccountId,
        after: LogPosition,
    ) -> Result<Self, FieldError> {
        let mut members = BTreeMap::from([(account.tag(), LogPosition::START)]);
        for recorded in app.log.read(&account.about(LINKS), Range::upto(after))? {
            if let Some(tag) = leaving(account, &recorded.event) {
                members.remove(&tag);
            }
            if let Some(joining) = joining(account, &recorded.event) {
                members.entry(joining.member).or_insert(recorded.position);
            }
        }
        let follow = Follow::new(Arc::clone(&app.log), query(&members), after);
        Ok(Self { app, request, account, members, follow, ready: VecDeque::new() })
    }

    async fn next(&mut self) -> Option<Result<TimelineEntry, FieldError>> {
        loop {
            while let Some(recorded) = self.ready.pop_front() {
                if let Some(entry) = self.entry(recorded).await.transpose() {
                    return Some(entry);
                }
            }
            let recorded = match self.follow.next().await? {
                Ok(recorded) => recorded,
                Err(error) => return Some(Err(error.into())),
            };
            if let Err(error) = self.take(recorded) {
                return Some(Err(error));
            }
        }
    }

    /// Puts an event, and the past of what joins by it, where it is handed out.
    fn take(&mut self, recorded: Arc<Recorded>) -> Result<(), FieldError> {
        let position = recorded.position;
        let left = leaving(self.account, &recorded.event).and_then(|tag| self.members.remove(&tag));
        let joined = joining(self.account, &recorded.event).filter(|joined| !self.members.contains_key(&joined.member));
        if let Some(joined) = &joined {
            if joined.with_past {
                self.ready.extend(self.past(&joined.member, position)?);
            }
            self.members.insert(joined.member.clone(), position);
        }
        self.ready.push_back(recorded);
        if joined.is_some() || left.is_some() {
            self.follow = Follow::new(Arc::clone(&self.app.log), query(&self.members), position);
        }
        Ok(())
    }

    /// Earlier events of a member that were not handed out under another tag.
    fn past(&self, member: &Tag, before: LogPosition) -> Result<Vec<Arc<Recorded>>, FieldError> {
        let query = Query::default().or_item(&[], vec![member.clone()]);
        let mut past = self.app.log.read(&query, Range::upto(LogPosition(before.0.saturating_sub(1))))?;
        past.retain(|recorded| {
            let tags = recorded.event.tags();
            !tags.as_slice().iter().any(|tag| self.members.get(tag).is_some_and(|since| *since <= recorded.position))
        });
        Ok(past)
    }

    /// The entry as the timeline has it once the views have taken the event in; none = it is hidden.
    async fn entry(&self, recorded: Arc<Recorded>) -> Result<Option<TimelineEntry>, FieldError> {
        let Some(recorded) = show(&self.app, &self.request, recorded).await? else { return Ok(None) };
        self.app.applied(recorded.position).await?;
        let view = self.app.views.look(recorded.position);
        let from = recorded.occurred_at;
        let query = TimelineQuery {
            of: TimelineOf::Account(self.account),
            types: vec![recorded.event.event_type()],
            period: Between { from: Some(from), until: Some(Timestamp::from_micros(from.micros().saturating_add(1))) },
            page: PageRequest::first(PAGE_SIZE_MAX),
        };
        let page = view.timeline(&query)?;
        let found = page.edges.iter().find(|edge| edge.node.position == recorded.position);
        let is_out_of_order = found.is_some_and(|edge| edge.node.is_out_of_order);
        Ok(Some(TimelineEntry::live(Arc::clone(&recorded), is_out_of_order, recorded.position)))
    }
}

fn query(members: &BTreeMap<Tag, LogPosition>) -> Query {
    members.keys().fold(Query::default(), |query, tag| query.or_item(&[], vec![tag.clone()]))
}

/// Subscriptions to timelines.
#[derive(Default)]
pub struct TimelineSubscriptions;

/// Subscriptions to timelines.
#[Subscription]
impl TimelineSubscriptions {
    /// What happens with a customer, also through contacts, leads and deals: each event once, as it is recorded; first
    /// those after `after`. The events of a lead, contact or deal from before it joined the account come when it joins.
    async fn timeline(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The account.")] account: Given<AccountId>,
        #[graphql(desc = "Catch up from this position; only news when absent.")] after: Option<Position>,
    ) -> FieldResult<impl Stream<Item = FieldResult<TimelineEntry>>> {
        let (app, request) = (Arc::clone(app(context)?), Arc::clone(request(context)?));
        let seen = seen(context, request.position())?;
        let is_seen = |account: &AccountId| seen.fields_of(AccountId::PREFIX, account.0).sees();
        let Some(account) = account.known().filter(is_seen) else {
            return Err(FieldError::Input("there is no such account".to_owned()).into());
        };
        let after = start(&*app.log, after)?;
        let follow = AccountFollow::new(app, Arc::clone(&request), account, after)?;
        Ok(until_error(stream::unfold((follow, request), async |(mut follow, request)| {
            let item = follow.next().await?.map_err(Into::into);
            if let Ok(entry) = &item {
                request.advance(entry.place());
            }
            Some((item, (follow, request)))
        })))
    }
}
