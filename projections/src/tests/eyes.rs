//! Who sees what: stories told in roles, and the law that what is hidden may as well not have happened.

use std::sync::Arc;

use letopis_domain::access::{AbsenceDeclared, Fields, Reach, Role, RoleGranted, RoleRevoked};
use letopis_domain::account::AccountCreated;
use letopis_domain::employee::{BusinessUnitFormed, EmployeeTransferred, TeamFormed};
use letopis_domain::event::Recorded;
use letopis_domain::lead::{LeadAssigned, LeadReceived};
use letopis_domain::opportunity::OpportunityOpened;
use letopis_domain::request::RequestSettled;
use letopis_domain::values::{Period, Timestamp};
use proptest::prelude::*;

use super::history::{steps, story};
use super::laws;
use super::story::*;
use crate::eyes::{Eyes, Looking};
use crate::facts::Facts;
use crate::lists::{count, list};
use crate::names::{Kind, Named};
use crate::page::{ListQuery, PageRequest};
use crate::scope::Scope;
use crate::{entries, filter};

/// The eyes of somebody; none = they see everything.
fn eyes_of(facts: &Facts, employee: u128, now: Timestamp) -> Option<Eyes> {
    let at = facts.applied().0;
    let employee = facts.names.find(id::<letopis_domain::ids::EmployeeId>(employee));
    let grants: Vec<(Role, Reach)> = facts.rights.of(employee, at).collect();
    Eyes::of(facts, &Looking { employee, grants: &grants, now }, at)
}

fn granted(employee: u128, role: Role, reach: Reach) -> RoleGranted {
    RoleGranted { employee: id(employee), role, reach }
}

fn owned(lead: u128, owner: Option<u128>) -> LeadReceived {
    LeadReceived { owner: owner.map(id), ..received(lead) }
}

impl Story {
    fn sees<I: Named>(&self, employee: u128, entity: I) -> Fields {
        self.sees_at(employee, entity, NOW)
    }

    fn sees_at<I: Named>(&self, employee: u128, entity: I, now: Timestamp) -> Fields {
        let reference = self.facts.names.find(entity);
        let eyes = eyes_of(&self.facts, employee, now);
        eyes.map_or(Fields::EVERYTHING, |eyes| eyes.of_entity(&self.facts, I::KIND, reference))
    }

    fn sees_lead(&self, employee: u128, lead: u128) -> bool {
        self.sees(employee, id::<letopis_domain::ids::LeadId>(lead)).sees()
    }

    fn sees_account(&self, employee: u128, account: u128) -> bool {
        self.sees(employee, id::<letopis_domain::ids::AccountId>(account)).sees()
    }

    fn leads_of(&self, employee: u128) -> u64 {
        let eyes = eyes_of(&self.facts, employee, NOW);
        let scope = Scope { eyes: eyes.as_ref(), ..self.now() };
        let whole = ListQuery { page: PageRequest::first(100), ..ListQuery::default() };
        let listed = list::<entries::LeadEntry>(scope, &whole).unwrap().edges.len() as u64;
        assert_eq!(count::<entries::LeadEntry>(scope, &filter::Where::default()).unwrap(), listed);
        listed
    }
}

/// Anna leads the team 10, Boris is in the team 11 below it; both are in the unit 5.
fn teams() -> Story {
    let mut story = Story::company();
    let team = |team: u128, parent: Option<u128>| TeamFormed {
        team: id(team),
        name: "team".to_owned(),
        parent: parent.map(id),
        unit: Some(id(5)),
    };
    story.add(NOW, BusinessUnitFormed { unit: id(5), name: "unit".to_owned() });
    story.add(NOW, team(10, None));
    story.add(NOW, team(11, Some(10)));
    for (employee, team) in [(ANNA, 10), (BORIS, 11)] {
        story.add(NOW, EmployeeTransferred { employee: id(employee), from: None, to: Some(id(team)) });
    }
    story
}

