//! The company that is measured: leads that are called and rejected, deals that move, everything tagged as in life.
//!
//! Events are made directly, not through commands: what is measured here is reading, not deciding.

use letopis_domain::account::{AccountCreated, AccountKind};
use letopis_domain::activity::{ActivityText, CallRecorded, Direction, EmailRecorded, Subjects};
use letopis_domain::catalog::Claim;
use letopis_domain::contact::ContactCreated;
use letopis_domain::employee::{CompanyProfilePublished, EmployeeHired, EmployeeKind, TeamFormed};
use letopis_domain::event::{Event, NewEvent};
use letopis_domain::ids::{EventId, SubjectId};
use letopis_domain::lead::{Comment, LeadDetails, LeadReceived, LeadRejected};
use letopis_domain::opportunity::{OpportunityLost, OpportunityOpened, OpportunityStageChanged, OpportunityWon};
use letopis_domain::pipeline::{PipelinePublished, Stage, StageCategory, StageRef};
use letopis_domain::privacy::DataSubjects;
use letopis_domain::query::AppendCondition;
use letopis_domain::task::{TaskCompleted, TaskKind, TaskScheduled};
use letopis_domain::values::{AttributeValue, Attributes, DurationMs, Money, Personal, TextDigest, Timestamp};
use letopis_eventlog::log::{AppendRequest, Log, RequestEvents};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

const STAGES: [&str; 4] = ["NEW", "OFFER", "TALKS", "CLOSING"];
const EMPLOYEES: u128 = 50;
const START: i64 = 1_700_000_000_000_000;
/// Microseconds between two events.
const STEP: i64 = 30_000_000;

fn id<T: From<Uuid>>(kind: u128, number: u128) -> T {
    // Spread like UUIDv7 of one day: the number in the time field, the kind behind it.
    Uuid::from_u128((number << 80) | (7 << 76) | (2 << 62) | kind).into()
}

/// Makes the events of the company, in an order as in life: many stories at once.
pub struct Workload {
    random: SmallRng,
    deals_per_account: u128,
    made: u64,
    stories: u128,
    waiting: Vec<Event>,
}

