//! Opportunities over time: one row per version, with the owner, team and unit of that moment.

use letopis_domain::attribute::EntityRef;
use letopis_domain::event::{Event, Recorded};
use letopis_domain::opportunity::{OpportunityOpened, OpportunityStatus};
use letopis_domain::pipeline::StageRef;
use letopis_domain::values::{Date, Money};
use serde::{Deserialize, Serialize};

use crate::models::directory::{Directory, Who};
use crate::models::leads::Leads;
use crate::names::{Cell, Kind, Names, Ref};
use crate::projection::{
    Projection, access_events, account_events, activity_events, agreement_events, company_events, contact_events,
    lead_events, privacy_events, published_events, task_events,
};
use crate::table::Versions;
use crate::value::Field;

const fn status_word(status: OpportunityStatus) -> &'static str {
    match status {
        OpportunityStatus::Open => "OPEN",
        OpportunityStatus::Won => "WON",
        OpportunityStatus::Lost => "LOST",
    }
}

/// A stage of a version of a pipeline, by number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub(crate) struct StageKey {
    pub(crate) pipeline: Ref,
    pub(crate) version: u32,
    pub(crate) stage: Ref,
}

impl StageKey {
    pub(crate) fn of(stage: &StageRef, names: &mut Names, at: u64) -> Self {
        Self {
            pipeline: names.intern(stage.pipeline, at),
            version: stage.version,
            stage: names.intern_text(&stage.stage, at),
        }
    }
}

/// What is known of an opportunity.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct OpportunityColumns {
    pub(crate) status: OpportunityStatus,
    pub(crate) stage: StageKey,
    pub(crate) who: Who,
    pub(crate) account: Ref,
    pub(crate) contact: Ref,
    pub(crate) origin_lead: Ref,
    /// Of the lead it came from.
    pub(crate) source: Ref,
    pub(crate) amount: Option<Money>,
    pub(crate) expected_close: Option<Date>,
    pub(crate) probability_percent: Option<u8>,
    pub(crate) attributes: Ref,
    pub(crate) reason: Ref,
    pub(crate) opened_at: i64,
    pub(crate) changed_at: i64,
    pub(crate) closed_at: Option<i64>,
}

impl OpportunityColumns {
    pub(crate) fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Status => Cell::Word(status_word(self.status)),
            Field::Employee | Field::Team | Field::Unit => return self.who.cell(field),
            Field::Pipeline => Cell::id(Kind::Pipeline, self.stage.pipeline),
            Field::Stage => Cell::text(self.stage.stage),
            Field::Account => Cell::id(Kind::Account, self.account),
            Field::Contact => Cell::id(Kind::Contact, self.contact),
            Field::Lead => Cell::id(Kind::Lead, self.origin_lead),
            Field::Source => Cell::text(self.source),
            Field::Reason => Cell::text(self.reason),
            Field::Amount => Cell::money(self.amount),
            Field::Probability => self.probability_percent.map_or(Cell::Null, |percent| Cell::Number(percent.into())),
            Field::ExpectedOn => Cell::date(self.expected_close),
            Field::CreatedAt => Cell::Time(self.opened_at),
            Field::ChangedAt => Cell::Time(self.changed_at),
            Field::ClosedAt => Cell::time(self.closed_at),
            _ => return None,
        })
    }
}

/// Opportunities over time.
#[derive(Default)]
pub(crate) struct Opportunities {
    pub(crate) versions: Versions<OpportunityColumns>,
    /// The opportunities by contact; derived, not stored.
    by_contact: Vec<Vec<Ref>>,
}

impl Opportunities {
    /// Derives what is not stored.
    pub(crate) fn index(&mut self) {
        self.versions.index();
        self.by_contact = Vec::new();
        for index in 0..self.versions.table.len() {
            let version = &self.versions.table[index];
            if version.previous.is_none() {
                note(&mut self.by_contact, version.columns.contact, version.entity);
            }
        }
    }

    /// The opportunities in which a contact takes part.
    pub(crate) fn of_contact(&self, contact: Ref) -> impl Iterator<Item = Ref> {
        let deals = contact.index().and_then(|index| self.by_contact.get(index));
        deals.map_or(&[][..], Vec::as_slice).iter().copied()
    }

    fn revise(
        &mut self,
        opportunity: Ref,
        event: &Recorded,
        directory: &Directory,
        change: impl FnOnce(&mut OpportunityColumns),
    ) {
        self.versions.revise(opportunity, event.position.0, |columns| {
            columns.changed_at = event.occurred_at.micros();
            change(columns);
            columns.who = directory.place(columns.who.employee);
        });
    }

