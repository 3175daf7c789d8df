//! A story: events recorded one after the other, folded at once, with the clock in the test's hand.

use std::sync::Arc;

use letopis_domain::account::{AccountCreated, AccountKind};
use letopis_domain::activity::{CallRecorded, Direction, EmailRecorded, NoteRecorded, Subjects};
use letopis_domain::catalog::Claim;
use letopis_domain::contact::ContactCreated;
use letopis_domain::employee::{CompanyProfilePublished, EmployeeHired, EmployeeKind};
use letopis_domain::event::{Event, Recorded};
use letopis_domain::ids::{EmployeeId, EventId, LeadId, OpportunityId, Position, SubjectId};
use letopis_domain::lead::{Comment, LeadConverted, LeadReceived, LeadRejected};
use letopis_domain::opportunity::{OpportunityOpened, OpportunityStageChanged};
use letopis_domain::pipeline::{PipelinePublished, Stage, StageCategory, StageRef};
use letopis_domain::privacy::DataSubjects;
use letopis_domain::task::{TaskCompleted, TaskKind, TaskScheduled};
use letopis_domain::values::{DurationMs, Money, Personal, TextDigest, Timestamp};
use uuid::Uuid;

use crate::facts::Facts;
use crate::scope::Scope;

/// 2026-01-05T10:00:00Z, a Monday.
pub(super) const NOW: Timestamp = Timestamp::from_micros(1_767_607_200_000_000);
/// A second, in milliseconds.
pub(super) const SECOND: i64 = 1_000;
/// A minute, in milliseconds.
pub(super) const MINUTE: i64 = 60 * SECOND;
/// An hour, in milliseconds.
pub(super) const HOUR: i64 = 60 * MINUTE;

/// The number of a seller who is a person.
pub(super) const ANNA: u128 = 1;
/// The number of another.
pub(super) const BORIS: u128 = 2;
/// The number of a machine.
pub(super) const ROBOT: u128 = 3;

pub(super) fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

pub(super) fn minutes(after: i64) -> Timestamp {
    NOW.plus_ms(after * MINUTE)
}

/// What was recorded, and the rows it gave.
#[derive(Default)]
pub(super) struct Story {
    pub(super) events: Vec<Arc<Recorded>>,
    pub(super) facts: Facts,
}

impl Story {
    /// A company of two people and a machine.
    pub(super) fn company() -> Self {
        let mut story = Self::default();
        story.add(NOW, CompanyProfilePublished { name: "Test".to_owned(), time_zone: chrono_tz::UTC });
        for (number, kind) in [(ANNA, EmployeeKind::Human), (BORIS, EmployeeKind::Human), (ROBOT, EmployeeKind::System)]
        {
            story.add(NOW, EmployeeHired { employee: id(number), kind, team: None, personal: Personal::default() });
        }
        story
    }

    /// Records an event that occurred at some time; recording goes on steadily.
    pub(super) fn add(&mut self, occurred_at: Timestamp, event: impl Into<Event>) -> Position {
        let position = Position(self.events.len() as u64 + 1);
        let recorded = recorded(position, occurred_at, event.into());
        self.facts.apply(&recorded);
        self.events.push(Arc::new(recorded));
        position
    }

    pub(super) fn head(&self) -> Position {
        Position(self.events.len() as u64)
    }

    pub(super) fn now(&self) -> Scope<'_> {
        self.at(self.head())
    }

    pub(super) fn at(&self, position: Position) -> Scope<'_> {
        Scope { facts: &self.facts, position: position.0, eyes: None }
    }
}

pub(super) fn recorded(position: Position, occurred_at: Timestamp, event: Event) -> Recorded {
    Recorded {
        position,
        id: EventId(Uuid::from_u128(u128::from(position.0))),
        occurred_at,
        recorded_at: NOW.plus_ms(i64::try_from(position.0).unwrap() * SECOND),
        actor: None,
        request: None,
        correlation: None,
        causation: None,
        event,
    }
}

pub(super) fn about_lead(lead: u128) -> Subjects {
    Subjects { lead: Some(id(lead)), ..Subjects::default() }
}

pub(super) fn received(lead: u128) -> LeadReceived {
    LeadReceived {
        lead: id(lead),
        subject: id(lead),
        source: Some("web".to_owned()),
        channel: None,
        campaign: None,
        owner: Some(id(ANNA)),
        amount: None,
        attributes_version: 0,
        personal: Personal::default(),
    }
}

pub(super) fn rejected(lead: u128, employee: u128) -> LeadRejected {
    LeadRejected {
        lead: id::<LeadId>(lead),
        employee: Some(id::<EmployeeId>(employee)),
        reason: "NOT_NOW".to_owned(),
        catalog_version: 1,
        claim: None,
        comment_digest: TextDigest::default(),
        data_subjects: DataSubjects::NOBODY,
        personal: Personal::default(),
    }
}

pub(super) fn rejected_as_no_answer(lead: u128, employee: u128) -> LeadRejected {
    LeadRejected { reason: "NO_ANSWER".to_owned(), claim: Some(Claim::NoAnswer), ..rejected(lead, employee) }
}

