//! The rejection audit, flag by flag and edge by edge.

use letopis_domain::activity::Direction::{Inbound, Internal, Outbound};
use letopis_domain::catalog::{AuditRulesPublished, AuditThresholds};
use letopis_domain::ids::Position;
use letopis_domain::lead::LeadReopened;
use letopis_domain::privacy::DataSubjects;
use letopis_domain::values::Personal;

use super::story::*;
use crate::filter::Where;
use crate::page::PageRequest;
use crate::reports::audit::AuditFlag::{
    Burst, CopyPasteComment, EvidenceMismatch, NoContactAttempt, OverdueDodge, ShortCallOnly,
};
use crate::reports::audit::{
    AuditFlag, AuditQuery, AuditedRejection, EvidenceSplit, audit, rejection_bursts, rejections,
};
use crate::scope::Scope;
use crate::value::{Field, Value};

fn all(scope: Scope<'_>) -> Vec<AuditedRejection> {
    rejections(scope, &AuditQuery::default(), &PageRequest::first(10_000)).unwrap().nodes()
}

/// The flags of the only rejection.
fn flags(story: &Story) -> Vec<AuditFlag> {
    let [only] = <[AuditedRejection; 1]>::try_from(all(story.now())).unwrap();
    only.flags
}

fn count(story: &Story, flag: AuditFlag) -> u64 {
    let audit = audit(story.now(), &AuditQuery::default()).unwrap();
    audit.flags.iter().find(|(known, _)| *known == flag).unwrap().1
}

fn with_lead() -> Story {
    let mut story = Story::company();
    story.add(NOW, received(100));
    story
}

#[test]
fn the_circumstances_are_those_recorded_before_that_had_happened_by_then() {
    let mut story = with_lead();
    story.add(minutes(1), call(100, Outbound, Some(12_500)));
    story.add(minutes(2), call(100, Outbound, None));
    story.add(minutes(3), email(100, Inbound));
    story.add(minutes(4), note(100));
    story.add(minutes(5), call(100, Internal, Some(99_000)));
    story.add(minutes(200), call(100, Outbound, Some(300_000))); // dated after the rejection
    story.add(minutes(90), rejected(100, ANNA));
    let found = all(story.now()).remove(0).circumstances;
    assert_eq!((found.touches, found.calls, found.calls_of_unknown_duration), (3, 2, 1));
    assert_eq!((found.outbound_attempts, found.inbound), (2, 1));
    assert_eq!((found.longest_call_seconds, found.last_call_seconds), (Some(12.5), None));
    assert!((found.hours_since_received - 1.5).abs() < 1e-9);
}

#[test]
fn a_rejection_without_any_attempt_is_flagged() {
    let mut story = with_lead();
    story.add(minutes(1), note(100));
    story.add(minutes(2), rejected(100, ANNA));
    assert_eq!(flags(&story), [NoContactAttempt]);
}

#[test]
fn what_the_customer_sent_is_no_attempt_of_ours() {
    let mut story = with_lead();
    story.add(minutes(1), email(100, Inbound));
    story.add(minutes(2), rejected(100, ANNA));
    assert_eq!(flags(&story), [NoContactAttempt]);
}

#[test]
fn an_email_is_an_attempt() {
    let mut story = with_lead();
    story.add(minutes(1), email(100, Outbound));
    story.add(minutes(2), rejected(100, ANNA));
    assert_eq!(flags(&story), []);
}

#[test]
fn a_call_of_9999_ms_is_short_and_one_of_exactly_10_s_is_not() {
    for (ms, expected) in [(9_999, vec![ShortCallOnly]), (10_000, vec![])] {
        let mut story = with_lead();
        story.add(minutes(1), call(100, Outbound, Some(ms)));
        story.add(minutes(2), rejected(100, ANNA));
        assert_eq!(flags(&story), expected, "{ms} ms");
    }
}

#[test]
fn an_unknown_duration_is_neither_short_nor_long() {
    let mut story = with_lead();
    story.add(minutes(1), call(100, Outbound, Some(3_000)));
    story.add(minutes(2), call(100, Outbound, None));
    story.add(minutes(3), rejected_as_no_answer(100, ANNA));
    assert_eq!(flags(&story), []);
}

#[test]
fn one_longer_call_among_short_ones_is_enough() {
    let mut story = with_lead();
    story.add(minutes(1), call(100, Outbound, Some(3_000)));
    story.add(minutes(2), call(100, Outbound, Some(15_000)));
    story.add(minutes(3), rejected(100, ANNA));
    assert_eq!(flags(&story), []);
}

