//! Reject a lead for a reason of the catalog (R57).

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, CatalogKind};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, LeadId};
use crate::known::{Known, References};
use crate::lead::standing::Standing;
use crate::lead::{Comment, LeadRejected};
use crate::query::Query;
use crate::values::{Personal, PlainText, TextDigest};

/// Reject a lead for a reason of the catalog (R57).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectLead {
    /// The lead.
    pub lead: LeadId,
    /// A key of the current catalog of lead rejections.
    pub reason: String,
    /// A comment in free words.
    #[serde(default)]
    pub comment: Option<PlainText>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}

/// Where the lead stands, and the reasons there are.
#[derive(Clone, Default, Debug)]
pub struct State {
    standing: Standing,
    catalog: Catalog,
    known: Known,
}

impl RejectLead {
    fn references(&self) -> References {
        References::default().to_any("employee", self.employee)
    }
}

impl Decision for RejectLead {
    type State = State;
    type Rejection = Common;
    const IS_REFUSED_AGAIN: bool = true;

    fn subject(&self) -> Query {
        Query::about(&self.lead, &[])
    }

    fn boundary(&self, known: &State) -> Query {
        let standing = known.standing.boundary(self.lead);
        self.references().within(Catalog::within(standing, CatalogKind::LeadRejection))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.standing.evolve(event);
        state.catalog.evolve(event);
        state.known.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        state.standing.in_play(self.lead)?;
        state.known.check(&self.references())?;
        let reason = state.catalog.reason(&self.reason, self.comment.as_ref(), &state.standing.left())?;
        let comment = Comment { comment: self.comment.clone() };
        let fact = LeadRejected {
            lead: self.lead,
            employee: at.employee(self.employee),
            reason: reason.key.clone(),
            catalog_version: state.catalog.version,
            claim: reason.claim,
            comment_digest: TextDigest::default(),
            data_subjects: state.standing.seal(&comment)?,
            personal: Personal::Known(comment),
        };
        Ok(vec![fact.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::examples::{ANNA, office_with_a_lead, qualify, receive, recycle, reject, reopen};
    use crate::privacy::DataSubjects;
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    #[test]
    fn a_rejection_freezes_the_reason_and_the_version_of_the_catalog() {
        let rejected = LeadRejected {
            lead: id(1),
            employee: Some(id(ANNA)),
            reason: "BUDGET".to_owned(),
            catalog_version: 1,
            claim: None,
            comment_digest: TextDigest::default(),
            data_subjects: DataSubjects::NOBODY,
            personal: Personal::Known(Comment::default()),
        };
        office_with_a_lead().when(&reject("BUDGET")).then([rejected.into()]);
    }

    #[test]
    fn a_rejected_lead_is_not_rejected_again_until_it_is_reopened() {
        let rejected = office_with_a_lead().after(&reject("BUDGET"));
        rejected.clone().when(&reject("BUDGET")).then_refused(RefusalCode::InvalidState);
        rejected.after(&reopen()).when(&reject("BUDGET")).then_accepted();
    }

    #[test]
    fn a_qualified_lead_and_one_set_aside_can_be_rejected() {
        office_with_a_lead().after(&qualify()).when(&reject("BUDGET")).then_accepted();
        office_with_a_lead().after(&recycle("BUDGET")).when(&reject("BUDGET")).then_accepted();
    }

    #[test]
    fn the_reason_stands_in_the_catalog() {
        let refused = office_with_a_lead().when(&reject("MOON")).then_refused(RefusalCode::InvalidValue);
        assert_eq!(refused.message, "reason: not in version 1 of the catalog, which has BUDGET, OTHER");
        assert_eq!(refused.field.as_deref(), Some("reason"));
    }

    #[test]
    fn without_a_catalog_there_is_no_reason() {
        let history = History::default().after(&receive(1));
        let nobody = RejectLead { employee: None, ..reject("BUDGET") };
        history.when(&nobody).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn a_comment_is_given_where_the_reason_says_so() {
        let blank = RejectLead { comment: Some(" ".into()), ..reject("OTHER") };
        office_with_a_lead().when(&reject("OTHER")).then_refused(RefusalCode::Required);
        office_with_a_lead().when(&blank).then_refused(RefusalCode::Required);
        let commented = RejectLead { comment: Some("moved abroad".into()), ..reject("OTHER") };
        office_with_a_lead().when(&commented).then_accepted();
    }

    #[test]
    fn a_lead_of_somebody_erased_is_rejected_without_a_word() {
        let history = office_with_a_lead().and(crate::fixtures::erased(1_001));
        let commented = RejectLead { comment: Some("moved abroad".into()), ..reject("OTHER") };
        let refused = history.clone().when(&commented).then_refused(RefusalCode::SubjectErased);
        assert_eq!(refused.field.as_deref(), Some("comment"));
        history.when(&reject("OTHER")).then_accepted();
    }

    #[test]
    fn a_comment_of_a_megabyte_is_refused() {
        let endless = RejectLead { comment: Some(PlainText("x".repeat(1 << 20))), ..reject("BUDGET") };
        let refused = office_with_a_lead().when(&endless).then_refused(RefusalCode::InvalidValue);
        assert_eq!(refused.field.as_deref(), Some("comment"));
    }
}
