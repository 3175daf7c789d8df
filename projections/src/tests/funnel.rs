//! The sales funnel, against its definition.

use std::collections::BTreeMap;

use letopis_domain::event::Event;
use letopis_domain::ids::{OpportunityId, PipelineId, Position};
use letopis_domain::opportunity::{OpportunityLost, OpportunityReopened, OpportunityWon};
use letopis_domain::pipeline::StageRef;
use letopis_domain::privacy::DataSubjects;
use letopis_domain::values::{Personal, Timestamp};
use proptest::prelude::*;

use super::history::{steps, story};
use super::story::*;
use crate::reports::funnel::{FunnelQuery, PipelineFunnel, StageFunnel, funnel};
use crate::scope::{Between, Scope};
use crate::value::{Field, Value};

fn only(scope: Scope<'_>, query: &FunnelQuery) -> PipelineFunnel {
    funnel(scope, query).unwrap().groups.remove(0).pipelines.remove(0)
}

fn of<'a>(funnel: &'a PipelineFunnel, stage: &str) -> &'a StageFunnel {
    funnel.stages.iter().find(|found| found.stage == stage).unwrap()
}

fn won(deal: u128, from: StageRef, amount: i64) -> OpportunityWon {
    OpportunityWon { opportunity: id(deal), employee: None, stage: from, amount: Some(euros(amount)) }
}

fn lost(deal: u128, from: StageRef) -> OpportunityLost {
    OpportunityLost {
        opportunity: id(deal),
        employee: None,
        stage: from,
        amount: None,
        reason: "PRICE".to_owned(),
        catalog_version: 1,
        data_subjects: DataSubjects::NOBODY,
        personal: Personal::default(),
    }
}

fn with_pipeline() -> Story {
    let mut story = Story::company();
    story.add(NOW, pipeline(20, 1, &STAGES));
    story
}

#[test]
fn a_deal_counts_in_every_stage_it_was_in_even_when_it_is_lost_now() {
    let mut story = with_pipeline();
    story.add(minutes(0), opened(200, stage(20, "NEW"), Some(euros(100))));
    story.add(minutes(10), moved(200, stage(20, "NEW"), stage(20, "OFFER")));
    story.add(minutes(40), lost(200, stage(20, "OFFER")));
    let funnel = only(story.now(), &FunnelQuery::default());
    let (new, offer) = (of(&funnel, "NEW"), of(&funnel, "OFFER"));
    assert_eq!((new.entered, new.advanced, offer.entered, offer.lost), (1, 1, 1, 1));
    assert_eq!((new.conversion_to_next, offer.conversion_to_next), (Some(1.0), Some(0.0)));
    assert_eq!(new.median_seconds_in_stage, Some(600.0));
    assert_eq!(new.amount, [euros(100)]);
}

#[test]
fn a_skip_counts_as_advanced_and_the_skipped_stage_is_not_entered() {
    let mut story = with_pipeline();
    story.add(minutes(0), opened(200, stage(20, "NEW"), None));
    story.add(minutes(1), moved(200, stage(20, "NEW"), stage(20, "CLOSING")));
    let funnel = only(story.now(), &FunnelQuery::default());
    assert_eq!(
        (of(&funnel, "NEW").advanced, of(&funnel, "OFFER").entered, of(&funnel, "CLOSING").still_there),
        (1, 0, 1)
    );
}

#[test]
fn going_back_is_a_return_and_coming_again_is_a_reentry() {
    let mut story = with_pipeline();
    story.add(minutes(0), opened(200, stage(20, "NEW"), None));
    story.add(minutes(1), moved(200, stage(20, "NEW"), stage(20, "OFFER")));
    story.add(minutes(2), moved(200, stage(20, "OFFER"), stage(20, "NEW")));
    let funnel = only(story.now(), &FunnelQuery::default());
    assert_eq!((of(&funnel, "NEW").entered, of(&funnel, "NEW").reentered, of(&funnel, "OFFER").returned), (2, 1, 1));
}

#[test]
fn a_change_of_pipeline_is_moved_elsewhere() {
    let mut story = with_pipeline();
    story.add(NOW, pipeline(21, 1, &STAGES));
    story.add(minutes(0), opened(200, stage(20, "OFFER"), None));
    story.add(minutes(1), moved(200, stage(20, "OFFER"), stage(21, "NEW")));
    let groups = funnel(story.now(), &FunnelQuery::default()).unwrap().groups.remove(0);
    assert_eq!(of(&groups.pipelines[0], "OFFER").moved_elsewhere, 1);
    assert_eq!(of(&groups.pipelines[1], "NEW").still_there, 1);
}

