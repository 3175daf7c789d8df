//! The simulation: a queue of steps in the order of time, and what they act on.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;

use letopis_domain::catalog::{AuditThresholds, PublishAuditRules};
use letopis_domain::employee::{ReleaseEmployee, TransferEmployee};
use letopis_domain::ids::{AccountId, ContactId, EmployeeId, LeadId, OpportunityId, SubjectId, TaskId};
use letopis_domain::lead::AssignLead;
use letopis_domain::values::Timestamp;
use letopis_eventlog::environment::SeededEnvironment;
use letopis_eventlog::log::Log;

use super::calendar::{self, DAY, DAYS, MINUTE, START, weekday, working_time};
use super::chance::Chance;
use super::company::{Company, PRINT_2, pipeline};
use super::names::Customer;
use super::newspaper::Newspaper;
use super::scribe::{DemoError, Scribe};

/// From the second half year on, fewer equal comments look copied.
const STRICTER: AuditThresholds = AuditThresholds {
    short_call_ms: 10_000,
    answered_call_ms: 30_000,
    burst_count: 10,
    burst_window_ms: 600_000,
    copied_comment_count: 4,
};

/// How much is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// About 5,000 events.
    Small,
    /// About 100,000 events.
    Medium,
    /// About 1,000,000 events.
    Large,
}

impl Size {
    /// About how many events it has.
    pub const fn events(self) -> u64 {
        match self {
            Self::Small => 5_000,
            Self::Medium => 100_000,
            Self::Large => 1_000_000,
        }
    }

    /// How many leads arrive.
    const fn leads(self) -> u64 {
        self.events() * 2 / 35
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// How many events.
    pub events: u64,
    /// An account with much to show: the newspaper's customer whose slot was almost sold twice.
    pub account: AccountId,
    /// The seller who dumps leads.
    pub dumper: EmployeeId,
    /// The seller who believes in every deal.
    pub optimist: EmployeeId,
}

/// What happens next to whom.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// A lead arrives.
    Arrive,
    /// The owner turns to a lead, for the nth time.
    Attempt(usize, u32),
    /// A recycled or rejected lead comes back.
    ComeBack(usize),
    /// The owner works on a deal.
    Work(usize),
    /// A customer buys again.
    BuyAgain(usize),
    /// The dumper looks at the clock.
    Friday(usize),
    /// The dumper's rejections, one after the other.
    Dump(usize, usize),
    /// A meeting is recorded days later.
    Late(usize, Timestamp),
    /// A scene of the newspaper's story.
    Scene(u32),
    /// The second version of the print pipeline is published, and stricter rules of the audit.
    NewRules,
    /// Someone changes the team.
    Transfer(usize, usize),
    /// Someone leaves.
    Leave(usize),
}

/// A lead as the simulation sees it.
#[derive(Clone, Debug)]
pub struct Lead {
    pub id: LeadId,
    pub subject: SubjectId,
    pub customer: Customer,
    pub owner: usize,
    pub task: Option<TaskId>,
    /// Whether it was rejected or recycled once before.
    pub is_second_chance: bool,
    /// Whether it is neither rejected, recycled nor converted.
    pub is_open: bool,
}

/// A deal as the simulation sees it.
#[derive(Clone, Debug)]
pub struct Deal {
    pub id: OpportunityId,
    pub account: AccountId,
    pub contact: Option<ContactId>,
    pub owner: usize,
    pub pipeline: usize,
    pub stages: Vec<&'static str>,
    pub stage: usize,
    pub amount: i64,
    pub currency: &'static str,
    pub is_russian: bool,
    pub will_win: bool,
    pub touches: u32,
    pub slips: u32,
}

