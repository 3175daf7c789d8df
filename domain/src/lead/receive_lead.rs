//! Record that a lead arrived.

use serde::{Deserialize, Serialize};

use crate::attribute::{Definitions, EntityKind};
use crate::common::{Common, Existing};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Fact, Recorded};
use crate::ids::{EmployeeId, LeadId, SubjectId};
use crate::known::{Known, References};
use crate::lead::{LeadDetails, LeadReceived};
use crate::limits;
use crate::query::Query;
use crate::values::{Attributes, Email, Money, PersonName, Personal, Phone, PlainText};

/// Record that a lead arrived.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiveLead {
    /// The new lead.
    pub lead: LeadId,
    /// The data subject.
    pub subject: SubjectId,
    /// Where it came from, a code of the company.
    #[serde(default)]
    pub source: Option<String>,
    /// By which channel, a code of the company.
    #[serde(default)]
    pub channel: Option<String>,
    /// The campaign that brought it, a code of the company.
    #[serde(default)]
    pub campaign: Option<String>,
    /// The first owner.
    #[serde(default)]
    pub owner: Option<EmployeeId>,
    /// What it may be worth.
    #[serde(default)]
    pub amount: Option<Money>,
    /// The person.
    #[serde(default)]
    pub name: Option<PersonName>,
    /// The company they named.
    #[serde(default)]
    pub company: Option<PersonName>,
    /// E-mail addresses.
    #[serde(default)]
    pub emails: Vec<Email>,
    /// Phone numbers.
    #[serde(default)]
    pub phones: Vec<Phone>,
    /// What they asked for.
    #[serde(default)]
    pub message: Option<PlainText>,
    /// Custom attributes, checked against the published definitions.
    #[serde(default)]
    pub attributes: Attributes,
}

/// Whether the id is taken, and what the command may refer to.
#[derive(Clone, Default, Debug)]
pub struct State {
    existing: Existing<LeadReceived>,
    known: Known,
    definitions: Definitions,
}

impl ReceiveLead {
    fn references(&self) -> References {
        References::default().to_employed("owner", self.owner)
    }

    fn check(&self) -> Result<(), Common> {
        limits::code("source", self.source.as_deref())?;
        limits::code("channel", self.channel.as_deref())?;
        limits::code("campaign", self.campaign.as_deref())?;
        limits::amount("amount", self.amount.as_ref())?;
        limits::person("name", self.name.as_ref())?;
        limits::person("company", self.company.as_ref())?;
        limits::reachable(&self.emails, &self.phones)?;
        limits::text("message", self.message.as_ref())
    }

    fn details(&self) -> LeadDetails {
        LeadDetails {
            name: self.name.clone(),
            company: self.company.clone(),
            emails: self.emails.clone(),
            phones: self.phones.clone(),
            message: self.message.clone(),
        }
    }
}

impl Decision for ReceiveLead {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.lead, &[])
    }

    fn boundary(&self, _known: &State) -> Query {
        let lead = self.references().within(Query::about(&self.lead, &[EventType::LeadReceived]));
        Definitions::within_if_any(lead, EntityKind::Lead, &self.attributes)
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.known.evolve(event);
        state.definitions.evolve(event);
        if let Some(fact) = LeadReceived::of(&event.event) {
            state.existing.found(event, fact);
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        self.check()?;
        state.known.check(&self.references())?;
        let (attributes, attributes_version) = state.definitions.check(&self.attributes)?;
        let fact = LeadReceived {
            lead: self.lead,
            subject: self.subject,
            source: self.source.clone(),
            channel: self.channel.clone(),
            campaign: self.campaign.clone(),
            owner: self.owner,
            amount: self.amount,
            attributes_version,
            personal: Personal::with_attributes(self.details(), attributes),
        };
        state.existing.create("lead", fact, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::{AttributeDefinition, AttributeType, PublishAttributes};
    use crate::lead::examples::receive;
    use crate::refusal::RefusalCode;
    use crate::testing::{History, NOW, id};
    use crate::values::AttributeValue;

    fn with_page(value: AttributeValue) -> ReceiveLead {
        ReceiveLead { attributes: [("page".to_owned(), value)].into(), ..receive(1) }
    }

    #[test]
    fn a_lead_arrives_once() {
        let history = History::default().after(&receive(1)).when(&receive(1)).then_nothing();
        let other = ReceiveLead { source: Some("fair".to_owned()), ..receive(1) };
        history.when(&other).then_refused(RefusalCode::AlreadyExists);
    }

    #[test]
    fn the_owner_must_be_an_employee() {
        let owned = ReceiveLead { owner: Some(id(77)), ..receive(1) };
        let refused = History::default().when(&owned).then_refused(RefusalCode::NotFound);
        assert_eq!(refused.field.as_deref(), Some("owner"));
    }

    #[test]
    fn attributes_are_checked_against_what_was_published() {
        let page = AttributeDefinition {
            key: "page".to_owned(),
            name: "Landing page".to_owned(),
            value_type: AttributeType::Option(vec!["home".to_owned(), "price".to_owned()]),
        };
        let history = History::default()
            .after(&PublishAttributes { entity: EntityKind::Lead, definitions: vec![page] })
            .when(&with_page(AttributeValue::Text("price".to_owned())))
            .then_accepted();
        history.when(&with_page(AttributeValue::Flag(true))).then_refused(RefusalCode::InvalidValue);
        let unpublished = with_page(AttributeValue::Flag(true));
        History::default().when(&unpublished).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn a_lead_of_last_year_is_accepted_and_one_of_tomorrow_is_not() {
        const DAY_MS: i64 = 24 * 3_600 * 1_000;
        History::default().occurring_at(NOW.plus_ms(-365 * DAY_MS)).when(&receive(1)).then_accepted();
        History::default().occurring_at(NOW.plus_ms(60_000)).when(&receive(1)).then_accepted();
        History::default().occurring_at(NOW.plus_ms(DAY_MS)).when(&receive(1)).then_refused(RefusalCode::InFuture);
    }

    #[test]
    fn the_same_lead_at_another_time_is_another_fact() {
        let received = History::default().after(&receive(1));
        received.clone().occurring_at(NOW).when(&receive(1)).then_nothing();
        received.occurring_at(NOW.plus_ms(-86_400_000)).when(&receive(1)).then_refused(RefusalCode::AlreadyExists);
    }

    #[test]
    fn a_message_of_a_megabyte_is_refused_with_the_limit() {
        let long = ReceiveLead { message: Some(PlainText("x".repeat(1 << 20))), ..receive(1) };
        let refused = History::default().when(&long).then_refused(RefusalCode::InvalidValue);
        assert_eq!(refused.message, "message has 1048576 bytes, more than the 65536 allowed");
    }
}