#[test]
fn a_stay_belongs_to_the_period_of_its_entry_whenever_it_ended() {
    let mut story = with_pipeline();
    story.add(minutes(0), opened(200, stage(20, "NEW"), None));
    story.add(minutes(500), won(200, stage(20, "NEW"), 70));
    let first_hour = Between { from: Some(minutes(0)), until: Some(minutes(60)) };
    let inside = only(story.now(), &FunnelQuery { period: first_hour, ..FunnelQuery::default() });
    assert_eq!((of(&inside, "NEW").entered, of(&inside, "NEW").won), (1, 1));
    let later = Between { from: Some(minutes(60)), until: None };
    let outside = only(story.now(), &FunnelQuery { period: later, ..FunnelQuery::default() });
    assert_eq!(of(&outside, "NEW").entered, 0);
}

#[test]
fn the_amount_is_that_at_exit_or_at_the_position_and_never_summed_across_currencies() {
    let mut story = with_pipeline();
    let dollars = letopis_domain::values::Money { amount: 5.into(), currency: "USD".parse().unwrap() };
    story.add(minutes(0), opened(200, stage(20, "NEW"), Some(euros(100))));
    story.add(minutes(0), opened(201, stage(20, "NEW"), Some(dollars)));
    let before = story.head();
    story.add(minutes(1), won(200, stage(20, "NEW"), 70));
    let at = |position| of(&only(story.at(position), &FunnelQuery::default()), "NEW").amount.clone();
    assert_eq!(at(before), [euros(100), dollars]);
    assert_eq!(at(story.head()), [euros(70), dollars]);
}

#[test]
fn a_transition_dated_before_its_predecessor_is_flagged_and_left_out_of_durations() {
    let mut story = with_pipeline();
    story.add(minutes(60), opened(200, stage(20, "NEW"), None));
    story.add(minutes(30), won(200, stage(20, "NEW"), 70));
    story.add(minutes(60), opened(201, stage(20, "NEW"), None));
    story.add(minutes(70), won(201, stage(20, "NEW"), 70));
    let funnel = only(story.now(), &FunnelQuery::default());
    let new = of(&funnel, "NEW");
    assert_eq!((new.won, new.durations, new.early_transitions), (2, 1, 1));
    assert_eq!(new.median_seconds_in_stage, Some(600.0));
}

#[test]
fn reopening_enters_the_stage_again() {
    let mut story = with_pipeline();
    story.add(minutes(0), opened(200, stage(20, "NEW"), None));
    story.add(minutes(1), lost(200, stage(20, "NEW")));
    let reopened = OpportunityReopened {
        opportunity: id(200),
        employee: None,
        stage: stage(20, "NEW"),
        data_subjects: DataSubjects::NOBODY,
        personal: Personal::default(),
    };
    story.add(minutes(2), reopened);
    let funnel = only(story.now(), &FunnelQuery::default());
    let new = of(&funnel, "NEW");
    assert_eq!((new.entered, new.reentered, new.lost, new.still_there), (2, 1, 1, 1));
}

#[test]
fn the_bottleneck_is_the_lowest_conversion_among_stages_that_30_deals_left() {
    let mut story = with_pipeline();
    for deal in 0..40 {
        story.add(minutes(0), opened(1_000 + deal, stage(20, "NEW"), None));
        story.add(minutes(1), moved(1_000 + deal, stage(20, "NEW"), stage(20, "OFFER")));
        match deal {
            0..9 => story.add(minutes(2), moved(1_000 + deal, stage(20, "OFFER"), stage(20, "TALKS"))),
            9..30 => story.add(minutes(2), lost(1_000 + deal, stage(20, "OFFER"))),
            _ => story.head(),
        };
        if deal < 9 {
            story.add(minutes(3), lost(1_000 + deal, stage(20, "TALKS")));
        }
    }
    let found = only(story.now(), &FunnelQuery::default()).bottleneck.unwrap();
    assert_eq!((found.stage.as_str(), found.passed, found.n), ("OFFER", 9, 30));
    assert!((found.conversion_to_next - 0.3).abs() < 1e-12);
}

#[test]
fn groups_divide_the_whole() {
    let mut story = with_pipeline();
    for (deal, owner) in [(200, ANNA), (201, BORIS), (202, BORIS)] {
        let opened = opened(deal, stage(20, "NEW"), None);
        story.add(minutes(0), letopis_domain::opportunity::OpportunityOpened { owner: Some(id(owner)), ..opened });
    }
    let by_owner = FunnelQuery { group_by: vec![Field::Employee], ..FunnelQuery::default() };
    let groups = funnel(story.now(), &by_owner).unwrap().groups;
    let counts: Vec<_> =
        groups.iter().map(|group| (group.key[0].clone(), group.pipelines[0].stages[0].entered)).collect();
    assert_eq!(counts, [(Value::Employee(id(ANNA)), 1), (Value::Employee(id(BORIS)), 2)]);
}