/// A step and when it is due; the queue hands out the earliest, and of equals the one queued first.
struct Due {
    at: Timestamp,
    number: u64,
    step: Step,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

/// The company and everything that is going on.
pub struct World {
    pub scribe: Scribe,
    pub chance: Chance,
    pub company: Company,
    pub leads: Vec<Lead>,
    pub deals: Vec<Deal>,
    pub newspaper: Newspaper,
    pub has_new_pipeline: bool,
    queue: BinaryHeap<Due>,
    queued: u64,
}

/// Writes the demo into an empty log that takes its time and ids from `env`.
///
/// # Errors
/// When the log holds something already, or fails.
pub async fn write(
    log: Arc<dyn Log>,
    env: Arc<SeededEnvironment>,
    seed: u64,
    size: Size,
    progress: &mut dyn FnMut(u64),
) -> Result<Told, DemoError> {
    let head = log.head().0;
    if head > 0 {
        return Err(DemoError::NotEmpty(head));
    }
    let mut scribe = Scribe::new(log, env);
    scribe.pass(START.plus_ms(8 * calendar::HOUR));
    let mut chance = Chance::new(seed);
    let company = Company::found(&mut scribe, &mut chance)?;
    let newspaper = Newspaper::new(&mut chance);
    let mut world = World {
        scribe,
        chance,
        company,
        leads: Vec::new(),
        deals: Vec::new(),
        newspaper,
        has_new_pipeline: false,
        queue: BinaryHeap::new(),
        queued: 0,
    };
    world.plan(size);
    world.run(progress).await?;
    let one = |chosen: fn(&super::people::Habit) -> bool| {
        world.company.sellers.iter().find(|seller| chosen(&seller.habit)).map_or(world.company.web, |seller| seller.id)
    };
    Ok(Told {
        events: world.scribe.events,
        account: world.newspaper.account,
        dumper: one(|habit| habit.is_dumper),
        optimist: one(|habit| habit.is_optimist),
    })
}

impl World {
    /// Queues what does not follow from something else.
    fn plan(&mut self, size: Size) {
        for _ in 0..size.leads() {
            let day = self.chance.between(0, DAYS - 1);
            // Fewer inquiries at weekends.
            let day = if weekday(day) >= 5 && self.chance.percent(60) { (day + 2) % DAYS } else { day };
            let hour = *self.chance.one_of(&[0, 8, 9, 10, 10, 11, 12, 13, 14, 15, 16, 17, 19, 21, 22]);
            let arrives = calendar::at(day, hour, 0).plus_ms(self.chance.between(MINUTE, 3_599_999));
            self.queue(arrives.max(calendar::at(0, 9, 0)), Step::Arrive);
        }
        for (number, seller) in self.company.sellers.iter().enumerate() {
            if seller.habit.is_dumper {
                for week in 0..DAYS / 7 {
                    let at = calendar::at(week * 7 + 4, 17, 20);
                    self.queued += 1;
                    self.queue.push(Due { at, number: self.queued, step: Step::Friday(number) });
                }
            }
        }
        self.queue(calendar::at(230, 10, 0), Step::NewRules);
        self.queue(calendar::at(182, 9, 5), Step::Transfer(2, 1));
        self.queue(calendar::at(364, 9, 5), Step::Transfer(9, 0));
        self.queue(calendar::at(452, 17, 45), Step::Leave(7));
        for (scene, (day, hour)) in super::newspaper::SCENES.iter().enumerate() {
            self.queue(calendar::at(*day, *hour, 15), Step::Scene(u32::try_from(scene).unwrap_or(0)));
        }
    }

    /// Queues a step; what would happen after the end of the story does not happen.
    pub fn queue(&mut self, at: Timestamp, step: Step) {
        if at < calendar::end() {
            self.queued += 1;
            self.queue.push(Due { at, number: self.queued, step });
        }
    }

    /// Queues a step for a time of work some minutes from now.
    pub fn later(&mut self, minutes: (i64, i64), step: Step) {
        let minutes = self.chance.between(minutes.0, minutes.1);
        let at = working_time(self.scribe.now(), minutes, &mut self.chance);
        self.queue(at, step);
    }

    async fn run(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), DemoError> {
        while let Some(due) = self.queue.pop() {
            if self.scribe.is_group_full(due.at) {
                self.scribe.append().await?;
                progress(self.scribe.events);
            }
            self.scribe.pass(due.at);
            self.take(due.step)?;
        }
        self.scribe.append().await
    }

    fn take(&mut self, step: Step) -> Result<(), DemoError> {
        match step {
            Step::Arrive => self.lead_arrives(),
            Step::Attempt(lead, attempt) => self.attempt(lead, attempt),
            Step::ComeBack(lead) => self.lead_comes_back(lead),
            Step::Work(deal) => self.work_on(deal),
            Step::BuyAgain(deal) => self.buy_again(deal),
            Step::Friday(seller) => {
                self.friday(seller);
                Ok(())
            }
            Step::Dump(seller, lead) => self.dump(seller, lead),
            Step::Late(deal, happened) => self.late_meeting(deal, happened),
            Step::Scene(scene) => self.scene(scene),
            Step::NewRules => {
                self.has_new_pipeline = true;
                self.scribe.tell(None, pipeline(self.company.pipelines[0], "Print advertising", PRINT_2))?;
                self.scribe.tell(None, PublishAuditRules { thresholds: STRICTER })
            }
            Step::Transfer(seller, team) => {
                let employee = self.company.sellers[seller].id;
                self.scribe.tell(None, TransferEmployee { employee, team: Some(self.company.teams[team]) })
            }
            Step::Leave(seller) => self.leave(seller),
        }
    }

    /// Someone leaves; their open leads go to others.
    fn leave(&mut self, seller: usize) -> Result<(), DemoError> {
        self.company.sellers[seller].has_left = true;
        for lead in 0..self.leads.len() {
            if self.leads[lead].owner == seller && self.leads[lead].is_open {
                let owner = self.pick_seller();
                self.leads[lead].owner = owner;
                let (lead, owner) = (self.leads[lead].id, Some(self.company.sellers[owner].id));
                self.scribe.tell(None, AssignLead { lead, owner })?;
            }
        }
        for deal in 0..self.deals.len() {
            if self.deals[deal].owner == seller {
                self.deals[deal].owner = self.pick_seller();
            }
        }
        self.scribe.tell(None, ReleaseEmployee { employee: self.company.sellers[seller].id })
    }

    /// A seller, by their share.
    pub fn pick_seller(&mut self) -> usize {
        let weights: Vec<u32> =
            self.company.sellers.iter().map(|seller| if seller.has_left { 0 } else { seller.habit.share }).collect();
        self.chance.weighted(&weights)
    }

    /// A seller who does not dump leads.
    pub fn pick_diligent(&mut self) -> usize {
        let weights: Vec<u32> =
            self.company.sellers.iter().map(|seller| u32::from(!seller.has_left && !seller.habit.is_dumper)).collect();
        self.chance.weighted(&weights)
    }

    /// A day some days from now.
    pub fn days_from_now(&self, days: i64) -> Timestamp {
        self.scribe.now().plus_ms(days * DAY)
    }
}