impl Workload {
    /// The company of a seed, with four deals per customer; it begins with its own structure.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::of_customers(seed, 4)
    }

    /// The company of a seed whose customers have so many deals each.
    #[must_use]
    pub fn of_customers(seed: u64, deals_per_account: u128) -> Self {
        let random = SmallRng::seed_from_u64(seed);
        let mut workload = Self { random, deals_per_account, made: 0, stories: 0, waiting: Vec::new() };
        workload.waiting.extend((0..EMPLOYEES).rev().map(|number| {
            let kind = if number == 0 { EmployeeKind::System } else { EmployeeKind::Human };
            let team = Some(id(2, number % 7));
            EmployeeHired { employee: id(1, number), kind, team, personal: Personal::default() }.into()
        }));
        workload.waiting.extend((0..7).map(|number| {
            TeamFormed { team: id(2, number), name: format!("team {number}"), parent: None, unit: None }.into()
        }));
        let stage = |key: &&str| Stage {
            key: (*key).to_owned(),
            name: (*key).to_owned(),
            category: StageCategory::Proposal,
            probability_percent: None,
        };
        let stages = STAGES.iter().map(stage).collect();
        let published = PipelinePublished { pipeline: id(3, 1), version: 1, name: "sales".to_owned(), stages };
        workload.waiting.push(published.into());
        let profile = CompanyProfilePublished { name: "Bench".to_owned(), time_zone: chrono_tz::Europe::Amsterdam };
        workload.waiting.push(profile.into());
        workload
    }

    /// Leads, and as many opportunities, begun so far.
    #[must_use]
    pub fn stories(&self) -> u128 {
        self.stories
    }

    /// The next events.
    pub fn take(&mut self, count: usize) -> Vec<NewEvent> {
        (0..count).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> NewEvent {
        if self.waiting.is_empty() {
            // A handful of stories at a time, their events shuffled into each other.
            let mut stories: Vec<Vec<Event>> = (0..8).map(|_| self.story()).collect();
            while !stories.is_empty() {
                let which = self.random.random_range(0..stories.len());
                match stories[which].pop() {
                    Some(event) => self.waiting.push(event),
                    None => drop(stories.swap_remove(which)),
                }
            }
            self.waiting.reverse();
        }
        self.made += 1;
        let micros = START + i64::try_from(self.made).unwrap_or(0) * STEP;
        let event = self
            .waiting
            .pop()
            .unwrap_or_else(|| TeamFormed { team: id(2, 0), name: String::new(), parent: None, unit: None }.into());
        NewEvent {
            id: EventId(Uuid::from_u128(u128::from(self.made))),
            occurred_at: Timestamp::from_micros(micros),
            actor: None,
            correlation: None,
            causation: None,
            event,
        }
    }

    /// One lead that is called and rejected, and one deal of a customer; the last event first.
    fn story(&mut self) -> Vec<Event> {
        let number = self.stories;
        self.stories += 1;
        let employee = Some(id(1, self.random.random_range(0..EMPLOYEES)));
        let about_lead = Subjects { lead: Some(id(4, number)), ..Subjects::default() };
        let about_deal = Subjects {
            account: Some(id(5, number / self.deals_per_account)),
            contact: Some(id(6, number / self.deals_per_account)),
            opportunity: Some(id(7, number)),
            lead: None,
        };
        let mut events = Vec::with_capacity(16);
        events.push(self.received(number));
        events.push(self.call(about_lead));
        events.push(self.call(about_lead));
        events.push(self.rejected(number));
        if number.is_multiple_of(self.deals_per_account) {
            events.push(account(number / self.deals_per_account));
            events.push(contact(number / self.deals_per_account));
        }
        events.push(self.opened(number));
        let reached = self.random.random_range(0..STAGES.len());
        for stage in 0..reached {
            let (opportunity, from, to) = (id(7, number), at(stage), at(stage + 1));
            events.push(OpportunityStageChanged { opportunity, employee, from, to }.into());
            events.push(self.call(about_deal));
        }
        let task = id(8, number);
        let due_at = Timestamp::from_micros(START + i64::try_from(self.made).unwrap_or(0) * STEP);
        let (kind, personal) = (TaskKind::Call, Personal::default());
        events.push(
            TaskScheduled {
                task,
                subjects: about_deal,
                employee,
                kind,
                due_at,
                data_subjects: DataSubjects::NOBODY,
                personal,
            }
            .into(),
        );
        events.push(self.email(about_deal));
        events.push(
            TaskCompleted {
                task,
                subjects: about_deal,
                employee,
                data_subjects: DataSubjects::NOBODY,
                personal: Personal::default(),
            }
            .into(),
        );
        events.extend(self.closed(number, at(reached)));
        events.reverse();
        events
    }

    fn amount(&mut self) -> Option<Money> {
        let currency = if self.random.random_range(0..5) == 0 { "USD" } else { "EUR" }.parse().ok()?;
        Some(Money { amount: self.random.random_range(100..100_000_i64).into(), currency })
    }

    fn received(&mut self, number: u128) -> Event {
        let source = ["paid_search", "social", "referral", "organic"][self.random.random_range(0..4)];
        let score = AttributeValue::Number(self.random.random_range(0..10_i64).into());
        let attributes = Attributes::from([("score".to_owned(), score)]);
        LeadReceived {
            lead: id(4, number),
            subject: id(9, number),
            source: Some(source.to_owned()),
            channel: Some("phone".to_owned()),
            campaign: None,
            owner: Some(id(1, self.random.random_range(0..EMPLOYEES))),
            amount: None,
            attributes_version: 1,
            personal: Personal::with_attributes(LeadDetails::default(), attributes),
        }
        .into()
    }

    fn call(&mut self, subjects: Subjects) -> Event {
        let text =
            ActivityText { subject: None, body: Some("they asked for the price".into()), ..ActivityText::default() };
        CallRecorded {
            activity: id(10, u128::from(self.random.random::<u32>())),
            subjects,
            employee: Some(id(1, self.random.random_range(0..EMPLOYEES))),
            direction: Direction::Outbound,
            duration: (self.random.random_range(0..10) > 0).then(|| DurationMs(self.random.random_range(0..600_000))),
            outcome: None,
            data_subjects: person(&subjects).of(&text),
            personal: Personal::Known(text),
        }
        .into()
    }

    fn email(&mut self, subjects: Subjects) -> Event {
        EmailRecorded {
            activity: id(10, u128::from(self.random.random::<u32>())),
            subjects,
            employee: Some(id(1, self.random.random_range(0..EMPLOYEES))),
            direction: Direction::Inbound,
            data_subjects: DataSubjects::NOBODY,
            personal: Personal::default(),
        }
        .into()
    }

    fn rejected(&mut self, number: u128) -> Event {
        let is_no_answer = self.random.random_range(0..2) == 0;
        let comment = ["no answer", "not interested", "too expensive", "wrong number"][self.random.random_range(0..4)];
        let comment =
            Comment { comment: Some(format!("{comment} {}", self.random.random_range(0..2_000)).as_str().into()) };
        LeadRejected {
            lead: id(4, number),
            employee: Some(id(1, self.random.random_range(0..EMPLOYEES))),
            reason: if is_no_answer { "NO_ANSWER" } else { "NOT_NOW" }.to_owned(),
            catalog_version: 1,
            claim: is_no_answer.then_some(Claim::NoAnswer),
            comment_digest: TextDigest::default(),
            data_subjects: id::<SubjectId>(9, number).into(),
            personal: Personal::Known(comment),
        }
        .into()
    }

    fn opened(&mut self, number: u128) -> Event {
        OpportunityOpened {
            opportunity: id(7, number),
            account: Some(id(5, number / self.deals_per_account)),
            contact: Some(id(6, number / self.deals_per_account)),
            origin_lead: None,
            stage: at(0),
            owner: Some(id(1, self.random.random_range(0..EMPLOYEES))),
            amount: self.amount(),
            expected_close: None,
            probability_percent: Some(50),
            attributes_version: 0,
            data_subjects: DataSubjects::NOBODY,
            personal: Personal::default(),
        }
        .into()
    }

    fn closed(&mut self, number: u128, stage: StageRef) -> Option<Event> {
        let (opportunity, employee, amount) = (id(7, number), Some(id(1, number % EMPLOYEES)), self.amount());
        match self.random.random_range(0..10) {
            0..3 => Some(OpportunityWon { opportunity, employee, stage, amount }.into()),
            3..8 => {
                let (reason, personal) = ("PRICE".to_owned(), Personal::default());
                let lost = OpportunityLost {
                    opportunity,
                    employee,
                    stage,
                    amount,
                    reason,
                    catalog_version: 1,
                    data_subjects: DataSubjects::NOBODY,
                    personal,
                };
                Some(lost.into())
            }
            _ => None,
        }
    }
}