pub(super) fn with_comment(rejected: LeadRejected, comment: &str) -> LeadRejected {
    let data_subjects = SubjectId(rejected.lead.0).into();
    let personal = Personal::Known(Comment { comment: Some(comment.into()) });
    let mut rejected = LeadRejected { data_subjects, personal, ..rejected };
    // A story does without a log, and so without its key.
    rejected.add_digest(&|text| text.iter().fold(5_381, |hash, byte| hash.wrapping_mul(33) ^ u64::from(*byte)));
    rejected
}

pub(super) fn call(lead: u128, direction: Direction, duration_ms: Option<u64>) -> CallRecorded {
    CallRecorded {
        activity: id(1_000),
        subjects: about_lead(lead),
        employee: Some(id(ANNA)),
        direction,
        duration: duration_ms.map(DurationMs),
        outcome: None,
        data_subjects: DataSubjects::NOBODY,
        personal: Personal::default(),
    }
}

pub(super) fn email(lead: u128, direction: Direction) -> EmailRecorded {
    EmailRecorded {
        activity: id(1_001),
        subjects: about_lead(lead),
        employee: Some(id(ANNA)),
        direction,
        data_subjects: DataSubjects::NOBODY,
        personal: Personal::default(),
    }
}

pub(super) fn note(lead: u128) -> NoteRecorded {
    NoteRecorded {
        activity: id(1_002),
        subjects: about_lead(lead),
        employee: Some(id(ANNA)),
        kind: None,
        direction: Direction::Internal,
        data_subjects: DataSubjects::NOBODY,
        personal: Personal::default(),
    }
}

pub(super) fn scheduled(task: u128, lead: u128, employee: u128, due_at: Timestamp) -> TaskScheduled {
    TaskScheduled {
        task: id(task),
        subjects: about_lead(lead),
        employee: Some(id(employee)),
        kind: TaskKind::Call,
        due_at,
        data_subjects: DataSubjects::NOBODY,
        personal: Personal::default(),
    }
}

pub(super) fn completed(task: u128, lead: u128, employee: u128) -> TaskCompleted {
    TaskCompleted {
        task: id(task),
        subjects: about_lead(lead),
        employee: Some(id(employee)),
        data_subjects: DataSubjects::NOBODY,
        personal: Personal::default(),
    }
}

pub(super) fn converted(lead: u128, account: u128, opportunity: Option<u128>) -> LeadConverted {
    LeadConverted {
        lead: id(lead),
        employee: Some(id(ANNA)),
        account: id(account),
        account_matched: false,
        contact: None,
        contact_matched: false,
        opportunity: opportunity.map(id),
    }
}

pub(super) fn account(number: u128) -> AccountCreated {
    AccountCreated {
        account: id(number),
        subject: id(number),
        kind: AccountKind::Company,
        owner: Some(id(ANNA)),
        parent: None,
        origin_lead: None,
        attributes_version: 0,
        personal: Personal::default(),
    }
}

pub(super) fn contact(number: u128, account: u128) -> ContactCreated {
    ContactCreated {
        contact: id(number),
        subject: id(number),
        account: Some(id(account)),
        owner: Some(id(ANNA)),
        origin_lead: None,
        attributes_version: 0,
        personal: Personal::default(),
    }
}

/// The stages of every pipeline of a story.
pub(super) const STAGES: [&str; 4] = ["NEW", "OFFER", "TALKS", "CLOSING"];

pub(super) fn pipeline(number: u128, version: u32, stages: &[&str]) -> PipelinePublished {
    let stage = |key: &&str| Stage {
        key: (*key).to_owned(),
        name: key.to_lowercase(),
        category: StageCategory::Proposal,
        probability_percent: None,
    };
    PipelinePublished {
        pipeline: id(number),
        version,
        name: format!("pipeline {number}"),
        stages: stages.iter().map(stage).collect(),
    }
}

pub(super) fn stage(pipeline: u128, key: &str) -> StageRef {
    StageRef { pipeline: id(pipeline), version: 1, stage: key.to_owned() }
}

pub(super) fn opened(opportunity: u128, stage: StageRef, amount: Option<Money>) -> OpportunityOpened {
    OpportunityOpened {
        opportunity: id::<OpportunityId>(opportunity),
        account: None,
        contact: None,
        origin_lead: None,
        stage,
        owner: Some(id(ANNA)),
        amount,
        expected_close: None,
        probability_percent: None,
        attributes_version: 0,
        data_subjects: DataSubjects::NOBODY,
        personal: Personal::default(),
    }
}

pub(super) fn moved(opportunity: u128, from: StageRef, to: StageRef) -> OpportunityStageChanged {
    OpportunityStageChanged { opportunity: id(opportunity), employee: Some(id(ANNA)), from, to }
}

pub(super) fn euros(amount: i64) -> Money {
    Money { amount: amount.into(), currency: "EUR".parse().unwrap() }
}
