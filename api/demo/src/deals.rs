//! Deals: offers, talks, meetings, moves, amounts and hopes, and how they end.

use letopis_domain::activity::{
    ActivityText, CallOutcome, Direction, RecordCall, RecordEmail, RecordLetter, RecordMeeting, Subjects,
};
use letopis_domain::agreement::{AgreementForm, ReachAgreement};
use letopis_domain::attribute::{EntityRef, SetAttributes};
use letopis_domain::opportunity::{
    LoseOpportunity, MoveOpportunity, OpenOpportunity, ReviseOpportunity, WinOpportunity,
};
use letopis_domain::values::{AttributeValue, Attributes, DurationMs, Period, Timestamp};

use super::calendar::DAY;
use super::company::{DIGITAL, PRINT, PRINT_2};
use super::leads::{currency, day, money};
use super::names::Customer;
use super::phrases::{CALL_TOPICS, MAIL_SUBJECTS, MEETING_TOPICS, TERMS, say};
use super::scribe::DemoError;
use super::world::{Deal, Step, World};

impl World {
    /// A deal that nobody has worked on yet.
    pub fn new_deal(&mut self, pipeline: usize, owner: usize, customer: &Customer) -> Deal {
        let now = self.scribe.now();
        let habit = self.company.sellers[owner].habit;
        let stages = match (pipeline, self.has_new_pipeline) {
            (1, _) => DIGITAL,
            (_, false) => PRINT,
            (_, true) => PRINT_2,
        };
        let amount = self.chance.between(8, 400) * if customer.is_russian { 2_500 } else { 50 };
        Deal {
            id: self.chance.id(now),
            account: self.chance.id(now),
            contact: Some(self.chance.id(now)),
            owner,
            pipeline,
            stages: stages.iter().map(|stage| stage.0).collect(),
            stage: 0,
            amount,
            currency: currency(customer),
            is_russian: customer.is_russian,
            will_win: self.chance.percent(habit.wins_percent),
            touches: 0,
            slips: 0,
        }
    }

    /// The owner does something about a deal.
    pub fn work_on(&mut self, number: usize) -> Result<(), DemoError> {
        self.deals[number].touches += 1;
        let deal = self.deals[number].clone();
        let habit = self.company.sellers[deal.owner].habit;
        self.touch(number)?;
        if deal.touches == 1 {
            self.first_judgement(&deal)?;
        } else if deal.touches.is_multiple_of(4) || (habit.is_optimist && deal.touches.is_multiple_of(2)) {
            self.slip(number)?;
        }
        if !deal.will_win && deal.touches >= 3 && self.chance.percent(26) {
            return self.lose(&deal);
        }
        let is_last = deal.stage + 1 == deal.stages.len();
        if is_last && deal.will_win && self.chance.percent(60) {
            return self.win(number);
        }
        if !is_last && self.chance.percent(50) {
            self.move_to(number, deal.stage + 1)?;
        } else if deal.stage > 0 && self.chance.percent(7) {
            self.move_to(number, deal.stage - 1)?;
        }
        self.later((400, 3_600), Step::Work(number));
        Ok(())
    }

    fn touch(&mut self, number: usize) -> Result<(), DemoError> {
        let deal = self.deals[number].clone();
        let now = self.scribe.now();
        match self.chance.weighted(&[34, 34, 12, 16, 4]) {
            0 => {
                let subject = Some(say(CALL_TOPICS, deal.is_russian, &mut self.chance));
                let outcome = if self.chance.percent(80) { CallOutcome::Answered } else { CallOutcome::NoAnswer };
                let seconds = if outcome == CallOutcome::Answered { (60, 1_200) } else { (10, 30) };
                let millis = self.chance.between(seconds.0 * 1_000, seconds.1 * 1_000);
                let command = RecordCall {
                    activity: self.chance.id(now),
                    subjects: about(&deal),
                    employee: None,
                    direction: if self.chance.percent(75) { Direction::Outbound } else { Direction::Inbound },
                    duration: u64::try_from(millis).ok().map(DurationMs),
                    outcome: Some(outcome),
                    text: ActivityText { subject, ..ActivityText::default() },
                };
                self.tell_for(&deal, command)
            }
            1 | 3 => {
                let subject = Some(say(MAIL_SUBJECTS, deal.is_russian, &mut self.chance));
                let direction = if self.chance.percent(65) { Direction::Outbound } else { Direction::Inbound };
                let text = ActivityText { subject, ..ActivityText::default() };
                let activity = self.chance.id(now);
                self.tell_for(&deal, RecordEmail { activity, subjects: about(&deal), employee: None, direction, text })
            }
            2 => {
                let late = self.company.sellers[deal.owner].habit.late_percent;
                if self.chance.percent(late) {
                    let days = self.chance.between(1, 10);
                    self.queue(now.plus_ms(days * DAY), Step::Late(number, now));
                    return Ok(());
                }
                self.meeting(&deal, now)
            }
            _ => {
                let subject = Some(say(MAIL_SUBJECTS, deal.is_russian, &mut self.chance));
                let text = ActivityText { subject, ..ActivityText::default() };
                let (activity, direction) = (self.chance.id(now), Direction::Outbound);
                self.tell_for(&deal, RecordLetter { activity, subjects: about(&deal), employee: None, direction, text })
            }
        }
    }

    /// A meeting is recorded when the seller finds the time.
    pub fn late_meeting(&mut self, number: usize, happened: Timestamp) -> Result<(), DemoError> {
        let deal = self.deals[number].clone();
        self.meeting(&deal, happened)
    }

