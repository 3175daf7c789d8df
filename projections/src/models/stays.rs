//! Stays: the time an opportunity spent in one stage, from the event that entered it to the one that left it.
//!
//! The sales funnel counts nothing but stays. A stay keeps owner, team, unit, source and attributes of the moment
//! of entry, and the amount of the moment of exit.

use letopis_domain::event::{Event, Recorded};
use letopis_domain::values::Money;
use serde::{Deserialize, Serialize};

use crate::models::directory::Who;
use crate::models::opportunities::{Opportunities, StageKey};
use crate::models::published::Published;
use crate::names::{Cell, Kind, Names, Ref};
use crate::projection::{
    Projection, access_events, account_events, activity_events, agreement_events, company_events, contact_events,
    lead_events, privacy_events, published_events, task_events,
};
use crate::table::{Row, Table, closing_as_of};
use crate::value::Field;

/// How a stay ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub(crate) enum Exit {
    /// Not yet.
    #[default]
    None,
    /// To a later stage of the pipeline.
    Advanced,
    /// To an earlier stage of the pipeline.
    Returned,
    /// To another pipeline.
    MovedElsewhere,
    Won,
    Lost,
}

/// One stay.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Stay {
    pub(crate) opportunity: Ref,
    pub(crate) stage: StageKey,
    pub(crate) opened: u64,
    pub(crate) closed: u64,
    pub(crate) entered_at: i64,
    pub(crate) exited_at: i64,
    /// The stay before, of the same opportunity.
    pub(crate) previous: Ref,
    pub(crate) who: Who,
    pub(crate) source: Ref,
    pub(crate) attributes: Ref,
    pub(crate) exit: Exit,
    /// The opportunity had been in this stage before.
    pub(crate) is_reentry: bool,
    /// The entry is dated before the transition that precedes it.
    pub(crate) is_entry_early: bool,
    /// The exit is dated before the entry.
    pub(crate) is_exit_early: bool,
    /// At exit.
    pub(crate) amount: Option<Money>,
}

impl Stay {
    pub(crate) fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Employee | Field::Team | Field::Unit => return self.who.cell(field),
            Field::Opportunity => Cell::id(Kind::Opportunity, self.opportunity),
            Field::Pipeline => Cell::id(Kind::Pipeline, self.stage.pipeline),
            Field::Stage => Cell::text(self.stage.stage),
            Field::Source => Cell::text(self.source),
            Field::CreatedAt => Cell::Time(self.entered_at),
            _ => return None,
        })
    }
}

impl Row for Stay {
    fn as_of(&self, position: u64) -> Option<Self> {
        if self.opened > position {
            return None;
        }
        let mut row = self.clone();
        if closing_as_of(self.closed, position) == 0 {
            (row.closed, row.exited_at, row.exit, row.is_exit_early, row.amount) = (0, 0, Exit::None, false, None);
        }
        Some(row)
    }
}

/// Every stay.
#[derive(Default)]
pub(crate) struct Stays {
    pub(crate) rows: Table<Stay>,
    /// The newest stay by opportunity; derived, not stored.
    latest: Vec<Ref>,
}

/// A transition of an opportunity from one stage to the next, or out of the pipeline.
struct Transition {
    at: u64,
    occurred: i64,
}

impl Stays {
    /// Derives what is not stored.
    pub(crate) fn index(&mut self) {
        self.latest.clear();
        for index in 0..self.rows.len() {
            let opportunity = self.rows[index].opportunity;
            self.set_latest(opportunity, Ref::at(index));
        }
    }

    fn set_latest(&mut self, opportunity: Ref, row: Ref) {
        let Some(index) = opportunity.index() else { return };
        if self.latest.len() <= index {
            self.latest.resize(index + 1, Ref::NONE);
        }
        self.latest[index] = row;
    }

    fn latest(&self, opportunity: Ref) -> Ref {
        opportunity.index().and_then(|index| self.latest.get(index)).copied().unwrap_or_default()
    }

    fn was_in(&self, opportunity: Ref, stage: StageKey) -> bool {
        let mut row = self.latest(opportunity);
        while let Some(stay) = self.rows.row(row) {
            if stay.stage.pipeline == stage.pipeline && stay.stage.stage == stage.stage {
                return true;
            }
            row = stay.previous;
        }
        false
    }

