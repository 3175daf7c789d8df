//! Random commands on leads: whatever is decided, a lead lives by the rules.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::account::AccountKind;
use crate::command::Command;
use crate::employee::ReleaseEmployee;
use crate::event::{Event, EventType, Recorded};
use crate::ids::{AccountId, ContactId, LeadId};
use crate::lead::examples::{ANNA, BORIS, office, receive};
use crate::lead::{
    AssignLead, ConversionAccount, ConversionContact, ConvertLead, Lead, LeadStatus, QualifyLead, ReceiveLead,
    RecycleLead, RejectLead, ReopenLead,
};
use crate::testing::{History, id};

/// Few ids, so that commands meet.
fn lead() -> impl Strategy<Value = LeadId> {
    (1..=3_u128).prop_map(id)
}

fn employee() -> impl Strategy<Value = u128> {
    prop::sample::select(&[ANNA, BORIS, 999][..])
}

fn account() -> impl Strategy<Value = ConversionAccount> {
    let number = || (50..=52_u128).prop_map(id::<AccountId>);
    let kind = prop::sample::select(&[AccountKind::Company, AccountKind::Private][..]);
    prop_oneof![
        number().prop_map(ConversionAccount::Existing),
        (number(), kind).prop_map(|(account, kind)| ConversionAccount::New {
            account,
            subject: id(60),
            kind,
            name: None
        }),
    ]
}

fn contact() -> impl Strategy<Value = Option<ConversionContact>> {
    let number = || (70..=72_u128).prop_map(id::<ContactId>);
    prop::option::of(prop_oneof![
        number().prop_map(ConversionContact::Existing),
        number().prop_map(ConversionContact::New),
    ])
}

fn command() -> impl Strategy<Value = Command> {
    let reason = || prop::sample::select(&["BUDGET", "OTHER", "MOON"][..]).prop_map(str::to_owned);
    let comment = || prop::option::of(Just("later".into()));
    prop_oneof![
        3 => (1..=3_u128, prop::option::of(employee()))
            .prop_map(|(lead, owner)| ReceiveLead { owner: owner.map(id), ..receive(lead) }.into()),
        2 => lead().prop_map(|lead| QualifyLead { lead, employee: None }.into()),
        2 => (lead(), prop::option::of(employee()))
            .prop_map(|(lead, owner)| AssignLead { lead, owner: owner.map(id) }.into()),
        2 => (lead(), reason(), comment())
            .prop_map(|(lead, reason, comment)| RejectLead { lead, reason, comment, employee: None }.into()),
        2 => (lead(), reason(), comment()).prop_map(|(lead, reason, comment)| {
            RecycleLead { lead, reason, revisit_on: None, comment, employee: None }.into()
        }),
        3 => lead().prop_map(|lead| ReopenLead { lead, comment: None, employee: None }.into()),
        2 => (lead(), account(), contact()).prop_map(|(lead, account, contact)| {
            ConvertLead { lead, account, contact, opportunity: None, employee: None }.into()
        }),
        1 => employee().prop_map(|employee| ReleaseEmployee { employee: id(employee) }.into()),
    ]
}

fn fold(events: &[&Recorded]) -> Lead {
    let mut lead = Lead::default();
    for event in events {
        lead.evolve(event);
    }
    lead
}

fn by_lead(history: &History) -> BTreeMap<LeadId, Vec<&Recorded>> {
    let mut leads: BTreeMap<LeadId, Vec<&Recorded>> = BTreeMap::new();
    for event in history.events() {
        let lead = match &event.event {
            Event::LeadReceived(fact) => fact.lead,
            Event::LeadQualified(fact) => fact.lead,
            Event::LeadAssigned(fact) => fact.lead,
            Event::LeadRejected(fact) => fact.lead,
            Event::LeadRecycled(fact) => fact.lead,
            Event::LeadReopened(fact) => fact.lead,
            Event::LeadConverted(fact) => fact.lead,
            _ => continue,
        };
        leads.entry(lead).or_default().push(event);
    }
    leads
}

/// The life of one lead, told without the code under test.
fn lives_by_the_rules(events: &[&Recorded]) -> Result<(), TestCaseError> {
    let types: Vec<EventType> = events.iter().map(|event| event.event.event_type()).collect();
    let count = |wanted| types.iter().filter(|found| **found == wanted).count();
    prop_assert_eq!(types[0], EventType::LeadReceived);
    prop_assert_eq!(count(EventType::LeadReceived), 1);
    prop_assert!(count(EventType::LeadConverted) <= 1);
    for pair in types.windows(2) {
        match pair[0] {
            EventType::LeadConverted => prop_assert!(false, "{:?} after a conversion", pair[1]),
            EventType::LeadRejected => prop_assert_eq!(pair[1], EventType::LeadReopened),
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_lead_is_converted_at_most_once_and_stays_closed(commands in prop::collection::vec(command(), 1..60)) {
        let mut history = office();
        for command in &commands {
            let before = history.events().len();
            let refused = history.carry_out(command).is_err();
            prop_assert!(!refused || history.events().len() == before);
        }
        for events in by_lead(&history).values() {
            lives_by_the_rules(events)?;
        }
    }

    #[test]
    fn what_a_conversion_names_exists(commands in prop::collection::vec(command(), 1..60)) {
        let mut history = office();
        for command in &commands {
            let _refused = history.carry_out(command);
        }
        let mut accounts = Vec::new();
        let mut contacts = Vec::new();
        for event in history.events() {
            match &event.event {
                Event::AccountCreated(fact) => accounts.push(fact.account),
                Event::ContactCreated(fact) => contacts.push(fact.contact),
                Event::LeadConverted(fact) => {
                    prop_assert!(accounts.contains(&fact.account));
                    prop_assert!(fact.contact.is_none_or(|contact| contacts.contains(&contact)));
                }
                _ => {}
            }
        }
        let distinct = accounts.iter().collect::<std::collections::BTreeSet<_>>().len();
        prop_assert_eq!(distinct, accounts.len(), "an id names one account");
    }

    #[test]
    fn the_shown_status_is_that_of_the_last_event(commands in prop::collection::vec(command(), 1..40)) {
        let mut history = office();
        for command in &commands {
            let _refused = history.carry_out(command);
        }
        for events in by_lead(&history).values() {
            let lead = fold(events);
            let changes = events.iter().rev().map(|event| event.event.event_type());
            let last = changes.into_iter().find(|event_type| *event_type != EventType::LeadAssigned);
            match last {
                Some(EventType::LeadRejected) => {
                    prop_assert_eq!(lead.status, LeadStatus::Rejected);
                    prop_assert!(lead.rejection.is_some() && lead.recycling.is_none());
                }
                Some(EventType::LeadRecycled) => {
                    prop_assert_eq!(lead.status, LeadStatus::Recycled);
                    prop_assert!(lead.recycling.is_some() && lead.rejection.is_none());
                }
                Some(EventType::LeadConverted) => {
                    prop_assert_eq!(lead.status, LeadStatus::Converted);
                    prop_assert!(lead.conversion.is_some());
                }
                _ => prop_assert!(!lead.status.is_closed() && lead.rejection.is_none() && lead.conversion.is_none()),
            }
        }
    }
}