    fn meeting(&mut self, deal: &Deal, happened: Timestamp) -> Result<(), DemoError> {
        let minutes = self.chance.between(20, 120);
        let command = RecordMeeting {
            activity: self.chance.id(self.scribe.now()),
            subjects: about(deal),
            employee: None,
            direction: Direction::Outbound,
            duration: u64::try_from(minutes * 60_000).ok().map(DurationMs),
            text: ActivityText {
                subject: Some(say(MEETING_TOPICS, deal.is_russian, &mut self.chance)),
                ..ActivityText::default()
            },
        };
        let actor = self.seller(deal.owner);
        self.scribe.tell_of(happened, Some(actor), command)
    }

    /// What the seller believes at first, and what the deal is about.
    fn first_judgement(&mut self, deal: &Deal) -> Result<(), DemoError> {
        let is_optimist = self.company.sellers[deal.owner].habit.is_optimist;
        let percent = if is_optimist { self.chance.between(80, 95) } else { self.chance.between(2, 12) * 5 };
        let command = ReviseOpportunity {
            opportunity: deal.id,
            amount: None,
            expected_close: None,
            probability_percent: u8::try_from(percent).ok(),
            employee: None,
        };
        self.tell_for(deal, command)?;
        let format = *self.chance.one_of(&["page", "half_page", "banner", "article"]);
        let values = [("format".to_owned(), Some(AttributeValue::Text(format.to_owned())))].into();
        self.tell_for(deal, SetAttributes { entity: EntityRef::Opportunity(deal.id), values })
    }

    /// The expected close moves on, the amount changes, the optimist stays sure.
    fn slip(&mut self, number: usize) -> Result<(), DemoError> {
        self.deals[number].slips += 1;
        let deal = self.deals[number].clone();
        let is_optimist = self.company.sellers[deal.owner].habit.is_optimist;
        let days = self.chance.between(14, 45);
        let amount = deal.amount * self.chance.between(80, if is_optimist { 140 } else { 115 }) / 100;
        let changes_amount = self.chance.percent(40);
        let percent = if is_optimist { 90 } else { self.chance.between(4, 16) * 5 };
        if changes_amount {
            self.deals[number].amount = amount;
        }
        let command = ReviseOpportunity {
            opportunity: deal.id,
            amount: changes_amount.then(|| money(amount, deal.currency)).flatten(),
            expected_close: Some(day(self.days_from_now(days))),
            probability_percent: u8::try_from(percent).ok(),
            employee: None,
        };
        self.tell_for(&deal, command)
    }

    fn move_to(&mut self, number: usize, stage: usize) -> Result<(), DemoError> {
        self.deals[number].stage = stage;
        let deal = self.deals[number].clone();
        let command = MoveOpportunity {
            opportunity: deal.id,
            stage: deal.stages[stage].to_owned(),
            pipeline: None,
            employee: None,
        };
        self.tell_for(&deal, command)
    }

    fn win(&mut self, number: usize) -> Result<(), DemoError> {
        let deal = self.deals[number].clone();
        let now = self.scribe.now();
        let months = self.chance.between(1, 12);
        let agreement = ReachAgreement {
            agreement: self.chance.id(now),
            subjects: about(&deal),
            employee: None,
            form: if self.chance.percent(80) { AgreementForm::Written } else { AgreementForm::Oral },
            valid: Period { from: now, until: Some(now.plus_ms(months * 30 * DAY)) },
            renews: None,
            amount: money(deal.amount, deal.currency),
            terms: say(TERMS, deal.is_russian, &mut self.chance),
        };
        self.tell_for(&deal, agreement)?;
        self.tell_for(&deal, WinOpportunity { opportunity: deal.id, amount: None, employee: None })?;
        if self.chance.percent(35) {
            self.later((30_000, 200_000), Step::BuyAgain(number));
        }
        Ok(())
    }

    fn lose(&mut self, deal: &Deal) -> Result<(), DemoError> {
        let reason = *self.chance.one_of(&["PRICE", "PRICE", "COMPETITOR", "NO_DECISION"]);
        let command = LoseOpportunity {
            opportunity: deal.id,
            reason: reason.to_owned(),
            competitor: (reason == "COMPETITOR").then(|| "Городское радио / City Radio".into()),
            comment: None,
            employee: None,
        };
        self.tell_for(deal, command)
    }

    /// A customer who bought before opens another deal.
    pub fn buy_again(&mut self, earlier: usize) -> Result<(), DemoError> {
        let earlier = self.deals[earlier].clone();
        let owner = if self.company.sellers[earlier.owner].has_left { self.pick_diligent() } else { earlier.owner };
        let customer = Customer {
            name: String::new(),
            company: None,
            is_russian: earlier.is_russian,
            phone: String::new(),
            email: String::new(),
        };
        let mut deal = self.new_deal(earlier.pipeline, owner, &customer);
        (deal.account, deal.contact) = (earlier.account, earlier.contact);
        let command = OpenOpportunity {
            opportunity: deal.id,
            account: Some(deal.account),
            contact: deal.contact,
            pipeline: self.company.pipelines[deal.pipeline],
            stage: None,
            title: Some(say(TERMS, deal.is_russian, &mut self.chance)),
            owner: Some(self.seller(owner)),
            amount: money(deal.amount, deal.currency),
            expected_close: Some(day(self.days_from_now(45))),
            probability_percent: None,
            attributes: Attributes::new(),
        };
        self.tell_for(&deal, command)?;
        self.deals.push(deal);
        self.later((400, 2_000), Step::Work(self.deals.len() - 1));
        Ok(())
    }

    fn tell_for(&mut self, deal: &Deal, command: impl Into<letopis_domain::command::Command>) -> Result<(), DemoError> {
        let actor = self.seller(deal.owner);
        self.scribe.tell(Some(actor), command)
    }
}

fn about(deal: &Deal) -> Subjects {
    Subjects { account: Some(deal.account), contact: deal.contact, opportunity: Some(deal.id), lead: None }
}