    fn enter(&mut self, opportunity: Ref, stage: StageKey, transition: &Transition, opportunities: &Opportunities) {
        let previous = self.latest(opportunity);
        let before = self.rows.row(previous);
        let has_just_left = |stay: &Stay| stay.closed == transition.at;
        let last_transition =
            before.map(|stay| if stay.closed == 0 || has_just_left(stay) { stay.entered_at } else { stay.exited_at });
        let columns = opportunities.versions.current(opportunity);
        let row = self.rows.push(Stay {
            opportunity,
            stage,
            opened: transition.at,
            entered_at: transition.occurred,
            previous,
            who: columns.map(|of| of.who).unwrap_or_default(),
            source: columns.map(|of| of.source).unwrap_or_default(),
            attributes: columns.map(|of| of.attributes).unwrap_or_default(),
            is_reentry: self.was_in(opportunity, stage),
            is_entry_early: last_transition.is_some_and(|last| transition.occurred < last),
            ..Stay::default()
        });
        self.set_latest(opportunity, row);
    }

    fn leave(&mut self, opportunity: Ref, exit: Exit, transition: &Transition, amount: Option<Money>) {
        let row = self.latest(opportunity);
        if self.rows.row(row).is_none_or(|stay| stay.closed != 0) {
            return;
        }
        self.rows.change(row, |stay| {
            (stay.closed, stay.exited_at, stay.exit) = (transition.at, transition.occurred, exit);
            stay.is_exit_early = transition.occurred < stay.entered_at;
            stay.amount = amount;
        });
    }
}

/// Which way a move goes. Both stages are looked up in the version that was left, then in the one that was entered;
/// where neither knows both, their categories decide.
fn direction(from: StageKey, to: StageKey, published: &Published) -> Exit {
    if from.pipeline != to.pipeline {
        return Exit::MovedElsewhere;
    }
    let (old, new) = (published.stages(from.pipeline, from.version), published.stages(to.pipeline, to.version));
    for version in [old, new] {
        let rank = |stage: Ref| version.iter().position(|(key, _)| *key == stage);
        if let (Some(left), Some(entered)) = (rank(from.stage), rank(to.stage)) {
            return if entered < left { Exit::Returned } else { Exit::Advanced };
        }
    }
    let category = |stage: Ref| old.iter().chain(new).find(|(key, _)| *key == stage).map(|(_, category)| *category);
    if category(to.stage) < category(from.stage) { Exit::Returned } else { Exit::Advanced }
}

impl Projection for Stays {
    const NAME: &'static str = "stays";
    const REVISION: u32 = 1;
    type Beside<'a> = (&'a mut Names, &'a Opportunities, &'a Published);

    fn apply(&mut self, event: &Recorded, (names, opportunities, published): Self::Beside<'_>) {
        let transition = Transition { at: event.position.0, occurred: event.occurred_at.micros() };
        let at = transition.at;
        match &event.event {
            Event::OpportunityOpened(opened) => {
                let (id, stage) = (names.intern(opened.opportunity, at), StageKey::of(&opened.stage, names, at));
                self.enter(id, stage, &transition, opportunities);
            }
            Event::OpportunityStageChanged(changed) => {
                let id = names.intern(changed.opportunity, at);
                let (from, to) = (StageKey::of(&changed.from, names, at), StageKey::of(&changed.to, names, at));
                if (from.pipeline, from.stage) == (to.pipeline, to.stage) {
                    return; // another version of the pipeline, the same stage
                }
                let amount = opportunities.versions.current(id).and_then(|of| of.amount);
                self.leave(id, direction(from, to, published), &transition, amount);
                self.enter(id, to, &transition, opportunities);
            }
            Event::OpportunityWon(won) => {
                let id = names.intern(won.opportunity, at);
                let amount = opportunities.versions.current(id).and_then(|of| of.amount);
                self.leave(id, Exit::Won, &transition, amount);
            }
            Event::OpportunityLost(lost) => {
                let id = names.intern(lost.opportunity, at);
                let amount = opportunities.versions.current(id).and_then(|of| of.amount);
                self.leave(id, Exit::Lost, &transition, amount);
            }
            Event::OpportunityReopened(reopened) => {
                let (id, stage) = (names.intern(reopened.opportunity, at), StageKey::of(&reopened.stage, names, at));
                self.enter(id, stage, &transition, opportunities);
            }
            Event::OpportunityAmountRevised(_)
            | Event::OpportunityExpectedCloseRevised(_)
            | Event::OpportunityProbabilityDeclared(_)
            | Event::OpportunityOwnerAssigned(_)
            | Event::AttributesSet(_)
            | company_events!()
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