/// What the definition says, counted the slow way: per deal the list of what happened to it.
#[derive(Default, Debug, PartialEq)]
struct Counts {
    entered: u64,
    reentered: u64,
    advanced: u64,
    returned: u64,
    lost: u64,
    won: u64,
    moved_elsewhere: u64,
    still_there: u64,
    seconds: Vec<i64>,
}

enum Happened {
    Entered(StageRef),
    Left,
}

fn oracle(story: &Story, upto: Position, period: Between) -> BTreeMap<(PipelineId, String), Counts> {
    let mut lives: BTreeMap<OpportunityId, Vec<(Timestamp, Happened, &'static str)>> = BTreeMap::new();
    for event in story.events.iter().filter(|event| event.position <= upto) {
        let at = event.occurred_at;
        match &event.event {
            Event::OpportunityOpened(of) => {
                lives.entry(of.opportunity).or_default().push((at, Happened::Entered(of.stage.clone()), "opened"));
            }
            Event::OpportunityStageChanged(of) => {
                lives.entry(of.opportunity).or_default().push((at, Happened::Entered(of.to.clone()), "moved"));
            }
            Event::OpportunityReopened(of) => {
                lives.entry(of.opportunity).or_default().push((at, Happened::Entered(of.stage.clone()), "reopened"));
            }
            Event::OpportunityWon(of) => lives.entry(of.opportunity).or_default().push((at, Happened::Left, "won")),
            Event::OpportunityLost(of) => lives.entry(of.opportunity).or_default().push((at, Happened::Left, "lost")),
            _ => {}
        }
    }
    let mut counts: BTreeMap<(PipelineId, String), Counts> = BTreeMap::new();
    let rank = |stage: &StageRef| STAGES.iter().position(|key| *key == stage.stage).unwrap();
    for life in lives.values() {
        for (index, (at, happened, _)) in life.iter().enumerate() {
            let Happened::Entered(stage) = happened else { continue };
            if !period.holds(at.micros()) {
                continue;
            }
            let count = counts.entry((stage.pipeline, stage.stage.clone())).or_default();
            count.entered += 1;
            let was_here =
                life[..index].iter().any(|(_, before, _)| matches!(before, Happened::Entered(other) if other == stage));
            count.reentered += u64::from(was_here);
            let Some((left_at, next, how)) = life.get(index + 1) else {
                count.still_there += 1;
                continue;
            };
            match (next, *how) {
                (_, "won") => count.won += 1,
                (_, "lost") => count.lost += 1,
                (Happened::Entered(to), _) if to.pipeline != stage.pipeline => count.moved_elsewhere += 1,
                (Happened::Entered(to), _) if rank(to) < rank(stage) => count.returned += 1,
                _ => count.advanced += 1,
            }
            let entered_early = index > 0 && life[index - 1].0 > *at;
            if !entered_early && left_at >= at {
                count.seconds.push(left_at.ms_since(*at) / 1_000);
            }
        }
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_report_agrees_with_the_definition(
        steps in steps(160),
        cut in 0.0..1.0_f64,
        from in 0..1_000_i64,
        until in 1_000..2_000_i64,
    ) {
        let story = story(&steps);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share")]
        let upto = Position((story.head().0 as f64 * cut) as u64);
        let period = Between { from: Some(minutes(from)), until: Some(minutes(until)) };
        let expected = oracle(&story, upto, period);
        let found = funnel(story.at(upto), &FunnelQuery { period, ..FunnelQuery::default() }).unwrap();
        for pipeline in &found.groups[0].pipelines {
            for stage in &pipeline.stages {
                prop_assert_eq!(
                    stage.entered,
                    stage.advanced + stage.returned + stage.lost + stage.won + stage.moved_elsewhere + stage.still_there
                );
                let mut expected = expected.get(&(pipeline.pipeline, stage.stage.clone())).map_or_else(Counts::default, |of| Counts {
                    seconds: of.seconds.clone(), ..*of
                });
                expected.seconds.sort_unstable();
                let found = Counts {
                    entered: stage.entered,
                    reentered: stage.reentered,
                    advanced: stage.advanced,
                    returned: stage.returned,
                    lost: stage.lost,
                    won: stage.won,
                    moved_elsewhere: stage.moved_elsewhere,
                    still_there: stage.still_there,
                    seconds: expected.seconds.clone(),
                };
                prop_assert_eq!(&found, &expected);
                prop_assert_eq!(stage.durations, expected.seconds.len() as u64);
                if let Some(median) = stage.median_seconds_in_stage {
                    let middle = expected.seconds.len() / 2;
                    let exact = if expected.seconds.len() % 2 == 1 {
                        expected.seconds[middle] * 2
                    } else {
                        expected.seconds[middle - 1] + expected.seconds[middle]
                    };
                    #[expect(clippy::cast_precision_loss, reason = "small")]
                    let exact = exact as f64 / 2.0;
                    prop_assert!((median - exact).abs() < 1e-6);
                }
            }
        }
    }
}