#[test]
fn without_a_role_nobody_sees_anything() {
    let mut story = Story::company();
    story.add(NOW, owned(100, Some(ANNA)));
    assert!(!story.sees_lead(ANNA, 100));
    assert_eq!(story.leads_of(ANNA), 0);
    story.add(NOW, granted(ANNA, Role::Representative, Reach::Own));
    assert_eq!(story.leads_of(ANNA), 1);
    story.add(NOW, RoleRevoked { employee: id(ANNA), role: Role::Representative });
    assert_eq!(story.leads_of(ANNA), 0);
}

#[test]
fn a_role_reaches_its_own_its_team_its_unit_or_everything() {
    let mut story = teams();
    for (lead, owner) in [(100, Some(ANNA)), (101, Some(BORIS)), (102, Some(ROBOT)), (103, None)] {
        story.add(NOW, owned(lead, owner));
    }
    let reaches = [(Reach::Own, 1, 1), (Reach::Team, 3, 2), (Reach::Unit, 3, 3), (Reach::All, 4, 4)];
    for (reach, of_anna, of_boris) in reaches {
        story.add(NOW, granted(ANNA, Role::Manager, reach));
        story.add(NOW, granted(BORIS, Role::Manager, reach));
        assert_eq!((story.leads_of(ANNA), story.leads_of(BORIS)), (of_anna, of_boris), "{reach:?}");
    }
}

#[test]
fn sight_follows_the_owner_of_now() {
    let mut story = Story::company();
    story.add(NOW, granted(ANNA, Role::Representative, Reach::Own));
    story.add(NOW, granted(BORIS, Role::Representative, Reach::Own));
    let received = story.add(NOW, owned(100, Some(ANNA)));
    story.add(NOW, LeadAssigned { lead: id(100), from: Some(id(ANNA)), to: Some(id(BORIS)) });
    assert!(!story.sees_lead(ANNA, 100) && story.sees_lead(BORIS, 100));
    // Also of what was before: the rows of then through the eyes of now.
    let eyes = eyes_of(&story.facts, BORIS, NOW).unwrap();
    let then = Scope { eyes: Some(&eyes), ..story.at(received) };
    let whole = ListQuery { page: PageRequest::first(9), ..ListQuery::default() };
    let listed = list::<entries::LeadEntry>(then, &whole).unwrap();
    assert_eq!(listed.edges[0].node.owner.employee, Some(id(ANNA)), "the owner of then is content");
    let eyes = eyes_of(&story.facts, ANNA, NOW).unwrap();
    assert!(list::<entries::LeadEntry>(Scope { eyes: Some(&eyes), ..then }, &whole).unwrap().edges.is_empty());
}

#[test]
fn who_owns_a_part_sees_the_account_and_who_owns_the_account_sees_its_parts() {
    let mut story = Story::company();
    for seller in [ANNA, BORIS] {
        story.add(NOW, granted(seller, Role::Representative, Reach::Own));
    }
    story.add(NOW, pipeline(20, 1, &STAGES));
    story.add(NOW, AccountCreated { owner: Some(id(ANNA)), ..account(300) });
    let deal = |deal: u128, owner: u128| OpportunityOpened {
        account: Some(id(300)),
        owner: Some(id(owner)),
        ..opened(deal, stage(20, "NEW"), None)
    };
    assert!(!story.sees_account(BORIS, 300));
    story.add(NOW, deal(200, BORIS));
    story.add(NOW, deal(201, ROBOT));
    assert!(story.sees_account(BORIS, 300), "who owns a deal sees its account");
    let sees = |who, deal| story.sees(who, id::<letopis_domain::ids::OpportunityId>(deal)).sees();
    assert!(sees(ANNA, 200) && sees(ANNA, 201), "who owns the account sees its deals");
    assert!(sees(BORIS, 200) && !sees(BORIS, 201), "who owns a deal does not see the others");
}

