//! Random histories: small numbers that become events which the rules would have let through.

use letopis_domain::activity::{Direction, Subjects};
use letopis_domain::attribute::{AttributeChange, AttributeChanges, AttributesSet, EntityRef};
use letopis_domain::catalog::{AuditRulesPublished, AuditThresholds};
use letopis_domain::contact::ContactUpdated;
use letopis_domain::employee::{EmployeeTransferred, TeamFormed};
use letopis_domain::lead::{LeadAssigned, LeadQualified, LeadReopened};
use letopis_domain::opportunity::{
    OpportunityAmountRevised, OpportunityLost, OpportunityOwnerAssigned, OpportunityReopened, OpportunityWon,
};
use letopis_domain::pipeline::StageRef;
use letopis_domain::privacy::DataSubjects;
use letopis_domain::values::{AttributeValue, Personal};
use proptest::prelude::*;

use super::story::*;

/// One step: what to do, to whom, how, and how long after the beginning it occurred, in minutes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    what: u8,
    whom: u8,
    how: u8,
    minute: i16,
}

const WHATS: u8 = 24;

pub(super) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = (0..WHATS, 0..8_u8, any::<u8>(), 0..2_000_i16).prop_map(|(what, whom, how, minute)| Step {
        what,
        whom,
        how,
        minute,
    });
    proptest::collection::vec(step, 1..most)
}

/// What the next step needs to know, so that it makes sense.
#[derive(Default)]
struct Known {
    /// By lead: 0 unknown, 1 open, 2 rejected, 3 converted.
    leads: [u8; 8],
    /// By opportunity: the stage it is in, and whether it is open.
    deals: [Option<(StageRef, bool)>; 8],
    accounts: [bool; 8],
    contacts: [bool; 8],
    /// By task: the lead it is about, and whether it is open.
    tasks: [Option<(u128, bool)>; 8],
    rules: u32,
}

const LEADS: u128 = 100;
const DEALS: u128 = 200;
const ACCOUNTS: u128 = 300;
const CONTACTS: u128 = 400;
const TASKS: u128 = 500;

/// A company of two teams, two pipelines and what the steps make of it.
pub(super) fn story(steps: &[Step]) -> Story {
    let mut story = Story::company();
    for number in [10, 11] {
        story.add(NOW, TeamFormed { team: id(number), name: format!("team {number}"), parent: None, unit: None });
        story.add(NOW, pipeline(number + 10, 1, &STAGES));
    }
    let mut known = Known { rules: 1, ..Known::default() };
    for step in steps {
        take(&mut story, &mut known, *step);
    }
    story
}

fn take(story: &mut Story, known: &mut Known, step: Step) {
    match step.what {
        0..8 => lead_step(story, known, step),
        8..13 => activity_step(story, known, step),
        13..20 => deal_step(story, known, step),
        _ => other_step(story, known, step),
    }
}

fn employee(how: u8) -> u128 {
    [ANNA, BORIS, ROBOT][usize::from(how) % 3]
}

fn lead_step(story: &mut Story, known: &mut Known, step: Step) {
    let (index, at) = (usize::from(step.whom), minutes(i64::from(step.minute)));
    let lead = LEADS + u128::from(step.whom);
    match (step.what, known.leads[index]) {
        (_, 0) => {
            known.leads[index] = 1;
            let source = ["web", "phone"][usize::from(step.how) % 2].to_owned();
            story.add(at, letopis_domain::lead::LeadReceived { source: Some(source), ..received(lead) });
        }
        (0..4, 1) => {
            known.leads[index] = 2;
            let comment = ["same", "other", ""][usize::from(step.how / 3) % 3];
            let rejected = if step.what.is_multiple_of(2) { rejected } else { rejected_as_no_answer };
            story.add(at, with_comment(rejected(lead, employee(step.how)), comment));
        }
        (4, 1) => {
            story.add(at, LeadQualified { lead: id(lead), employee: None });
        }
        (5, 1) => {
            story.add(at, LeadAssigned { lead: id(lead), from: Some(id(ANNA)), to: Some(id(employee(step.how))) });
        }
        (6, 1) if known.accounts[index] => {
            known.leads[index] = 3;
            story.add(at, converted(lead, ACCOUNTS + u128::from(step.whom), None));
        }
        (_, 2) => {
            known.leads[index] = 1;
            story.add(
                at,
                LeadReopened {
                    lead: id(lead),
                    employee: None,
                    data_subjects: DataSubjects::NOBODY,
                    personal: Personal::default(),
                },
            );
        }
        _ => {}
    }
}

fn activity_step(story: &mut Story, known: &Known, step: Step) {
    let at = minutes(i64::from(step.minute));
    let lead = LEADS + u128::from(step.whom);
    let direction = [Direction::Outbound, Direction::Inbound, Direction::Internal][usize::from(step.how) % 3];
    let subjects = Subjects {
        account: known.accounts[usize::from(step.whom)].then(|| id(ACCOUNTS + u128::from(step.whom))),
        ..about_lead(lead)
    };
    let duration = (!step.how.is_multiple_of(4)).then_some(u64::from(step.how) * 300);
    let by = Some(id(employee(step.how / 2)));
    match step.what {
        8 | 9 => {
            let call = call(lead, direction, duration);
            story.add(at, letopis_domain::activity::CallRecorded { subjects, employee: by, ..call });
        }
        10 => {
            let email = email(lead, direction);
            story.add(at, letopis_domain::activity::EmailRecorded { subjects, employee: by, ..email });
        }
        _ => {
            story.add(at, note(lead));
        }
    }
}

