//! Convert a lead into account, contact and opportunity, atomically (R21).
//!
//! What becomes of the lead belongs to the lead's owner. When they have left, or the lead has none, whoever converts
//! it takes over.

use serde::{Deserialize, Serialize};

use crate::account::{AccountCreated, AccountKind};
use crate::activity::Subjects;
use crate::common::{Common, Existing};
use crate::contact::{Contact, ContactCreated};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, EventType, Recorded};
use crate::ids::{EmployeeId, LeadId};
use crate::known::{Known, References};
use crate::lead::conversion::Origin;
use crate::lead::standing::Standing;
use crate::lead::{ConversionAccount, ConversionContact, ConversionOpportunity, Lead, LeadConverted};
use crate::limits;
use crate::opportunity::OpportunityOpened;
use crate::pipeline::Pipelines;
use crate::privacy::{DataSubjects, SubjectsLinked};
use crate::query::Query;
use crate::values::PlainText;

/// Convert a lead into account, contact and opportunity, atomically (R21).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvertLead {
    /// The lead.
    pub lead: LeadId,
    /// The account: a new id, or an existing account to match.
    pub account: ConversionAccount,
    /// The contact; none = no contact is made.
    #[serde(default)]
    pub contact: Option<ConversionContact>,
    /// The opportunity; none = none is opened.
    #[serde(default)]
    pub opportunity: Option<ConversionOpportunity>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}

/// The lead, whether the new ids are free, and what the conversion refers to.
#[derive(Clone, Default, Debug)]
pub struct State {
    lead: Lead,
    standing: Standing,
    account: Existing<AccountCreated>,
    contact_created: Existing<ContactCreated>,
    contact: Contact,
    opportunity: Existing<OpportunityOpened>,
    pipelines: Pipelines,
    known: Known,
}

impl ConvertLead {
    fn references(&self) -> References {
        let mut references = References::default().to_any("employee", self.employee);
        if let ConversionAccount::Existing(account) = self.account {
            references = references.to("account", account);
        }
        if let Some(ConversionContact::Existing(contact)) = self.contact {
            references = references.to("contact", contact);
        }
        references
    }

    /// Those who may become owners, so that the boundary tells whether they have left.
    fn keepers(&self, lead: &Lead) -> References {
        References::default().to_employed("lead", lead.owner).to_employed("employee", self.employee)
    }

    fn check(&self) -> Result<(), Common> {
        let Some(opportunity) = &self.opportunity else { return Ok(()) };
        limits::short("opportunity.title", opportunity.title.as_ref().map(PlainText::reveal))?;
        limits::amount("opportunity.amount", opportunity.amount.as_ref())
    }

    fn account_events(&self, origin: &Origin<'_>, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        match &self.account {
            ConversionAccount::Existing(_) => Ok(Vec::new()),
            ConversionAccount::New { account, subject, kind, name } => {
                state.account.create("account", origin.account(*account, *subject, *kind, name.as_ref())?, at)
            }
        }
    }

    fn contact_events(&self, origin: &Origin<'_>, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        let account = self.account.id();
        match &self.contact {
            None => Ok(Vec::new()),
            Some(ConversionContact::Existing(_)) => {
                Ok(origin.fill(&state.contact, account).map(Event::from).into_iter().collect())
            }
            Some(ConversionContact::New(contact)) => {
                state.contact_created.create("contact", origin.contact(*contact, account)?, at)
            }
        }
    }

    /// The lead's person is the person that they are matched with: a contact, or a private customer.
    fn links(&self, state: &State) -> Vec<Event> {
        let contact = match self.contact {
            Some(ConversionContact::Existing(_)) => Some(state.contact.subject),
            _ => None,
        };
        let account = match (&self.account, state.account.fact()) {
            (ConversionAccount::Existing(_), Some(account)) if account.kind == AccountKind::Private => {
                Some(account.subject)
            }
            _ => None,
        };
        let subject = state.lead.subject;
        let others: DataSubjects = contact.into_iter().chain(account).filter(|other| *other != subject).collect();
        others.as_slice().iter().map(|other| SubjectsLinked { subject, other: *other }.into()).collect()
    }

    /// Whom the deal concerns: the lead's person and everyone who is matched or created, unless erased.
    fn customers(&self, state: &State, created: &[Event]) -> DataSubjects {
        let mut customers = state.known.data_subjects(&self.named());
        customers.add(created.iter().flat_map(|event| event.data_subjects().as_slice().to_vec()));
        customers
    }

    fn named(&self) -> Subjects {
        let contact = self.contact.as_ref().map(ConversionContact::id);
        Subjects { lead: Some(self.lead), account: Some(self.account.id()), contact, opportunity: None }
    }

    fn opportunity_events(
        &self,
        origin: &Origin<'_>,
        state: &State,
        created: &[Event],
        at: &Circumstances,
    ) -> Result<Vec<Event>, Common> {
        let Some(wanted) = &self.opportunity else { return Ok(Vec::new()) };
        let pinned = state.pipelines.pin(wanted.pipeline, wanted.stage.as_deref())?;
        let contact = self.contact.as_ref().map(ConversionContact::id);
        let customers = self.customers(state, created);
        let opened = origin.opportunity(wanted, pinned, self.account.id(), contact, customers);
        state.opportunity.create("opportunity", opened, at)
    }

    fn converted(&self, employee: Option<EmployeeId>) -> LeadConverted {
        LeadConverted {
            lead: self.lead,
            employee,
            account: self.account.id(),
            account_matched: matches!(self.account, ConversionAccount::Existing(_)),
            contact: self.contact.as_ref().map(ConversionContact::id),
            contact_matched: matches!(self.contact, Some(ConversionContact::Existing(_))),
            opportunity: self.opportunity.as_ref().map(|wanted| wanted.opportunity),
        }
    }
}

