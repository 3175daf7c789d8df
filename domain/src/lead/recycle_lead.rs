//! Set a lead aside until a date (R24).

use chrono::Days;
use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, CatalogKind};
use crate::common::{Common, rejection};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, LeadId};
use crate::known::{Known, References};
use crate::lead::standing::Standing;
use crate::lead::{Comment, LeadRecycled, LeadStatus};
use crate::query::Query;
use crate::values::{Date, Personal, PlainText};

/// Set a lead aside until a date (R24).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecycleLead {
    /// The lead.
    pub lead: LeadId,
    /// A key of the current catalog of lead recyclings.
    pub reason: String,
    /// When to come back to it.
    #[serde(default)]
    pub revisit_on: Option<Date>,
    /// A comment in free words.
    #[serde(default)]
    pub comment: Option<PlainText>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}

rejection! {
    /// The day to come back lies before the day it was set aside.
    RevisitBefore { revisit_on: Date } => InvalidValue, "revisitOn", "the lead was set aside after {revisit_on} already";
}

/// Where the lead stands, how it was set aside last, and the reasons there are.
#[derive(Clone, Default, Debug)]
pub struct State {
    standing: Standing,
    last: Option<LeadRecycled>,
    catalog: Catalog,
    known: Known,
}

impl RecycleLead {
    fn references(&self) -> References {
        References::default().to_any("employee", self.employee)
    }

    /// A day of slack, because the day of an instant depends on the zone.
    fn check_revisit(&self, at: &Circumstances) -> Result<(), Rejection> {
        let Some(revisit_on) = self.revisit_on else { return Ok(()) };
        let day = at.occurred_at.to_datetime().date_naive();
        let earliest = day.checked_sub_days(Days::new(1)).unwrap_or(day);
        if revisit_on.0 < earliest { Err(Rejection::RevisitBefore { revisit_on }) } else { Ok(()) }
    }

    fn fact(&self, state: &State, at: &Circumstances) -> Result<LeadRecycled, Common> {
        let catalog = &state.catalog;
        let comment = Comment { comment: self.comment.clone() };
        let reason = catalog.reason(&self.reason, self.comment.as_ref(), &state.standing.left())?;
        Ok(LeadRecycled {
            lead: self.lead,
            employee: at.employee(self.employee),
            reason: reason.key.clone(),
            catalog_version: catalog.version,
            revisit_on: self.revisit_on,
            data_subjects: state.standing.seal(&comment)?,
            personal: Personal::Known(comment),
        })
    }
}

impl Decision for RecycleLead {
    type State = State;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Query::about(&self.lead, &[])
    }

    fn boundary(&self, known: &State) -> Query {
        let standing = known.standing.boundary(self.lead);
        self.references().within(Catalog::within(standing, CatalogKind::LeadRecycling))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.standing.evolve(event);
        state.catalog.evolve(event);
        state.known.evolve(event);
        if let Event::LeadRecycled(fact) = &event.event {
            state.last = Some(fact.clone());
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        let status = state.standing.in_play(self.lead)?;
        state.known.check(&self.references())?;
        self.check_revisit(at)?;
        let fact = self.fact(state, at)?;
        if status == LeadStatus::Recycled && state.last.as_ref() == Some(&fact) {
            return Ok(Vec::new());
        }
        Ok(vec![fact.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::examples::{office_with_a_lead, qualify, recycle, reject};
    use crate::refusal::RefusalCode;

    #[test]
    fn a_lead_is_set_aside_until_a_date_and_then_until_another() {
        let later = RecycleLead { revisit_on: Some("2026-09-01".parse().unwrap()), ..recycle("BUDGET") };
        let history = office_with_a_lead().after(&recycle("BUDGET")).when(&recycle("BUDGET")).then_nothing();
        assert_eq!(history.after(&later).events().len(), 7);
    }

    #[test]
    fn a_lead_that_was_set_aside_and_came_back_can_be_set_aside_alike() {
        let back = office_with_a_lead().after(&recycle("BUDGET")).after(&qualify());
        assert_eq!(back.after(&recycle("BUDGET")).events().len(), 8);
    }

    #[test]
    fn a_rejected_lead_is_not_set_aside() {
        let rejected = office_with_a_lead().after(&reject("BUDGET"));
        rejected.when(&recycle("BUDGET")).then_refused(RefusalCode::InvalidState);
    }

    #[test]
    fn the_day_to_come_back_does_not_lie_in_the_past() {
        let late = RecycleLead { revisit_on: Some("2026-01-01".parse().unwrap()), ..recycle("BUDGET") };
        office_with_a_lead().when(&late).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn reason_and_comment_follow_the_catalog_of_recyclings() {
        office_with_a_lead().when(&recycle("MOON")).then_refused(RefusalCode::InvalidValue);
        office_with_a_lead().when(&recycle("OTHER")).then_refused(RefusalCode::Required);
    }
}