#[test]
fn no_answer_is_contradicted_by_a_call_of_30_s_and_not_by_a_shorter_one() {
    for (ms, expected) in [(29_999, vec![]), (30_000, vec![EvidenceMismatch])] {
        let mut story = with_lead();
        story.add(minutes(1), call(100, Outbound, Some(ms)));
        story.add(minutes(2), rejected_as_no_answer(100, ANNA));
        assert_eq!(flags(&story), expected, "{ms} ms");
    }
}

#[test]
fn no_answer_is_contradicted_by_an_inbound_activity() {
    let mut story = with_lead();
    story.add(minutes(1), call(100, Outbound, Some(20_000)));
    story.add(minutes(2), email(100, Inbound));
    story.add(minutes(3), rejected_as_no_answer(100, ANNA));
    assert_eq!(flags(&story), [EvidenceMismatch]);
}

#[test]
fn no_answer_is_contradicted_when_nobody_called() {
    let mut story = with_lead();
    story.add(minutes(1), email(100, Outbound));
    story.add(minutes(2), rejected_as_no_answer(100, ANNA));
    assert_eq!(flags(&story), [EvidenceMismatch]);
}

#[test]
fn a_reason_without_a_claim_is_never_contradicted() {
    let mut story = with_lead();
    story.add(minutes(1), call(100, Outbound, Some(600_000)));
    story.add(minutes(2), rejected(100, ANNA));
    assert_eq!(flags(&story), []);
}

#[test]
fn an_overdue_task_of_the_employee_on_the_lead_is_dodged() {
    let mut story = with_lead();
    story.add(minutes(1), email(100, Outbound));
    story.add(minutes(1), scheduled(500, 100, ANNA, minutes(5)));
    story.add(minutes(6), rejected(100, ANNA));
    assert_eq!(flags(&story), [OverdueDodge]);
    let found = all(story.now()).remove(0).circumstances;
    assert_eq!((found.overdue_tasks_of_owner, found.overdue_tasks_on_lead), (1, 1));
}

#[test]
fn a_task_of_a_colleague_or_on_another_lead_or_not_due_yet_is_not_dodged() {
    let mut story = with_lead();
    story.add(NOW, received(101));
    story.add(minutes(1), email(100, Outbound));
    story.add(minutes(1), scheduled(500, 100, BORIS, minutes(5)));
    story.add(minutes(1), scheduled(501, 101, ANNA, minutes(5)));
    story.add(minutes(1), scheduled(502, 100, ANNA, minutes(6)));
    story.add(minutes(6), rejected(100, ANNA));
    assert_eq!(flags(&story), []);
    let found = all(story.now()).remove(0).circumstances;
    assert_eq!((found.overdue_tasks_of_owner, found.overdue_tasks_on_lead), (1, 1));
}

#[test]
fn a_task_done_before_the_rejection_is_not_overdue_but_one_done_after_it_was() {
    let mut story = with_lead();
    story.add(minutes(1), scheduled(500, 100, ANNA, minutes(5)));
    story.add(minutes(1), scheduled(501, 100, ANNA, minutes(5)));
    story.add(minutes(7), completed(500, 100, ANNA));
    story.add(minutes(30), completed(501, 100, ANNA));
    story.add(minutes(10), rejected(100, ANNA)); // recorded last, dated between
    let found = all(story.now()).remove(0).circumstances;
    assert_eq!((found.overdue_tasks_of_owner, found.overdue_tasks_on_lead), (1, 1));
}

fn rejects_every_minute(story: &mut Story, leads: std::ops::Range<u128>, employee: u128) {
    for (minute, lead) in leads.enumerate() {
        story.add(NOW, received(lead));
        story.add(NOW, email(lead, Outbound));
        story.add(minutes(i64::try_from(minute).unwrap()), rejected(lead, employee));
    }
}

#[test]
fn ten_leads_within_ten_minutes_are_a_burst_and_nine_are_not() {
    for (leads, expected) in [(9, 0), (10, 10), (11, 11)] {
        let mut story = Story::company();
        rejects_every_minute(&mut story, 100..100 + leads, ANNA);
        assert_eq!(count(&story, Burst), expected, "{leads} leads");
    }
}

#[test]
fn a_burst_spans_exactly_ten_minutes_at_most() {
    for (last, expected) in [(minutes(10), 10), (minutes(10).plus_ms(1), 0)] {
        let mut story = Story::company();
        rejects_every_minute(&mut story, 100..109, ANNA);
        story.add(NOW, received(200));
        story.add(last, rejected(200, ANNA));
        assert_eq!(count(&story, Burst), expected);
    }
}

#[test]
fn the_same_lead_rejected_again_counts_once_and_colleagues_do_not_add_up() {
    let mut story = Story::company();
    rejects_every_minute(&mut story, 100..108, ANNA);
    story.add(
        minutes(8),
        LeadReopened {
            lead: id(100),
            employee: None,
            data_subjects: DataSubjects::NOBODY,
            personal: Personal::default(),
        },
    );
    story.add(minutes(8), rejected(100, ANNA));
    story.add(NOW, received(300));
    story.add(minutes(8), rejected(300, BORIS));
    assert_eq!(count(&story, Burst), 0);
}