impl Decision for ConvertLead {
    type State = State;
    type Rejection = Common;
    const IS_REFUSED_AGAIN: bool = true;

    fn subject(&self) -> Query {
        Query::about(&self.lead, &[])
    }

    fn boundary(&self, known: &State) -> Query {
        let mut boundary = Query::about(&self.lead, Standing::TYPES)
            .or(&self.lead, &[EventType::LeadAssigned])
            .or(&self.account.id(), &[EventType::AccountCreated]);
        if let Some(contact) = self.contact.as_ref().map(ConversionContact::id) {
            boundary = boundary.or(&contact, &[EventType::ContactCreated]).or(&contact, &[EventType::ContactUpdated]);
        }
        if let Some(wanted) = &self.opportunity {
            boundary = boundary.or(&wanted.opportunity, &[EventType::OpportunityOpened]);
            boundary = Pipelines::within(boundary, &wanted.pipeline);
        }
        let concerned = known.known.within(boundary, &self.named());
        self.keepers(&known.lead).within(self.references().within(concerned))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.lead.evolve(event);
        state.standing.evolve(event);
        state.contact.evolve(event);
        state.pipelines.evolve(event);
        state.known.evolve(event);
        match &event.event {
            Event::AccountCreated(fact) => state.account.found(event, fact),
            Event::ContactCreated(fact) => state.contact_created.found(event, fact),
            Event::OpportunityOpened(fact) => state.opportunity.found(event, fact),
            _ => {}
        }
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        self.check()?;
        state.standing.in_play(self.lead)?;
        state.known.check(&self.references())?;
        let employee = at.employee(self.employee);
        let mut keepers = state.lead.owner.into_iter().chain(employee);
        let origin = Origin { lead: &state.lead, owner: keepers.find(|keeper| !state.known.has_left(*keeper)) };
        let mut events = self.account_events(&origin, state, at)?;
        events.append(&mut self.contact_events(&origin, state, at)?);
        let mut opened = self.opportunity_events(&origin, state, &events, at)?;
        events.append(&mut opened);
        events.append(&mut self.links(state));
        events.push(self.converted(employee).into());
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountDetails, AccountKind, CreateAccount};
    use crate::contact::{ContactDetails, ContactUpdated, CreateContact};
    use crate::employee::ReleaseEmployee;
    use crate::lead::AssignLead;
    use crate::lead::examples::{ANNA, BORIS, office_with_a_lead, receive, recycle, reject, reopen};
    use crate::lead::{LeadReceived, ReceiveLead};
    use crate::pipeline::{PublishPipeline, Stage, StageCategory, StageRef};
    use crate::refusal::RefusalCode;
    use crate::testing::{History, given, id};
    use crate::values::{Attributes, PersonName, Personal};

    fn stage(key: &str) -> Stage {
        Stage {
            key: key.to_owned(),
            name: key.to_owned(),
            category: StageCategory::Proposal,
            probability_percent: None,
        }
    }

    fn ready() -> History {
        let publish = |keys: &[&str]| PublishPipeline {
            pipeline: id(30),
            name: "Sales".to_owned(),
            stages: keys.iter().map(|key| stage(key)).collect(),
        };
        office_with_a_lead().after(&publish(&["OLD"])).after(&publish(&["OFFER", "TERMS"])).by(id(ANNA))
    }

    fn new_account(kind: AccountKind, name: Option<&str>) -> ConversionAccount {
        ConversionAccount::New { account: id(10), subject: id(11), kind, name: name.map(PersonName::from) }
    }

