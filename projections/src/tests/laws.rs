//! Laws over random histories: an answer as of a position never changes, and a restart changes nothing.

use std::path::Path;
use std::sync::Arc;

use letopis_domain::event::Recorded;
use letopis_domain::ids::Position;
use proptest::prelude::*;

use super::history::{steps, story};
use super::story::*;
use crate::digest::digests;
use crate::entries::{AccountEntry, ContactEntry, EmployeeEntry, LeadEntry, OpportunityEntry, TaskEntry, TeamEntry};
use crate::filter::{Test, Where};
use crate::generation::Generation;
use crate::lists::{Rows, group, list};
use crate::page::{ListQuery, Order, PageRequest};
use crate::reports::activity_totals::{ActivityQuery, totals};
use crate::reports::audit::{AuditQuery, audit, rejection_bursts, rejections};
use crate::reports::funnel::{FunnelQuery, funnel};
use crate::reports::lead_conversion::{LeadConversionQuery, conversion};
use crate::reports::timeline::{Keep, TimelineOf, TimelineQuery, page, sources};
use crate::scope::{Between, Scope};
use crate::value::Field;

fn whole<M: Rows<Entry: std::fmt::Debug>>(scope: Scope<'_>, by: Field, answers: &mut Vec<String>) {
    let order = vec![Order { field: by.clone(), descending: true }];
    let query = ListQuery { order, page: PageRequest::first(100), ..ListQuery::default() };
    answers.push(format!("{:?}", list::<M>(scope, &query).unwrap()));
    answers.push(format!("{:?}", group::<M>(scope, &Where::default(), &[by]).unwrap()));
}

/// Everything that can be asked, in words.
fn answers(generation: &Generation, position: Position) -> Vec<String> {
    let facts = generation.facts.read();
    let mut answers = seen(generation, Scope { facts: &facts, position: position.0, eyes: None }, None);
    drop(facts);
    answers.extend(digests(generation, position).unwrap().iter().map(ToString::to_string));
    answers
}

/// What somebody is answered, in words.
pub(super) fn seen(generation: &Generation, scope: Scope<'_>, keep: Option<&Keep<'_>>) -> Vec<String> {
    let mut answers = Vec::new();
    whole::<LeadEntry>(scope, Field::Team, &mut answers);
    whole::<LeadEntry>(scope, Field::Attribute("score".to_owned()), &mut answers);
    whole::<AccountEntry>(scope, Field::CreatedAt, &mut answers);
    whole::<ContactEntry>(scope, Field::Account, &mut answers);
    whole::<OpportunityEntry>(scope, Field::Amount, &mut answers);
    whole::<TaskEntry>(scope, Field::Status, &mut answers);
    whole::<EmployeeEntry>(scope, Field::Team, &mut answers);
    whole::<TeamEntry>(scope, Field::Detail, &mut answers);
    for group_by in [vec![], vec![Field::Team], vec![Field::Source], vec![Field::Month]] {
        let query = FunnelQuery { group_by: group_by.clone(), ..FunnelQuery::default() };
        answers.push(format!("{:?}", funnel(scope, &query).unwrap()));
        let query = AuditQuery { group_by: group_by.clone(), ..AuditQuery::default() };
        answers.push(format!("{:?}", audit(scope, &query).unwrap()));
        let query = LeadConversionQuery { group_by, ..LeadConversionQuery::default() };
        answers.push(format!("{:?}", conversion(scope, &query).unwrap()));
    }
    let query = AuditQuery::default();
    answers.push(format!("{:?}", rejections(scope, &query, &PageRequest::first(1_000)).unwrap()));
    answers.push(format!("{:?}", rejection_bursts(scope, &query).unwrap()));
    let scored = Where::Not(Box::new(Where::Is(
        Field::LeadAttribute("score".to_owned()),
        Test::In(vec![crate::value::Value::Null]),
    )));
    for (filter, group_by) in [(Where::default(), vec![Field::Kind, Field::Direction]), (scored, vec![Field::Employee])]
    {
        let query = ActivityQuery { filter, group_by, ..ActivityQuery::default() };
        answers.push(format!("{:?}", totals(scope, &query).unwrap()));
    }
    let mut whose = vec![TimelineOf::Employee(id(ANNA)), TimelineOf::Employee(id(ROBOT))];
    for number in 0..8 {
        whose.extend([TimelineOf::Lead(id(100 + number)), TimelineOf::Account(id(300 + number))]);
    }
    for of in whose {
        let query = TimelineQuery { of, types: vec![], period: Between::default(), page: PageRequest::first(1_000) };
        let mut page = page(&sources(scope, of), generation.store().unwrap(), &query, keep).unwrap();
        if keep.is_some() && matches!(of, TimelineOf::Employee(_)) {
            // That an entry of theirs came after a later one stays on it, whatever the later one was about.
            page.edges.iter_mut().for_each(|edge| edge.node.is_out_of_order = false);
        }
        answers.push(format!("{page:?}"));
    }
    answers
}

pub(super) fn open(folder: &Path) -> Generation {
    Generation::open(folder, true).unwrap().unwrap()
}

fn cut(events: &[Arc<Recorded>], share: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share")]
    let cut = (events.len() as f64 * share) as usize;
    cut.min(events.len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_answer_as_of_a_position_is_the_answer_that_was_given_there(steps in steps(200), share in 0.0..1.0_f64) {
        let events = story(&steps).events;
        let folder = tempfile::tempdir().unwrap();
        let generation = open(folder.path());
        let cut = cut(&events, share);
        generation.apply(&events[..cut]).unwrap();
        let then = Position(cut as u64);
        let given = answers(&generation, then);
        generation.apply(&events[cut..]).unwrap();
        prop_assert_eq!(answers(&generation, then), given);
    }

    #[test]
    fn folding_in_two_parts_with_a_restart_between_is_folding_everything(
        steps in steps(200),
        saved in 0.0..1.0_f64,
        unsaved in 0.0..1.0_f64,
    ) {
        let events = story(&steps).events;
        let head = Position(events.len() as u64);
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let straight = open(folder.path());
        straight.apply(&events).unwrap();
        let (saved, unsaved) = (cut(&events, saved), cut(&events, unsaved));
        {
            let first = open(other.path());
            first.apply(&events[..saved]).unwrap();
            first.close().unwrap();
            // Beyond the checkpoint: the timeline has these rows, the tables have not.
            first.apply(&events[saved..unsaved.max(saved)]).unwrap();
            first.store().unwrap().flush().unwrap();
        }
        let second = open(other.path());
        let event = |at: &Position| events.iter().find(|event| event.position == *at).cloned();
        second.facts.write().recall(&mut |positions| Ok(positions.iter().map(&event).collect())).unwrap();
        prop_assert_eq!(second.applied(), Position(saved as u64));
        second.apply(&events[saved..]).unwrap();
        prop_assert_eq!(answers(&second, head), answers(&straight, head));
        let middle = Position(saved as u64);
        prop_assert_eq!(answers(&second, middle), answers(&straight, middle));
    }
}