/// The person on the other side.
fn person(subjects: &Subjects) -> DataSubjects {
    let ids = [subjects.lead.map(|lead| lead.0), subjects.account.map(|account| account.0)];
    ids.into_iter().flatten().map(|uuid| id::<SubjectId>(9, uuid.as_u128() >> 80)).collect()
}

fn at(stage: usize) -> StageRef {
    StageRef { pipeline: id(3, 1), version: 1, stage: STAGES[stage].to_owned() }
}

fn account(number: u128) -> Event {
    AccountCreated {
        account: id(5, number),
        subject: id(9, number),
        kind: AccountKind::Company,
        owner: Some(id(1, number % EMPLOYEES)),
        parent: None,
        origin_lead: None,
        attributes_version: 0,
        personal: Personal::default(),
    }
    .into()
}

fn contact(number: u128) -> Event {
    ContactCreated {
        contact: id(6, number),
        subject: id(9, number),
        account: Some(id(5, number)),
        owner: Some(id(1, number % EMPLOYEES)),
        origin_lead: None,
        attributes_version: 0,
        personal: Personal::default(),
    }
    .into()
}

/// Appends so many events, a thousand at a time, each as a request of its own as an import would.
///
/// # Errors
/// When the log refuses them.
pub async fn fill(log: &dyn Log, workload: &mut Workload, events: u64) -> anyhow::Result<()> {
    let mut left = events;
    while left > 0 {
        let count = left.min(1_000);
        let requests = workload
            .take(usize::try_from(count)?)
            .into_iter()
            .map(|event| RequestEvents { key: None, events: vec![event] })
            .collect();
        log.append(AppendRequest { requests, condition: AppendCondition::default() }).await?;
        left -= count;
    }
    Ok(())
}