    fn convert() -> ConvertLead {
        let opportunity = ConversionOpportunity {
            opportunity: id(40),
            pipeline: id(30),
            stage: None,
            amount: None,
            expected_close: None,
            title: None,
        };
        ConvertLead {
            lead: id(1),
            account: new_account(AccountKind::Company, None),
            contact: Some(ConversionContact::New(id(20))),
            opportunity: Some(opportunity),
            employee: None,
        }
    }

    fn matching() -> ConvertLead {
        ConvertLead {
            account: ConversionAccount::Existing(id(10)),
            contact: Some(ConversionContact::Existing(id(20))),
            opportunity: None,
            ..convert()
        }
    }

    fn with_account_and_contact(phones: &[&str]) -> History {
        let account = CreateAccount {
            account: id(10),
            subject: id(11),
            kind: AccountKind::Company,
            name: "Vega Ltd".into(),
            emails: Vec::new(),
            phones: Vec::new(),
            owner: None,
            parent: None,
            attributes: Attributes::new(),
        };
        let contact = CreateContact {
            contact: id(20),
            subject: id(21),
            name: "V. Petrova".into(),
            emails: Vec::new(),
            phones: phones.iter().map(|phone| (*phone).into()).collect(),
            account: Some(id(10)),
            role: None,
            owner: None,
            attributes: Attributes::new(),
        };
        ready().after(&account).after(&contact)
    }

    #[test]
    fn a_lead_becomes_account_contact_and_opportunity_in_one_decision() {
        let lead = receive(1);
        let vega = AccountDetails { name: "Vega".into(), emails: Vec::new(), phones: Vec::new() };
        let account = AccountCreated {
            account: id(10),
            subject: id(11),
            kind: AccountKind::Company,
            owner: Some(id(ANNA)),
            parent: None,
            origin_lead: Some(id(1)),
            attributes_version: 0,
            personal: Personal::with_attributes(vega, Attributes::new()),
        };
        let phones = vec!["+31 20 1".into()];
        let person = ContactDetails { name: "Vera Petrova".into(), emails: Vec::new(), phones, role: None };
        let contact = ContactCreated {
            contact: id(20),
            subject: lead.subject,
            account: Some(id(10)),
            owner: Some(id(ANNA)),
            origin_lead: Some(id(1)),
            attributes_version: 0,
            personal: Personal::with_attributes(person, Attributes::new()),
        };
        let opportunity = OpportunityOpened {
            opportunity: id(40),
            account: Some(id(10)),
            contact: Some(id(20)),
            origin_lead: Some(id(1)),
            stage: StageRef { pipeline: id(30), version: 2, stage: "OFFER".to_owned() },
            owner: Some(id(ANNA)),
            amount: lead.amount,
            expected_close: None,
            probability_percent: None,
            attributes_version: 0,
            data_subjects: [lead.subject, id(11)].into_iter().collect(),
            personal: Personal::default(),
        };
        let converted = LeadConverted {
            lead: id(1),
            employee: Some(id(ANNA)),
            account: id(10),
            account_matched: false,
            contact: Some(id(20)),
            contact_matched: false,
            opportunity: Some(id(40)),
        };
        ready().when(&convert()).then([account.into(), contact.into(), opportunity.into(), converted.into()]);
    }

    #[test]
    fn a_lead_is_converted_once_and_takes_no_more_commands() {
        let converted = ready().after(&convert());
        let refused = converted.clone().when(&convert()).then_refused(RefusalCode::InvalidState);
        assert_eq!(refused.conflict.and_then(|conflict| conflict.event_type), Some(EventType::LeadConverted));
        converted.clone().when(&reject("BUDGET")).then_refused(RefusalCode::InvalidState);
        converted.clone().when(&reopen()).then_refused(RefusalCode::InvalidState);
        converted.when(&recycle("BUDGET")).then_refused(RefusalCode::InvalidState);
    }

    #[test]
    fn a_rejected_lead_is_not_converted_but_one_set_aside_is() {
        ready().after(&reject("BUDGET")).when(&convert()).then_refused(RefusalCode::InvalidState);
        ready().after(&recycle("BUDGET")).when(&convert()).then_accepted();
    }

    #[test]
    fn a_private_customer_keeps_the_data_subject_of_the_lead() {
        let private = ConvertLead { account: new_account(AccountKind::Private, None), ..convert() };
        let history = ready().after(&private);
        let created = history
            .events()
            .iter()
            .find_map(|event| if let Event::AccountCreated(fact) = &event.event { Some(fact) } else { None });
        assert_eq!(created.map(|fact| fact.subject), Some(receive(1).subject));
        let details = &created.and_then(|fact| fact.personal.known()).unwrap().details;
        assert_eq!((details.name.reveal(), details.phones.len()), ("Vera Petrova", 1));
    }