#[test]
fn a_burst_is_listed_with_its_leads_its_span_and_the_overdue_tasks_it_cleared() {
    let mut story = Story::company();
    story.add(NOW, scheduled(500, 100, ANNA, minutes(-5)));
    story.add(NOW, scheduled(501, 101, ANNA, minutes(-5)));
    story.add(NOW, scheduled(502, 101, BORIS, minutes(-5)));
    rejects_every_minute(&mut story, 100..112, ANNA);
    rejects_every_minute(&mut story, 200..205, BORIS);
    let bursts = rejection_bursts(story.now(), &AuditQuery::default()).unwrap();
    let [burst] = <[_; 1]>::try_from(bursts).unwrap();
    assert_eq!((burst.employee, burst.leads.len(), burst.rejections.len()), (id(ANNA), 12, 12));
    assert_eq!((burst.span_ms, burst.overdue_tasks_cleared), (11 * MINUTE, 2));
    assert_eq!((burst.first_at, burst.last_at), (minutes(0), minutes(11)));
}

#[test]
fn two_bursts_an_hour_apart_are_two() {
    let mut story = Story::company();
    rejects_every_minute(&mut story, 100..110, ANNA);
    for lead in 200..210 {
        story.add(NOW, received(lead));
        story.add(minutes(60), rejected(lead, ANNA));
    }
    let bursts = rejection_bursts(story.now(), &AuditQuery::default()).unwrap();
    assert_eq!(bursts.iter().map(|burst| burst.leads.len()).collect::<Vec<_>>(), [10, 10]);
}

#[test]
fn a_burst_is_derived_as_of_the_position() {
    let mut story = Story::company();
    rejects_every_minute(&mut story, 100..110, ANNA);
    let before = Position(story.head().0 - 1);
    assert_eq!(all(story.at(before)).iter().filter(|row| row.flags.contains(&Burst)).count(), 0);
    assert_eq!(all(story.now()).iter().filter(|row| row.flags.contains(&Burst)).count(), 10);
}

#[test]
fn machines_are_not_judged_and_neither_is_the_system_itself() {
    let mut story = Story::company();
    rejects_every_minute(&mut story, 100..120, ROBOT);
    story.add(NOW, received(300));
    let by_nobody = letopis_domain::lead::LeadRejected { employee: None, ..rejected_as_no_answer(300, ANNA) };
    story.add(minutes(1), by_nobody);
    let audit = audit(story.now(), &AuditQuery::default()).unwrap();
    assert_eq!(audit.total, 21);
    assert!(audit.flags.iter().all(|(_, count)| *count == 0), "{:?}", audit.flags);
    assert!(rejection_bursts(story.now(), &AuditQuery::default()).unwrap().is_empty());
}

fn comments(leads: std::ops::Range<u128>, at: &dyn Fn(u128) -> letopis_domain::values::Timestamp) -> Story {
    let mut story = Story::company();
    for lead in leads {
        story.add(NOW, received(lead));
        story.add(NOW, email(lead, Outbound));
        let comment = if lead % 2 == 0 { "Not  interested." } else { "not interested" };
        story.add(at(lead), with_comment(rejected(lead, ANNA), comment));
    }
    story
}

#[test]
fn the_same_comment_on_five_leads_in_a_day_looks_copied_and_on_four_it_does_not() {
    for (leads, expected) in [(4, 0), (5, 5)] {
        let story = comments(100..100 + leads, &|lead| minutes(i64::try_from(lead - 100).unwrap() * 15));
        assert_eq!(count(&story, CopyPasteComment), expected, "{leads} leads");
    }
}

#[test]
fn a_day_ends_at_midnight_in_the_zone_of_the_company() {
    // 10:00 UTC plus 13.5 h and 14.5 h: before and after midnight
    let at = |lead: u128| minutes(if lead < 103 { 810 } else { 870 });
    assert_eq!(count(&comments(100..105, &at), CopyPasteComment), 0);
}

#[test]
fn rejections_without_a_comment_are_not_copies_of_each_other() {
    let mut story = Story::company();
    rejects_every_minute(&mut story, 100..108, ANNA);
    assert_eq!(count(&story, CopyPasteComment), 0);
}