#[test]
fn an_open_task_lets_see_what_it_is_about() {
    let mut story = Story::company();
    story.add(NOW, granted(BORIS, Role::Representative, Reach::Own));
    story.add(NOW, owned(100, Some(ANNA)));
    assert!(!story.sees_lead(BORIS, 100));
    story.add(NOW, scheduled(500, 100, BORIS, minutes(60)));
    assert!(story.sees_lead(BORIS, 100));
    story.add(NOW, completed(500, 100, BORIS));
    assert!(!story.sees_lead(BORIS, 100));
}

#[test]
fn a_substitute_sees_the_customers_of_whoever_is_away_while_they_are() {
    let mut story = Story::company();
    story.add(NOW, granted(BORIS, Role::Representative, Reach::Own));
    story.add(NOW, owned(100, Some(ANNA)));
    let period = Period { from: minutes(10), until: Some(minutes(20)) };
    let (absence, employee, substitute) = (id(70), id(ANNA), id(BORIS));
    story.add(NOW, AbsenceDeclared { absence, employee, substitute, period });
    let lead = id::<letopis_domain::ids::LeadId>(100);
    let sees = |at| story.sees_at(BORIS, lead, minutes(at)).sees();
    assert_eq!([9, 10, 19, 20].map(sees), [false, true, true, false]);
    story.add(NOW, letopis_domain::access::AbsenceEnded { absence, employee, substitute });
    assert!(!story.sees_at(BORIS, lead, minutes(15)).sees());
}

#[test]
fn a_machine_reads_what_it_recorded_and_nothing_else() {
    let mut story = Story::company();
    story.add(NOW, granted(ROBOT, Role::Integration, Reach::Own));
    let position = story.head().next();
    let own = Recorded { actor: Some(id(ROBOT)), ..recorded(position, NOW, owned(100, Some(ROBOT)).into()) };
    story.facts.apply(&own);
    story.events.push(Arc::new(own));
    story.add(NOW, owned(101, Some(ROBOT)));
    assert!(story.sees_lead(ROBOT, 100));
    assert!(!story.sees_lead(ROBOT, 101), "being the owner is not having recorded it");
}

#[test]
fn several_roles_never_show_more_of_a_row_than_one_of_them_does() {
    let mut story = Story::company();
    story.add(NOW, owned(100, Some(ANNA)));
    story.add(NOW, owned(101, Some(BORIS)));
    story.add(NOW, granted(BORIS, Role::Representative, Reach::Own));
    story.add(NOW, granted(BORIS, Role::Analyst, Reach::All));
    let lead = |lead| story.sees(BORIS, id::<letopis_domain::ids::LeadId>(lead));
    assert_eq!(lead(101), Fields::EVERYTHING);
    assert_eq!(lead(100), Role::Analyst.fields());
}

#[test]
fn money_is_neither_shown_nor_summed_nor_compared_where_it_is_withheld() {
    let mut story = Story::company();
    story.add(NOW, granted(ANNA, Role::Marketing, Reach::All));
    story.add(NOW, pipeline(20, 1, &STAGES));
    story.add(NOW, opened(200, stage(20, "NEW"), Some(euros(7))));
    let eyes = eyes_of(&story.facts, ANNA, NOW).unwrap();
    let scope = Scope { eyes: Some(&eyes), ..story.now() };
    let funnel =
        |scope| crate::reports::funnel::funnel(scope, &crate::reports::funnel::FunnelQuery::default()).unwrap();
    let amount = |scope| funnel(scope).groups[0].pipelines[0].stages[0].amount.clone();
    assert_eq!((amount(story.now()), amount(scope)), (vec![euros(7)], vec![]));
    assert_eq!(funnel(scope).groups[0].pipelines[0].stages[0].entered, 1);
    let has_amount =
        filter::Where::Not(Box::new(filter::Where::equals(crate::value::Field::Amount, crate::value::Value::Null)));
    let counted = |scope| count::<entries::OpportunityEntry>(scope, &has_amount).unwrap();
    assert_eq!((counted(story.now()), counted(scope)), (1, 0));
    let listed = list::<entries::OpportunityEntry>(
        scope,
        &ListQuery {
            order: vec![crate::page::Order { field: crate::value::Field::Amount, descending: true }],
            page: PageRequest::first(9),
            ..ListQuery::default()
        },
    );
    assert!(!format!("{:?}", listed.unwrap()).contains("EUR"));
}