    #[test]
    fn filled_fields_of_an_existing_contact_stay_and_empty_ones_are_filled() {
        let untouched = with_account_and_contact(&["+7 1"]).when(&matching()).then_accepted();
        assert_eq!(untouched.events().last().map(|event| event.event.event_type()), Some(EventType::LeadConverted));
        let updates = |history: &History| {
            let update =
                |event: &Event| if let Event::ContactUpdated(fact) = event { Some(fact.clone()) } else { None };
            history.events().iter().filter_map(|event| update(&event.event)).collect::<Vec<ContactUpdated>>()
        };
        assert_eq!(updates(&untouched), []);
        let filled = updates(&with_account_and_contact(&[]).after(&matching()));
        let details = filled[0].personal.known().unwrap();
        assert_eq!((details.name.reveal(), details.phones[0].reveal()), ("V. Petrova", "+31 20 1"));
        assert_eq!(filled[0].subject, id(21));
    }

    #[test]
    fn matched_account_and_contact_must_exist_and_new_ids_must_be_new() {
        let refused = ready().when(&matching()).then_refused(RefusalCode::NotFound);
        assert_eq!(refused.field.as_deref(), Some("account"));
        let refused = with_account_and_contact(&[]).when(&convert()).then_refused(RefusalCode::AlreadyExists);
        assert_eq!(refused.field.as_deref(), Some("account"));
    }

    #[test]
    fn pipeline_and_stage_must_be_published() {
        let opportunity = |pipeline, stage: Option<&str>| ConvertLead {
            opportunity: convert().opportunity.map(|wanted| ConversionOpportunity {
                pipeline: id(pipeline),
                stage: stage.map(str::to_owned),
                ..wanted
            }),
            ..convert()
        };
        ready().when(&opportunity(31, None)).then_refused(RefusalCode::NotFound);
        ready().when(&opportunity(30, Some("OLD"))).then_refused(RefusalCode::InvalidValue);
        ready().when(&opportunity(30, Some("TERMS"))).then_accepted();
    }

    #[test]
    fn who_left_gets_nothing_and_who_converts_takes_over() {
        let owners = |decided: &[Event]| -> Vec<Option<EmployeeId>> {
            let owner = |event: &Event| match event {
                Event::AccountCreated(fact) => Some(fact.owner),
                Event::ContactCreated(fact) => Some(fact.owner),
                Event::OpportunityOpened(fact) => Some(fact.owner),
                _ => None,
            };
            decided.iter().filter_map(owner).collect()
        };
        let convert_after = |left: &[u128]| {
            let mut history = ready().after(&AssignLead { lead: id(1), owner: Some(id(BORIS)) });
            for employee in left {
                history = history.after(&ReleaseEmployee { employee: id(*employee) });
            }
            history.execute(&ConvertLead { employee: Some(id(ANNA)), ..convert() }).unwrap()
        };
        assert_eq!(owners(&convert_after(&[])), [Some(id(BORIS)); 3]);
        assert_eq!(owners(&convert_after(&[BORIS])), [Some(id(ANNA)); 3]);
        assert_eq!(owners(&convert_after(&[BORIS, ANNA])), [None; 3]);
    }

    #[test]
    fn a_company_does_not_take_the_name_of_the_person_who_asked() {
        let without_company = ReceiveLead { company: None, ..receive(1) };
        let history = History::default().after(&without_company);
        let convert_to =
            |kind| ConvertLead { account: new_account(kind, None), opportunity: None, contact: None, ..convert() };
        let refused = history.clone().when(&convert_to(AccountKind::Company)).then_refused(RefusalCode::Required);
        assert_eq!(refused.field.as_deref(), Some("account.name"));
        history.when(&convert_to(AccountKind::Private)).then_accepted();
    }

    #[test]
    fn an_account_has_a_name_from_the_command_or_the_lead() {
        let nameless = ReceiveLead { name: None, company: None, ..receive(1) };
        let only_account = ConvertLead { opportunity: None, contact: None, ..convert() };
        let history = History::default().after(&nameless);
        history.clone().when(&only_account).then_refused(RefusalCode::Required);
        let named = ConvertLead { account: new_account(AccountKind::Company, Some("Vega")), ..only_account };
        history.when(&named).then_accepted();
    }

    #[test]
    fn an_erased_person_does_not_come_back_as_a_contact() {
        let received = receive(1);
        let lead = LeadReceived {
            lead: received.lead,
            subject: received.subject,
            source: None,
            channel: None,
            campaign: None,
            owner: None,
            amount: None,
            attributes_version: 0,
            personal: Personal::Erased,
        };
        let account = new_account(AccountKind::Company, Some("Vega"));
        let with_contact = ConvertLead { opportunity: None, account, ..convert() };
        given([lead.clone().into()]).when(&with_contact).then_refused(RefusalCode::SubjectErased);
        given([lead.into()]).when(&ConvertLead { contact: None, ..with_contact }).then_accepted();
    }
}
