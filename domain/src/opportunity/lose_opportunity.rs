//! Lose an opportunity for a reason of the catalog.

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, CatalogKind};
use crate::common::rejection;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, OpportunityId};
use crate::limits;
use crate::opportunity::deal::{Deal, LIFECYCLE_AND_AMOUNT};
use crate::opportunity::{LossDetails, Opportunity, OpportunityLost, OpportunityStatus};
use crate::query::Query;
use crate::values::{Personal, PlainText};

/// Lose an opportunity for a reason of the catalog.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoseOpportunity {
    /// The opportunity.
    pub opportunity: OpportunityId,
    /// A key of the current catalog of losses.
    pub reason: String,
    /// Who won it instead.
    #[serde(default)]
    pub competitor: Option<PlainText>,
    /// A comment in free words.
    #[serde(default)]
    pub comment: Option<PlainText>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}

rejection! {
    /// It is won, or was lost for another reason.
    Closed { status: OpportunityStatus } => InvalidState, "opportunity",
        "the opportunity is {status} already; reopen it before it is lost";
}

/// What losing depends on.
#[derive(Clone, Debug, Default)]
pub struct State {
    deal: Deal,
    catalog: Catalog,
}

impl LoseOpportunity {
    fn says_the_same_as(&self, lost: &Opportunity) -> bool {
        lost.status == OpportunityStatus::Lost
            && lost.loss_reason.as_ref() == Some(&self.reason)
            && lost.competitor.known() == Some(&self.competitor)
            && lost.loss_comment.known() == Some(&self.comment)
    }
}

impl Decision for LoseOpportunity {
    type State = State;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Query::about(&self.opportunity, &[])
    }

    fn boundary(&self, known: &State) -> Query {
        let own = known.deal.boundary_with_words(self.opportunity, LIFECYCLE_AND_AMOUNT, self.employee);
        Catalog::within(own, CatalogKind::OpportunityLoss)
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.deal.evolve(event);
        state.catalog.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        limits::short("competitor", self.competitor.as_ref().map(PlainText::reveal))?;
        let opportunity = state.deal.find(self.opportunity, self.employee)?;
        if self.says_the_same_as(opportunity) {
            return Ok(Vec::new());
        }
        if opportunity.status != OpportunityStatus::Open {
            return Err(Rejection::Closed { status: opportunity.status });
        }
        state.catalog.reason(&self.reason, self.comment.as_ref(), &state.deal.left())?;
        let words = LossDetails { competitor: self.competitor.clone(), comment: self.comment.clone() };
        let field = if self.comment.is_some() { "comment" } else { "competitor" };
        let lost = OpportunityLost {
            opportunity: self.opportunity,
            employee: at.employee(self.employee),
            stage: opportunity.stage.clone(),
            amount: opportunity.amount,
            reason: self.reason.clone(),
            catalog_version: state.catalog.version,
            data_subjects: state.deal.seal(&words, field)?,
            personal: Personal::Known(words),
        };
        Ok(vec![lost.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Reason, ReasonCatalogPublished};
    use crate::fixtures::{PIPELINE, company, customer_subject, deal, eur, stage};
    use crate::opportunity::WinOpportunity;
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    fn lose(reason: &str, comment: Option<&str>) -> LoseOpportunity {
        LoseOpportunity {
            opportunity: id(50),
            reason: reason.to_owned(),
            competitor: Some("Gazeta".into()),
            comment: comment.map(PlainText::from),
            employee: None,
        }
    }

    fn open() -> History {
        company().after(&deal(50))
    }

    #[test]
    fn a_loss_keeps_stage_amount_and_the_version_of_its_reason() {
        let lost = OpportunityLost {
            opportunity: id(50),
            employee: None,
            stage: stage(PIPELINE, 1, "OFFER"),
            amount: Some(eur(100)),
            reason: "PRICE".to_owned(),
            catalog_version: 1,
            data_subjects: customer_subject(),
            personal: Personal::Known(LossDetails { competitor: Some("Gazeta".into()), comment: None }),
        };
        open().when(&lose("PRICE", None)).then([lost.into()]);
    }

    #[test]
    fn a_reason_stands_in_the_current_catalog() {
        let refused = open().when(&lose("BAD_MOOD", None)).then_refused(RefusalCode::InvalidValue);
        assert_eq!(refused.to_string(), "reason: not in version 1 of the catalog, which has PRICE, OTHER");
        let reason =
            Reason { key: "BUDGET".to_owned(), name: "Budget".to_owned(), comment_required: false, claim: None };
        let kind = CatalogKind::OpportunityLoss;
        let next = open().and(ReasonCatalogPublished { kind, version: 2, reasons: vec![reason] });
        next.clone().when(&lose("BUDGET", None)).then_accepted();
        next.when(&lose("PRICE", None)).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn a_comment_is_given_where_the_reason_says_so() {
        let refused = open().when(&lose("OTHER", Some("  "))).then_refused(RefusalCode::Required);
        assert_eq!(refused.field.unwrap(), "comment");
        open().when(&lose("OTHER", Some("moved abroad"))).then_accepted();
    }

    #[test]
    fn losing_again_in_the_same_words_says_nothing_more() {
        let lost = open().after(&lose("PRICE", Some("too dear")));
        lost.clone().when(&lose("PRICE", Some("too dear"))).then_nothing();
        lost.when(&lose("PRICE", None)).then_refused(RefusalCode::InvalidState);
    }

    #[test]
    fn a_won_deal_is_not_lost() {
        let won = open().after(&WinOpportunity { opportunity: id(50), amount: None, employee: None });
        won.when(&lose("PRICE", None)).then_refused(RefusalCode::InvalidState);
    }
}