#[test]
fn late_evidence_appears_and_never_alters_the_frozen_part() {
    let mut story = with_lead();
    story.add(minutes(60), rejected_as_no_answer(100, ANNA));
    let before = all(story.now()).remove(0);
    let at = story.head();
    let late = story.add(minutes(30), call(100, Outbound, Some(45_000)));
    story.add(minutes(61), call(100, Outbound, Some(50_000))); // happened after the rejection
    let after = all(story.now()).remove(0);
    assert_eq!(after.circumstances, before.circumstances);
    assert_eq!(after.flags, before.flags);
    assert_eq!((before.late_evidence.calls, after.late_evidence.calls), (0, 1));
    assert_eq!(after.late_evidence.activities, [late]);
    assert_eq!(after.late_evidence.longest_call_seconds, Some(45.0));
    assert_eq!(all(story.at(at)).remove(0), before, "the answer as of then is the answer of then");
}

#[test]
fn the_evidence_is_split_by_when_the_calls_came_in() {
    let mut story = Story::company();
    for lead in 100..104 {
        story.add(NOW, received(lead));
        if lead < 102 {
            story.add(minutes(1), call(lead, Outbound, Some(40_000)));
        }
        story.add(minutes(60), rejected(lead, ANNA));
    }
    for lead in [101, 102] {
        story.add(minutes(2), call(lead, Outbound, Some(40_000)));
    }
    let found = audit(story.now(), &AuditQuery::default()).unwrap().evidence;
    assert_eq!(found, EvidenceSplit { on_record: 1, on_record_and_late: 1, late: 1, none: 1 });
}

#[test]
fn each_rejection_is_judged_by_the_thresholds_of_its_own_moment() {
    let mut story = with_lead();
    story.add(NOW, received(101));
    for lead in [100, 101] {
        story.add(minutes(1), call(lead, Outbound, Some(15_000)));
    }
    story.add(minutes(2), rejected(100, ANNA));
    let thresholds = AuditThresholds { short_call_ms: 20_000, ..AuditThresholds::default() };
    story.add(minutes(3), AuditRulesPublished { version: 2, thresholds });
    story.add(minutes(4), rejected(101, ANNA));
    let [first, second] = <[AuditedRejection; 2]>::try_from(all(story.now())).unwrap();
    assert_eq!((first.rule_version, first.flags), (1, vec![]));
    assert_eq!((second.rule_version, second.flags), (2, vec![ShortCallOnly]));
}

#[test]
fn leads_that_came_back_are_counted_with_their_conversion() {
    let mut story = Story::company();
    for lead in 100..103 {
        story.add(NOW, received(lead));
        story.add(minutes(1), rejected(lead, ANNA));
    }
    for lead in [101, 102] {
        story.add(
            minutes(2),
            LeadReopened {
                lead: id(lead),
                employee: None,
                data_subjects: DataSubjects::NOBODY,
                personal: Personal::default(),
            },
        );
    }
    story.add(minutes(3), account(700));
    story.add(minutes(3), converted(102, 700, None));
    let returned = audit(story.now(), &AuditQuery::default()).unwrap().returned;
    assert_eq!((returned.rejected, returned.returned, returned.converted), (3, 2, 1));
    assert_eq!(returned.conversion, Some(0.5));
}

#[test]
fn filters_and_groups_narrow_the_audit() {
    let mut story = Story::company();
    for (lead, employee) in [(100, ANNA), (101, BORIS), (102, BORIS)] {
        story.add(NOW, received(lead));
        story.add(minutes(1), rejected(lead, employee));
    }
    let by_boris = Where::equals(Field::Employee, Value::Employee(id(BORIS)));
    let query = AuditQuery { filter: by_boris, group_by: vec![Field::Source], ..AuditQuery::default() };
    let audit = audit(story.now(), &query).unwrap();
    assert_eq!((audit.total, audit.by_employee.len(), audit.groups.len()), (2, 1, 1));
    assert_eq!(audit.groups[0].key, [Value::text("web")]);
}

#[test]
fn pages_of_rejections_follow_each_other_in_both_directions() {
    let mut story = Story::company();
    rejects_every_minute(&mut story, 100..107, ANNA);
    let query = AuditQuery::default();
    let whole: Vec<Position> = all(story.now()).iter().map(|row| row.position).collect();
    let first = rejections(story.now(), &query, &PageRequest::first(3)).unwrap();
    assert!(first.has_next && !first.has_previous);
    let after = PageRequest { after: Some(first.edges[2].cursor), ..PageRequest::first(10) };
    let rest = rejections(story.now(), &query, &after).unwrap();
    assert!(!rest.has_next && rest.has_previous);
    let joined: Vec<_> = first.edges.iter().chain(&rest.edges).map(|edge| edge.cursor).collect();
    assert_eq!(joined, whole);
    let before = PageRequest { before: Some(whole[5]), ..PageRequest::last(2) };
    let last = rejections(story.now(), &query, &before).unwrap();
    assert_eq!(last.edges.iter().map(|edge| edge.cursor).collect::<Vec<_>>(), whole[3..5]);
    assert!(last.has_next && last.has_previous);
}