    fn open(&mut self, opened: &OpportunityOpened, event: &Recorded, beside: <Self as Projection>::Beside<'_>) {
        let (names, directory, leads) = beside;
        let (at, occurred) = (event.position.0, event.occurred_at.micros());
        let origin_lead = names.intern_some(opened.origin_lead, at);
        let columns = OpportunityColumns {
            stage: StageKey::of(&opened.stage, names, at),
            who: directory.place(names.intern_some(opened.owner, at)),
            account: names.intern_some(opened.account, at),
            contact: names.intern_some(opened.contact, at),
            origin_lead,
            source: leads.versions.current(origin_lead).map_or(Ref::NONE, |lead| lead.source),
            amount: opened.amount,
            expected_close: opened.expected_close,
            probability_percent: opened.probability_percent,
            attributes: names.particulars.note_attributes(opened.attributes_version, event),
            opened_at: occurred,
            changed_at: occurred,
            ..OpportunityColumns::default()
        };
        let opportunity = names.intern(opened.opportunity, at);
        note(&mut self.by_contact, columns.contact, opportunity);
        self.versions.set(opportunity, at, columns);
    }
}

fn note(deals: &mut Vec<Vec<Ref>>, contact: Ref, opportunity: Ref) {
    let Some(index) = contact.index() else { return };
    if deals.len() <= index {
        deals.resize_with(index + 1, Vec::new);
    }
    deals[index].push(opportunity);
}

impl Projection for Opportunities {
    const NAME: &'static str = "opportunities";
    const REVISION: u32 = 2;
    type Beside<'a> = (&'a mut Names, &'a Directory, &'a Leads);

    fn apply(&mut self, event: &Recorded, (names, directory, leads): Self::Beside<'_>) {
        let (at, occurred) = (event.position.0, event.occurred_at.micros());
        match &event.event {
            Event::OpportunityOpened(opened) => self.open(opened, event, (names, directory, leads)),
            Event::OpportunityStageChanged(changed) => {
                let (id, stage) = (names.intern(changed.opportunity, at), StageKey::of(&changed.to, names, at));
                self.revise(id, event, directory, |columns| columns.stage = stage);
            }
            Event::OpportunityAmountRevised(revised) => {
                self.revise(names.intern(revised.opportunity, at), event, directory, |columns| {
                    columns.amount = revised.to;
                });
            }
            Event::OpportunityExpectedCloseRevised(revised) => {
                let id = names.intern(revised.opportunity, at);
                self.revise(id, event, directory, |columns| columns.expected_close = revised.to);
            }
            Event::OpportunityProbabilityDeclared(declared) => {
                let id = names.intern(declared.opportunity, at);
                self.revise(id, event, directory, |columns| columns.probability_percent = declared.to_percent);
            }
            Event::OpportunityOwnerAssigned(assigned) => {
                let (id, owner) = (names.intern(assigned.opportunity, at), names.intern_some(assigned.to, at));
                self.revise(id, event, directory, |columns| columns.who.employee = owner);
            }
            Event::OpportunityWon(won) => {
                let (id, stage) = (names.intern(won.opportunity, at), StageKey::of(&won.stage, names, at));
                self.revise(id, event, directory, |columns| {
                    columns.status = OpportunityStatus::Won;
                    columns.stage = stage;
                    columns.amount = won.amount;
                    columns.closed_at = Some(occurred);
                });
            }
            Event::OpportunityLost(lost) => {
                let (id, stage) = (names.intern(lost.opportunity, at), StageKey::of(&lost.stage, names, at));
                let reason = names.intern_text(&lost.reason, at);
                self.revise(id, event, directory, |columns| {
                    columns.status = OpportunityStatus::Lost;
                    columns.stage = stage;
                    columns.reason = reason;
                    columns.closed_at = Some(occurred);
                });
            }
            Event::OpportunityReopened(reopened) => {
                let (id, stage) = (names.intern(reopened.opportunity, at), StageKey::of(&reopened.stage, names, at));
                self.revise(id, event, directory, |columns| {
                    columns.status = OpportunityStatus::Open;
                    columns.stage = stage;
                    columns.reason = Ref::NONE;
                    columns.closed_at = None;
                });
            }
            Event::AttributesSet(set) => {
                let EntityRef::Opportunity(uuid) = set.entity else { return };
                let id = names.intern(uuid, at);
                let Some(before) = self.versions.current(id).map(|columns| columns.attributes) else { return };
                let attributes = names.particulars.note(event, before);
                self.revise(id, event, directory, |columns| columns.attributes = attributes);
            }
            company_events!()
            | published_events!()
            | account_events!()
            | contact_events!()
            | lead_events!()
            | activity_events!()
            | agreement_events!()
            | access_events!()
            | privacy_events!()
            | task_events!() => {}
        }
    }
}