/// Whether everything that an event is about is hidden, so that nobody could tell that it is not there.
fn is_hidden(eyes: &Eyes, facts: &Facts, event: &Recorded) -> bool {
    let tags = event.event.tags();
    let mut named = tags.as_slice().iter().filter_map(|tag| {
        let (kind, id) = tag.as_str().split_once(':')?;
        let kind = crate::eyes::protected(kind)?;
        Some((kind, facts.names.ids[kind as usize].find(&uuid::Uuid::parse_str(id).ok()?)))
    });
    let first: Option<(Kind, crate::names::Ref)> = named.next();
    let is_seen = |(kind, entity)| eyes.of_entity(facts, kind, entity).sees();
    first.is_some_and(|first| !is_seen(first) && !named.any(is_seen))
}

/// What somebody is answered, without the one number that stays on a rejection as it was when it was recorded.
fn answered(events: &[Arc<Recorded>], employee: u128) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let generation = laws::open(folder.path());
    generation.apply(events).unwrap();
    let facts = generation.facts.read();
    let Some(eyes) = eyes_of(&facts, employee, NOW) else { return Vec::new() };
    let scope = Scope { facts: &facts, position: events.len() as u64, eyes: Some(&eyes) };
    let is_seen = |entry: &crate::reports::timeline::TimelineEntry| {
        let event = &events[usize::try_from(entry.position.0).unwrap() - 1];
        eyes.event(&facts, event).sees()
    };
    let keep = |entries: Vec<_>| Ok(entries.into_iter().filter(is_seen).collect());
    let answers = laws::seen(&generation, scope, Some(&keep));
    answers.iter().map(|answer| without(answer, "overdue_tasks_of_owner: ")).collect()
}

fn without(text: &str, label: &str) -> String {
    let mut parts = text.split(label);
    let mut left = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| left.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_digit())));
    left
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_hidden_may_as_well_not_have_happened(steps in steps(150), viewer in 0..3_usize, reach in 0..3_usize) {
        let employee = [ANNA, BORIS, ROBOT][viewer];
        let mut whole = story(&steps);
        whole.add(NOW, granted(employee, Role::Manager, [Reach::Own, Reach::Team, Reach::Unit][reach]));
        let eyes = eyes_of(&whole.facts, employee, NOW).unwrap();
        let settled = |event: &Arc<Recorded>| {
            if !is_hidden(&eyes, &whole.facts, event) {
                return Arc::clone(event);
            }
            let nothing = RequestSettled { command: "Nothing".to_owned() };
            Arc::new(Recorded { event: nothing.into(), ..Recorded::clone(event) })
        };
        let rest: Vec<Arc<Recorded>> = whole.events.iter().map(settled).collect();
        prop_assert_eq!(answered(&whole.events, employee), answered(&rest, employee));
    }

    #[test]
    fn whoever_reaches_farther_sees_no_less(steps in steps(150), viewer in 0..3_usize) {
        let employee = [ANNA, BORIS, ROBOT][viewer];
        let mut story = story(&steps);
        let mut least = 0;
        for reach in [Reach::Own, Reach::Team, Reach::All] {
            story.add(NOW, granted(employee, Role::Manager, reach));
            let seen = story.leads_of(employee);
            prop_assert!(seen >= least, "{:?} sees {} leads, less than {}", reach, seen, least);
            least = seen;
        }
        prop_assert_eq!(least, count::<entries::LeadEntry>(story.now(), &filter::Where::default()).unwrap());
    }
}
