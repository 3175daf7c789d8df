//! Whose history is asked for, and the events of that history.

use letopis_domain::ids::{AccountId, ContactId, LeadId, OpportunityId, Position, Tagged};
use letopis_domain::query::Tag;
use letopis_projections::filter::QueryError;
use letopis_projections::page::PageRequest;
use letopis_projections::reports::timeline::{TimelineOf, TimelineQuery};
use letopis_projections::{Between, View};
use serde::{Deserialize, Serialize};

/// Entries of the timeline read at a time.
const PAGE_SIZE: usize = 1_000;

/// Whose history.
#[derive(Serialize, Deserialize, Clone, Copy, Debug)]
#[serde(rename_all = "camelCase")]
pub enum HistoryOf {
    /// An account's, with that of its leads, contacts and opportunities.
    Account(AccountId),
    /// A lead's.
    Lead(LeadId),
    /// A contact's.
    Contact(ContactId),
    /// An opportunity's.
    Opportunity(OpportunityId),
}

impl HistoryOf {
    /// The timeline that holds it.
    #[must_use]
    pub const fn timeline(self) -> TimelineOf {
        match self {
            Self::Account(id) => TimelineOf::Account(id),
            Self::Lead(id) => TimelineOf::Lead(id),
            Self::Contact(id) => TimelineOf::Contact(id),
            Self::Opportunity(id) => TimelineOf::Opportunity(id),
        }
    }

    /// The tag of the entity.
    #[must_use]
    pub fn tag(self) -> Tag {
        match self {
            Self::Account(id) => id.tag(),
            Self::Lead(id) => id.tag(),
            Self::Contact(id) => id.tag(),
            Self::Opportunity(id) => id.tag(),
        }
    }

    /// The positions of its events, in the order of the log.
    ///
    /// # Errors
    /// When the read models cannot be read.
    pub fn positions(self, view: &View) -> Result<Vec<Position>, QueryError> {
        let mut positions = Vec::new();
        let mut page = PageRequest::first(PAGE_SIZE);
        loop {
            let query = TimelineQuery { of: self.timeline(), types: Vec::new(), period: Between::default(), page };
            let found = view.timeline(&query)?;
            positions.extend(found.edges.iter().map(|edge| edge.node.position));
            let Some(last) = found.edges.last().filter(|_| found.has_next) else { break };
            page = PageRequest { after: Some(last.cursor), ..PageRequest::first(PAGE_SIZE) };
        }
        positions.sort_unstable();
        Ok(positions)
    }
}
