//! Random commands on deals: whatever is decided, the facts fit one another and the folded state.

use proptest::prelude::*;

use crate::decision::Decision;
use crate::event::{Event, Recorded};
use crate::fixtures::{COLLEAGUE, OTHER_PIPELINE, PIPELINE, SELLER, company, deal, eur, published};
use crate::ids::{OpportunityId, Tagged};
use crate::opportunity::{
    AssignOpportunityOwner, LoseOpportunity, MoveOpportunity, OpenOpportunity, Opportunity, OpportunityStatus,
    ReopenOpportunity, ReviseOpportunity, WinOpportunity,
};
use crate::pipeline::StageRef;
use crate::testing::{History, id};
use crate::values::Money;

const STAGES: &[&str] = &["NEW", "OFFER", "TALKS", "CONTRACT", "START", "END"];

#[derive(Clone, Debug)]
enum Step {
    Open { stage: Option<&'static str> },
    Move { stage: &'static str, pipeline: Option<u128> },
    Revise { amount: Option<i64>, percent: Option<u8> },
    Assign { owner: u128 },
    Win { amount: Option<i64> },
    Lose,
    Reopen { stage: Option<&'static str> },
    Publish,
}

fn stage_key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(STAGES)
}

fn step() -> impl Strategy<Value = Step> {
    let amount = || prop::option::of(1..4_i64);
    let pipeline = prop::option::weighted(0.2, prop::sample::select(&[PIPELINE, OTHER_PIPELINE][..]));
    prop_oneof![
        2 => prop::option::of(stage_key()).prop_map(|stage| Step::Open { stage }),
        4 => (stage_key(), pipeline).prop_map(|(stage, pipeline)| Step::Move { stage, pipeline }),
        2 => (amount(), prop::option::of(0..=110_u8)).prop_map(|(amount, percent)| Step::Revise { amount, percent }),
        1 => prop::sample::select(&[SELLER, COLLEAGUE][..]).prop_map(|owner| Step::Assign { owner }),
        1 => amount().prop_map(|amount| Step::Win { amount }),
        1 => Just(Step::Lose),
        2 => prop::option::of(stage_key()).prop_map(|stage| Step::Reopen { stage }),
        1 => Just(Step::Publish),
    ]
}

fn take(history: History, opportunity: OpportunityId, step: &Step) -> History {
    let owned = |stage: Option<&str>| stage.map(str::to_owned);
    let employee = None;
    match step {
        Step::Open { stage } => attempt(history, &OpenOpportunity { opportunity, stage: owned(*stage), ..deal(0) }),
        Step::Move { stage, pipeline } => {
            let (stage, pipeline) = ((*stage).to_owned(), pipeline.map(id));
            attempt(history, &MoveOpportunity { opportunity, stage, pipeline, employee })
        }
        Step::Revise { amount, percent } => {
            let (amount, probability_percent) = (amount.map(eur), *percent);
            let expected_close = None;
            let command = ReviseOpportunity { opportunity, amount, expected_close, probability_percent, employee };
            attempt(history, &command)
        }
        Step::Assign { owner } => attempt(history, &AssignOpportunityOwner { opportunity, owner: Some(id(*owner)) }),
        Step::Win { amount } => attempt(history, &WinOpportunity { opportunity, amount: amount.map(eur), employee }),
        Step::Lose => {
            let reason = "PRICE".to_owned();
            attempt(history, &LoseOpportunity { opportunity, reason, competitor: None, comment: None, employee })
        }
        Step::Reopen { stage } => {
            attempt(history, &ReopenOpportunity { opportunity, stage: owned(*stage), comment: None, employee })
        }
        Step::Publish => history.and(published(PIPELINE, 2, &["OFFER", "TALKS", "CONTRACT"])),
    }
}

/// Carries the command out if the rules allow it, and then says it again.
fn attempt<D: Decision>(mut history: History, command: &D) -> History {
    if history.execute(command).is_ok() {
        assert_eq!(history.execute(command), Ok(Vec::new()), "the same command again");
    }
    history
}

/// What the facts of one deal say, each checked against those before it.
#[derive(Default)]
struct Told {
    status: Option<OpportunityStatus>,
    stage: StageRef,
    amount: Option<Money>,
    percent: Option<u8>,
    stays: usize,
}

impl Told {
    fn hear(&mut self, event: &Event) {
        let is_open = self.status == Some(OpportunityStatus::Open);
        match event {
            Event::OpportunityOpened(fact) => {
                assert_eq!(self.status, None, "opened twice");
                self.status = Some(OpportunityStatus::Open);
                self.enter(&fact.stage);
                self.amount = fact.amount;
            }
            Event::OpportunityStageChanged(fact) => {
                assert!(is_open && fact.from == self.stage && fact.to != fact.from, "{fact:?}");
                self.enter(&fact.to);
            }
            Event::OpportunityAmountRevised(fact) => {
                assert!(is_open && fact.from == self.amount && fact.to != fact.from, "{fact:?}");
                self.amount = fact.to;
            }
            Event::OpportunityProbabilityDeclared(fact) => {
                assert!(is_open && fact.from_percent == self.percent && fact.to_percent != fact.from_percent);
                assert!(fact.to_percent.is_none_or(|percent| percent <= 100), "{fact:?}");
                self.percent = fact.to_percent;
            }
            Event::OpportunityWon(fact) => {
                assert!(is_open && fact.stage == self.stage, "{fact:?}");
                self.status = Some(OpportunityStatus::Won);
                self.amount = fact.amount;
            }
            Event::OpportunityLost(fact) => {
                assert!(is_open && fact.stage == self.stage && fact.amount == self.amount, "{fact:?}");
                self.status = Some(OpportunityStatus::Lost);
            }
            Event::OpportunityReopened(fact) => {
                assert!(!is_open && self.status.is_some(), "{fact:?}");
                self.status = Some(OpportunityStatus::Open);
                self.enter(&fact.stage);
            }
            _ => {}
        }
    }

    fn enter(&mut self, stage: &StageRef) {
        self.stage = stage.clone();
        self.stays += 1;
    }
}

fn is_about(recorded: &Recorded, opportunity: OpportunityId) -> bool {
    recorded.event.tags().as_slice().contains(&opportunity.tag())
}

proptest! {
    #[test]
    fn the_facts_of_a_deal_fit_one_another(steps in prop::collection::vec((0..2_u128, step()), 1..40)) {
        let (mut history, ids): (_, [OpportunityId; 2]) = (company(), [id(50), id(51)]);
        let mut is_republished = false;
        for (nth, step) in steps {
            if matches!(step, Step::Publish) && std::mem::replace(&mut is_republished, true) {
                continue;
            }
            history = take(history, if nth == 0 { ids[0] } else { ids[1] }, &step);
        }
        for opportunity in ids {
            let (mut told, mut folded) = (Told::default(), Opportunity::default());
            for recorded in history.events().iter().filter(|recorded| is_about(recorded, opportunity)) {
                told.hear(&recorded.event);
                folded.evolve(recorded);
            }
            prop_assert_eq!(folded.exists(), told.status.is_some());
            prop_assert_eq!(folded.status, told.status.unwrap_or_default());
            prop_assert_eq!(folded.closed_at.is_none(), folded.status == OpportunityStatus::Open);
            prop_assert_eq!((folded.stage, folded.amount), (told.stage, told.amount));
            prop_assert_eq!(folded.probability_percent, told.percent);
            prop_assert_eq!(folded.stage_history.len(), told.stays);
            let unfinished = folded.stage_history.iter().filter(|stay| stay.left.is_none()).count();
            prop_assert_eq!(unfinished, usize::from(told.status == Some(OpportunityStatus::Open)));
        }
    }
}