fn deal_step(story: &mut Story, known: &mut Known, step: Step) {
    let (index, at) = (usize::from(step.whom), minutes(i64::from(step.minute)));
    let deal = DEALS + u128::from(step.whom);
    let target = stage(20 + u128::from(step.how / 8 % 2), STAGES[usize::from(step.how) % 4]);
    let amount = (!step.how.is_multiple_of(3)).then(|| euros(i64::from(step.how)));
    let (employee, opportunity) = (Some(id(employee(step.how))), id(deal));
    match (step.what, known.deals[index].clone()) {
        (_, None) => {
            known.deals[index] = Some((target.clone(), true));
            story.add(at, opened(deal, target, amount));
        }
        (13..16, Some((from, true))) if from != target => {
            known.deals[index] = Some((target.clone(), true));
            story.add(at, moved(deal, from, target));
        }
        (16, Some((stage, true))) => {
            known.deals[index] = Some((stage.clone(), false));
            story.add(at, OpportunityWon { opportunity, employee, stage, amount });
        }
        (17, Some((stage, true))) => {
            known.deals[index] = Some((stage.clone(), false));
            let lost = OpportunityLost {
                opportunity,
                employee,
                stage,
                amount,
                reason: "PRICE".to_owned(),
                catalog_version: 1,
                data_subjects: DataSubjects::NOBODY,
                personal: Personal::default(),
            };
            story.add(at, lost);
        }
        (18, Some((_, true))) => {
            story.add(at, OpportunityAmountRevised { opportunity, employee, from: None, to: amount });
        }
        (19, Some((_, true))) => {
            story.add(at, OpportunityOwnerAssigned { opportunity, from: None, to: employee });
        }
        (_, Some((stage, false))) => {
            known.deals[index] = Some((stage.clone(), true));
            story.add(
                at,
                OpportunityReopened {
                    opportunity,
                    employee,
                    stage,
                    data_subjects: DataSubjects::NOBODY,
                    personal: Personal::default(),
                },
            );
        }
        _ => {}
    }
}

fn other_step(story: &mut Story, known: &mut Known, step: Step) {
    let (index, at) = (usize::from(step.whom), minutes(i64::from(step.minute)));
    let whom = u128::from(step.whom);
    match (step.what, step.how % 4) {
        (20, 0) => {
            let team = id(10 + whom % 2);
            story.add(at, EmployeeTransferred { employee: id(employee(step.how)), from: None, to: Some(team) });
        }
        (20, 1) => {
            known.rules += 1;
            let thresholds = AuditThresholds {
                burst_count: 3,
                short_call_ms: u64::from(step.how) * 100,
                ..AuditThresholds::default()
            };
            story.add(at, AuditRulesPublished { version: known.rules, thresholds });
        }
        (20 | 21, _) if !known.accounts[index] => {
            known.accounts[index] = true;
            story.add(at, account(ACCOUNTS + whom));
        }
        (21, _) if known.contacts[index] => {
            let account = Some(id(ACCOUNTS + u128::from(step.how % 8)));
            let (contact, subject) = (id(CONTACTS + whom), id(CONTACTS + whom));
            let updated =
                ContactUpdated { contact, subject, account_before: None, account, personal: Personal::default() };
            story.add(at, updated);
        }
        (21, _) => {
            known.contacts[index] = true;
            story.add(at, contact(CONTACTS + whom, ACCOUNTS + whom));
        }
        (22, _) => task_step(story, known, step),
        _ if known.leads[index] != 0 => {
            let to = Some(AttributeValue::Number(i64::from(step.how % 3).into()));
            let changes = vec![AttributeChange { key: "score".to_owned(), from: None, to }];
            let set = AttributesSet {
                entity: EntityRef::Lead(id(LEADS + whom)),
                version: 1,
                data_subjects: id::<letopis_domain::ids::SubjectId>(LEADS + whom).into(),
                personal: Personal::Known(AttributeChanges { changes }),
            };
            story.add(at, set);
        }
        _ => {}
    }
}

fn task_step(story: &mut Story, known: &mut Known, step: Step) {
    let (at, whom) = (minutes(i64::from(step.minute)), u128::from(step.whom));
    let task = &mut known.tasks[usize::from(step.whom)];
    match *task {
        None => {
            let lead = LEADS + u128::from(step.how % 8);
            *task = Some((lead, true));
            let due = at.plus_ms(i64::from(step.how) * MINUTE);
            story.add(at, scheduled(TASKS + whom, lead, employee(step.how), due));
        }
        Some((lead, true)) => {
            *task = Some((lead, false));
            story.add(at, completed(TASKS + whom, lead, ANNA));
        }
        Some((_, false)) => {}
    }
}
