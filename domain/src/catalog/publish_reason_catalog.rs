//! Publish the first or the next version of a reason catalog.

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, CatalogKind, Reason, ReasonCatalogPublished};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::limits;
use crate::query::Query;

/// Publish the first or the next version of a reason catalog.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishReasonCatalog {
    /// Which catalog.
    pub kind: CatalogKind,
    /// Its reasons, at least one.
    pub reasons: Vec<Reason>,
}

impl Decision for PublishReasonCatalog {
    type State = Catalog;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Catalog::within(Query::default(), self.kind)
    }

    fn boundary(&self, _known: &Catalog) -> Query {
        Catalog::within(Query::default(), self.kind)
    }

    fn evolve(&self, state: &mut Catalog, event: &Recorded) {
        state.evolve(event);
    }

    fn decide(&self, state: &Catalog, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        limits::keys("reasons", self.reasons.iter().map(|reason| reason.key.as_str()))?;
        self.reasons.iter().try_for_each(|reason| limits::name("reasons", &reason.name))?;
        if state.reasons == self.reasons {
            return Ok(Vec::new());
        }
        let (kind, version, reasons) = (self.kind, state.version + 1, self.reasons.clone());
        Ok(vec![ReasonCatalogPublished { kind, version, reasons }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::RefusalCode;
    use crate::testing::History;

    fn publish(kind: CatalogKind, keys: &[&str]) -> PublishReasonCatalog {
        let reason = |key: &&str| Reason {
            key: (*key).to_owned(),
            name: (*key).to_owned(),
            comment_required: false,
            claim: None,
        };
        PublishReasonCatalog { kind, reasons: keys.iter().map(reason).collect() }
    }

    #[test]
    fn each_catalog_counts_its_own_versions() {
        let history = History::default()
            .after(&publish(CatalogKind::OpportunityLoss, &["PRICE"]))
            .after(&publish(CatalogKind::LeadRejection, &["NO_ANSWER"]))
            .after(&publish(CatalogKind::LeadRejection, &["NO_ANSWER", "SPAM"]));
        let versions: Vec<u32> = history
            .events()
            .iter()
            .filter_map(
                |event| if let Event::ReasonCatalogPublished(fact) = &event.event { Some(fact.version) } else { None },
            )
            .collect();
        assert_eq!(versions, [1, 1, 2]);
    }

    #[test]
    fn an_unchanged_catalog_stays_at_its_version() {
        let catalog = publish(CatalogKind::LeadRejection, &["NO_ANSWER"]);
        History::default().after(&catalog).when(&catalog).then_nothing();
    }

    #[test]
    fn reasons_are_given_and_named_once() {
        History::default().when(&publish(CatalogKind::LeadRejection, &[])).then_refused(RefusalCode::Required);
        let twice = publish(CatalogKind::LeadRejection, &["SPAM", "SPAM"]);
        History::default().when(&twice).then_refused(RefusalCode::InvalidValue);
    }
}
