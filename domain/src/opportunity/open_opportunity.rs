//! Open an opportunity in a stage of a pipeline.

use serde::{Deserialize, Serialize};

use crate::activity::Subjects;
use crate::attribute::{Definitions, EntityKind};
use crate::common::{Common, Existing};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{AccountId, ContactId, EmployeeId, OpportunityId, PipelineId, SubjectId};
use crate::known::{Known, References};
use crate::limits;
use crate::opportunity::{OpportunityDetails, OpportunityOpened};
use crate::pipeline::Pipelines;
use crate::query::Query;
use crate::values::{Attributes, Date, Money, Personal, PlainText};

/// Open an opportunity in a stage of a pipeline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenOpportunity {
    /// The new opportunity.
    pub opportunity: OpportunityId,
    /// The customer.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The person on the customer's side.
    #[serde(default)]
    pub contact: Option<ContactId>,
    /// The pipeline, whose current version is pinned.
    pub pipeline: PipelineId,
    /// The first stage; none = the pipeline's first.
    #[serde(default)]
    pub stage: Option<String>,
    /// A title.
    #[serde(default)]
    pub title: Option<PlainText>,
    /// The seller.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
    /// What it may be worth.
    #[serde(default)]
    pub amount: Option<Money>,
    /// When it is expected to close.
    #[serde(default)]
    pub expected_close: Option<Date>,
    /// The seller's probability, 0 to 100.
    #[serde(default)]
    pub probability_percent: Option<u8>,
    /// Custom attributes, checked against the published definitions.
    #[serde(default)]
    pub attributes: Attributes,
}

/// What opening depends on.
#[derive(Clone, Debug, Default)]
pub struct State {
    existing: Existing<OpportunityOpened>,
    pipelines: Pipelines,
    definitions: Definitions,
    known: Known,
}

impl OpenOpportunity {
    fn customer(&self) -> Subjects {
        Subjects { account: self.account, contact: self.contact, ..Subjects::default() }
    }

    fn references(&self) -> References {
        References::default()
            .to_any("account", self.account)
            .to_any("contact", self.contact)
            .to_employed("owner", self.owner)
    }
}

impl Decision for OpenOpportunity {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.opportunity, &[])
    }

    fn boundary(&self, known: &State) -> Query {
        let own = Query::about(&self.opportunity, &[EventType::OpportunityOpened]);
        let concerned = known.known.within(self.references().within(own), &self.customer());
        let named = Pipelines::within(concerned, &self.pipeline);
        Definitions::within_if_any(named, EntityKind::Opportunity, &self.attributes)
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        if let Some(fact) = OpportunityOpened::of(&event.event) {
            state.existing.found(event, fact);
        }
        state.pipelines.evolve(event);
        state.definitions.evolve(event);
        state.known.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        limits::short("title", self.title.as_ref().map(PlainText::reveal))?;
        limits::amount("amount", self.amount.as_ref())?;
        limits::percent("probabilityPercent", self.probability_percent)?;
        state.known.check(&self.references())?;
        let (attributes, attributes_version) = state.definitions.check(&self.attributes)?;
        let details = OpportunityDetails { title: self.title.clone() };
        let opened = OpportunityOpened {
            opportunity: self.opportunity,
            account: self.account,
            contact: self.contact,
            origin_lead: None,
            stage: state.pipelines.pin(self.pipeline, self.stage.as_deref())?,
            owner: self.owner,
            amount: self.amount,
            expected_close: self.expected_close,
            probability_percent: self.probability_percent,
            attributes_version,
            data_subjects: state.known.data_subjects(&self.customer()).or(SubjectId(self.opportunity.0)),
            personal: Personal::with_attributes(details, attributes),
        };
        state.existing.create("opportunity", opened, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ACCOUNT, PIPELINE, SELLER, company, customer_subject, deal, eur, published, stage};
    use crate::refusal::RefusalCode;
    use crate::testing::id;

    fn opened(stage_key: &str, version: u32) -> OpportunityOpened {
        OpportunityOpened {
            opportunity: id(50),
            account: Some(id(ACCOUNT)),
            contact: None,
            origin_lead: None,
            stage: stage(PIPELINE, version, stage_key),
            owner: Some(id(SELLER)),
            amount: Some(eur(100)),
            expected_close: None,
            probability_percent: None,
            attributes_version: 0,
            data_subjects: customer_subject(),
            personal: Personal::with_attributes(
                OpportunityDetails { title: Some("Annual advertising".into()) },
                Attributes::new(),
            ),
        }
    }

    #[test]
    fn a_deal_opens_in_the_first_stage_unless_another_is_named() {
        let named = deal(50);
        company().when(&named).then([opened("OFFER", 1).into()]);
        let unnamed = OpenOpportunity { stage: None, ..named };
        company().when(&unnamed).then([opened("NEW", 1).into()]);
    }

    #[test]
    fn a_deal_pins_the_current_version_of_the_pipeline() {
        let next = published(PIPELINE, 2, &["LOOK", "OFFER"]);
        company().and(next).when(&deal(50)).then([opened("OFFER", 2).into()]);
    }

    #[test]
    fn whatever_a_deal_names_must_exist() {
        let refused = |change: fn(&mut OpenOpportunity)| {
            let mut command = deal(50);
            change(&mut command);
            company().when(&command).then_refused(RefusalCode::NotFound).field.unwrap()
        };
        assert_eq!(refused(|command| command.account = Some(id(99))), "account");
        assert_eq!(refused(|command| command.contact = Some(id(99))), "contact");
        assert_eq!(refused(|command| command.owner = Some(id(99))), "owner");
        assert_eq!(refused(|command| command.pipeline = id(99)), "pipeline");
    }

    #[test]
    fn an_unknown_stage_is_answered_with_the_known_ones() {
        let command = OpenOpportunity { stage: Some("WON".to_owned()), ..deal(50) };
        let refused = company().when(&command).then_refused(RefusalCode::InvalidValue);
        assert_eq!(refused.to_string(), "stage: no such stage in version 1, which has NEW, OFFER, TALKS");
    }

    #[test]
    fn a_probability_is_a_percentage() {
        let certain = OpenOpportunity { probability_percent: Some(100), ..deal(50) };
        company().when(&certain).then_accepted();
        let more = OpenOpportunity { probability_percent: Some(101), ..deal(50) };
        company().when(&more).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn an_id_names_one_deal() {
        let other = OpenOpportunity { amount: Some(eur(200)), ..deal(50) };
        company().after(&deal(50)).when(&other).then_refused(RefusalCode::AlreadyExists);
    }
}
