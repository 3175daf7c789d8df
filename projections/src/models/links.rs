//! Links: which leads, contacts and opportunities belong to an account, from when to when.
//!
//! An account's timeline is its own rows and those of what is linked to it.

use letopis_domain::event::{Event, Recorded};
use serde::{Deserialize, Serialize};

use crate::names::{Kind, Names, Ref};
use crate::projection::{
    Projection, access_events, activity_events, agreement_events, company_events, privacy_events, published_events,
    task_events,
};
use crate::table::{Row, Table, closing_as_of};

/// What is linked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub(crate) enum Member {
    Lead(Ref),
    Contact(Ref),
    Opportunity(Ref),
}

impl Member {
    pub(crate) const fn parts(self) -> (Kind, Ref) {
        match self {
            Self::Lead(entity) => (Kind::Lead, entity),
            Self::Contact(entity) => (Kind::Contact, entity),
            Self::Opportunity(entity) => (Kind::Opportunity, entity),
        }
    }

    /// Which of the three kinds, as an index.
    const fn place(self) -> (usize, Ref) {
        match self {
            Self::Lead(entity) => (0, entity),
            Self::Contact(entity) => (1, entity),
            Self::Opportunity(entity) => (2, entity),
        }
    }
}

/// One link.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Link {
    pub(crate) account: Ref,
    pub(crate) member: Member,
    pub(crate) opened: u64,
    pub(crate) closed: u64,
    /// Entries of the member count from after this position on: 0 for a member that belonged to no account before.
    pub(crate) since: u64,
}

impl Row for Link {
    fn as_of(&self, position: u64) -> Option<Self> {
        (self.opened <= position).then(|| Self { closed: closing_as_of(self.closed, position), ..*self })
    }
}

/// Every link.
#[derive(Default)]
pub(crate) struct Links {
    pub(crate) rows: Table<Link>,
    /// The links by account; derived, not stored.
    by_account: Vec<Vec<Ref>>,
    /// The newest link by lead, contact and opportunity; derived, not stored.
    newest: [Vec<Ref>; 3],
}

fn slot<T: Default + Clone>(slots: &mut Vec<T>, entity: Ref) -> Option<&mut T> {
    let index = entity.index()?;
    if slots.len() <= index {
        slots.resize(index + 1, T::default());
    }
    slots.get_mut(index)
}

impl Links {
    /// Derives what is not stored.
    pub(crate) fn index(&mut self) {
        (self.by_account, self.newest) = (Vec::new(), <[Vec<Ref>; 3]>::default());
        for index in 0..self.rows.len() {
            self.note(Ref::at(index));
        }
    }

    /// The links that an account had or has, as of a position.
    pub(crate) fn of_account(&self, account: Ref, position: u64) -> impl Iterator<Item = Link> {
        let rows = account.index().and_then(|index| self.by_account.get(index)).map_or(&[][..], Vec::as_slice);
        rows.iter().filter_map(move |row| self.rows.row(*row)?.as_of(position))
    }

    fn note(&mut self, row: Ref) {
        let Some(link) = self.rows.row(row).copied() else { return };
        if let Some(rows) = slot(&mut self.by_account, link.account) {
            rows.push(row);
        }
        let (which, entity) = link.member.place();
        if let Some(newest) = slot(&mut self.newest[which], entity) {
            *newest = row;
        }
    }

    /// The newest link of a member.
    fn newest(&self, member: Member) -> Ref {
        let (which, entity) = member.place();
        entity.index().and_then(|index| self.newest[which].get(index)).copied().unwrap_or_default()
    }

    fn join(&mut self, account: Ref, member: Member, at: u64, since: u64) {
        let is_linked = |link: &Link| link.account == account && link.closed == 0;
        if account.is_none() || self.rows.row(self.newest(member)).is_some_and(is_linked) {
            return;
        }
        let row = self.rows.push(Link { account, member, opened: at, closed: 0, since });
        self.note(row);
    }

    /// A contact leaves its account, and perhaps joins another.
    fn move_contact(&mut self, contact: Ref, account: Ref, at: u64) {
        let row = self.newest(Member::Contact(contact));
        let before = self.rows.row(row).copied();
        if before.is_some_and(|link| link.closed == 0 && link.account == account) {
            return;
        }
        if before.is_some_and(|link| link.closed == 0) {
            self.rows.change(row, |link| link.closed = at);
        }
        self.join(account, Member::Contact(contact), at, if before.is_some() { at - 1 } else { 0 });
    }
}

impl Projection for Links {
    const NAME: &'static str = "links";
    const REVISION: u32 = 1;
    type Beside<'a> = &'a mut Names;

    fn apply(&mut self, event: &Recorded, names: &mut Names) {
        let at = event.position.0;
        match &event.event {
            Event::AccountCreated(created) => {
                let account = names.intern(created.account, at);
                let lead = names.intern_some(created.origin_lead, at);
                if !lead.is_none() {
                    self.join(account, Member::Lead(lead), at, 0);
                }
            }
            Event::ContactCreated(created) => {
                let (contact, account) = (names.intern(created.contact, at), names.intern_some(created.account, at));
                self.join(account, Member::Contact(contact), at, 0);
            }
            Event::ContactUpdated(updated) => {
                let (contact, account) = (names.intern(updated.contact, at), names.intern_some(updated.account, at));
                self.move_contact(contact, account, at);
            }
            Event::LeadConverted(converted) => {
                let (lead, account) = (names.intern(converted.lead, at), names.intern(converted.account, at));
                self.join(account, Member::Lead(lead), at, 0);
            }
            Event::OpportunityOpened(opened) => {
                let (id, account) = (names.intern(opened.opportunity, at), names.intern_some(opened.account, at));
                self.join(account, Member::Opportunity(id), at, 0);
            }
            Event::AccountUpdated(_)
            | Event::AccountOwnerAssigned(_)
            | Event::LeadReceived(_)
            | Event::LeadQualified(_)
            | Event::LeadAssigned(_)
            | Event::LeadRejected(_)
            | Event::LeadRecycled(_)
            | Event::LeadReopened(_)
            | Event::OpportunityStageChanged(_)
            | Event::OpportunityAmountRevised(_)
            | Event::OpportunityExpectedCloseRevised(_)
            | Event::OpportunityProbabilityDeclared(_)
            | Event::OpportunityOwnerAssigned(_)
            | Event::OpportunityWon(_)
            | Event::OpportunityLost(_)
            | Event::OpportunityReopened(_)
            | Event::AttributesSet(_)
            | company_events!()
            | published_events!()
            | activity_events!()
            | agreement_events!()
            | access_events!()
            | privacy_events!()
            | task_events!() => {}
        }
    }
}
