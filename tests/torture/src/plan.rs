//! What a client asks of the log, as a function of the request's id alone.
//!
//! The id says which condition the append had and from which events it stems, so that whoever finds the request in
//! a log can check its condition again and compare every byte of its content, without having been there.

use std::str::FromStr;

use letopis_domain::activity::{ActivityText, CallRecorded, Direction, EmailRecorded, Subjects};
use letopis_domain::event::{Event, EventType, NewEvent};
use letopis_domain::ids::{ActivityId, EmployeeId, EventId, LeadId, LegalHoldId, Position, RequestId, SubjectId};
use letopis_domain::lead::{Comment, LeadAssigned, LeadDetails, LeadQualified, LeadReceived, LeadRejected};
use letopis_domain::privacy::{
    ConsentGiven, ConsentWithdrawn, DataSubjects, ErasureGround, HoldReason, LegalHoldLifted, LegalHoldPlaced,
    PersonalDataErased, SubjectsLinked,
};
use letopis_domain::query::{AppendCondition, Query, QueryItem};
use letopis_domain::values::{Attributes, DurationMs, PersonName, Personal, PlainText, TextDigest, Timestamp};
use letopis_eventlog::log::{AppendRequest, RequestEvents, RequestKey};
use uuid::Uuid;

use crate::random::Random;

const START: i64 = 1_700_000_000_000_000;
const EMPLOYEES: u64 = 5;
/// Persons whom the events of one lead are about.
pub const PERSONS_PER_LEAD: u64 = 8;

/// The shape of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A lead is received, if it was not before: clients race for the same leads.
    Claim,
    /// One to three events of a lead, if nothing happened to it since it was read.
    Stream,
    /// An assignment, unless one of two other things happened since.
    Wide,
    /// One to three events without a condition; may come as one of several requests in one append.
    Free,
    /// Many large events.
    Bulk,
    /// Consents, legal holds and links of somebody.
    People,
    /// Somebody is erased, or up to four at once.
    Erase,
}

/// A request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Its shape.
    pub kind: Kind,
    /// The run of the writer, the client, and the number that it counts.
    pub by: [u64; 3],
    /// The condition looks at what came after this position.
    pub after: u64,
    /// The number of the lead that it is about; of the person, when somebody is erased.
    pub target: u64,
    /// Which part of an append of several requests it is, from 1, and of how many.
    pub part: [u64; 2],
}

impl Plan {
    /// The text of its id.
    pub fn id(&self) -> String {
        let Self { kind, by: [run, client, number], after, target, part: [part, parts] } = self;
        let kind = kind.letter();
        format!("{kind}-{run}-{client}-{number}-{after}-{target}-{part}-{parts}")
    }

    /// The requests of its append: itself, or all parts.
    pub fn parts(&self) -> impl Iterator<Item = Self> {
        let [_, parts] = self.part;
        let plan = self.clone();
        (1..=parts).map(move |part| Self { part: [part, parts], ..plan.clone() })
    }

    /// The append.
    pub fn append(&self) -> AppendRequest {
        let requests = self.parts().map(|part| {
            let id = part.id();
            let mut digest = [0; 16];
            digest.copy_from_slice(&blake3::hash(id.as_bytes()).as_bytes()[..16]);
            let key = RequestKey { id: RequestId::new(id).expect("ids are short"), digest };
            RequestEvents { key: Some(key), events: part.events() }
        });
        AppendRequest { requests: requests.collect(), condition: self.condition() }
    }

    /// What must not have happened.
    pub fn condition(&self) -> AppendCondition {
        let lead = lead(self.target);
        let query = match self.kind {
            Kind::Claim => Query::about(&lead, &[EventType::LeadReceived]),
            Kind::Stream => Query::about(&lead, &[]),
            Kind::Wide => Query::about(&employee(self.target), &[EventType::LeadAssigned])
                .or(&lead, &[EventType::LeadRejected, EventType::LeadQualified]),
            Kind::Free | Kind::Bulk | Kind::People | Kind::Erase => Query::default(),
        };
        AppendCondition { fail_if_events_match: query, after: Position(self.after) }
    }

    /// The alternatives of the condition.
    pub fn items(&self) -> Vec<QueryItem> {
        self.condition().fail_if_events_match.items
    }

    /// Whom it erases.
    pub fn erases(&self) -> Vec<SubjectId> {
        if self.kind != Kind::Erase {
            return Vec::new();
        }
        self.events()
            .iter()
            .filter_map(|event| event.event.erases())
            .flat_map(DataSubjects::as_slice)
            .copied()
            .collect()
    }

    /// Its events, in full.
    pub fn events(&self) -> Vec<NewEvent> {
        let id = self.id();
        let mut random = Random::of(&id);
        let count = match self.kind {
            Kind::Claim | Kind::Wide | Kind::Erase => 1,
            Kind::Stream | Kind::Free | Kind::People => 1 + random.below(3),
            Kind::Bulk => 10 + random.below(40),
        };
        (0..count).map(|_| self.event(&mut random)).collect()
    }

    fn event(&self, random: &mut Random) -> NewEvent {
        let lead = lead(self.target);
        let somebody = Some(employee(random.next()));
        let event = match self.kind {
            Kind::Claim => received(self.target, random),
            Kind::Wide => LeadAssigned { lead, from: somebody, to: Some(employee(self.target)) }.into(),
            Kind::Stream if self.after == 0 => received(self.target, random),
            Kind::Bulk => call(self.target, random, 1_500),
            Kind::People => of_a_person(self.target, random),
            Kind::Erase => erased(self.target, random),
            Kind::Stream | Kind::Free => match random.below(6) {
                0 => LeadQualified { lead, employee: somebody }.into(),
                1 => LeadAssigned { lead, from: None, to: somebody }.into(),
                2 => rejected(self.target, random),
                3 => email(self.target, random),
                _ => call(self.target, random, 200),
            },
        };
        let millis = START.unsigned_abs() / 1_000 + random.below(1 << 30);
        let bits: [u8; 10] = std::array::from_fn(|_| random.next().to_be_bytes()[0]);
        NewEvent {
            id: EventId(uuid::Builder::from_unix_timestamp_millis(millis, &bits).into_uuid()),
            occurred_at: Timestamp::from_micros(START + i64::from(random.next().to_be_bytes()[0]) * 1_000_000),
            actor: random.once_in(2).then(|| employee(random.next())),
            correlation: random.once_in(3).then(|| Uuid::from_u64_pair(random.next(), 1)),
            causation: None,
            event,
        }
    }
}

impl Kind {
    /// Every shape.
    pub const ALL: [Self; 7] =
        [Self::Claim, Self::Stream, Self::Wide, Self::Free, Self::Bulk, Self::People, Self::Erase];

    const fn letter(self) -> char {
        match self {
            Self::Claim => 'c',
            Self::Stream => 's',
            Self::Wide => 'w',
            Self::Free => 'f',
            Self::Bulk => 'b',
            Self::People => 'p',
            Self::Erase => 'e',
        }
    }
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        let strange = || format!("no such request was ever made: {id}");
        let (kind, rest) = id.split_once('-').ok_or_else(strange)?;
        let kind = Kind::ALL.into_iter().find(|each| kind == each.letter().to_string()).ok_or_else(strange)?;
        let numbers: Result<Vec<u64>, _> = rest.split('-').map(u64::from_str).collect();
        let [run, client, number, after, target, part, parts] =
            <[u64; 7]>::try_from(numbers.map_err(|_| strange())?).map_err(|_| strange())?;
        Ok(Self { kind, by: [run, client, number], after, target, part: [part, parts] })
    }
}

/// A lead by its number.
pub fn lead(number: u64) -> LeadId {
    LeadId(Uuid::from_u64_pair(4, number))
}

/// A person by its number.
pub fn subject(number: u64) -> SubjectId {
    SubjectId(Uuid::from_u64_pair(9, number))
}

/// One of those whom a lead's events are about.
fn someone(target: u64, random: &mut Random) -> SubjectId {
    subject(target * PERSONS_PER_LEAD + random.below(PERSONS_PER_LEAD))
}

fn employee(number: u64) -> EmployeeId {
    EmployeeId(Uuid::from_u64_pair(1, number % EMPLOYEES))
}

/// Text that does not compress well.
fn text(random: &mut Random, size: u64) -> String {
    let words = 1 + random.below(size / 16 + 1);
    (0..words).map(|_| format!("{:016x}", random.next())).collect()
}

fn received(target: u64, random: &mut Random) -> Event {
    let source = ["paid_search", "social", "referral"][usize::from(random.next().to_be_bytes()[0]) % 3];
    let number = format!("+79{:09}", random.below(1_000_000_000));
    let details = LeadDetails {
        name: Some(text(random, 40).as_str().into()),
        company: None,
        emails: vec![format!("{}@example.org", random.below(1_000)).as_str().into()],
        phones: vec![number.as_str().into()],
        message: Some(text(random, 300).as_str().into()),
    };
    LeadReceived {
        lead: lead(target),
        subject: someone(target, random),
        source: Some(source.to_owned()),
        channel: None,
        campaign: None,
        owner: Some(employee(random.next())),
        amount: None,
        attributes_version: 0,
        personal: Personal::with_attributes(details, Attributes::new()),
    }
    .into()
}

fn rejected(target: u64, random: &mut Random) -> Event {
    let comment = Comment { comment: Some(text(random, 60).as_str().into()) };
    LeadRejected {
        lead: lead(target),
        employee: Some(employee(random.next())),
        reason: "NOT_NOW".to_owned(),
        catalog_version: 1,
        claim: None,
        comment_digest: TextDigest::default(),
        data_subjects: someone(target, random).into(),
        personal: Personal::Known(comment),
    }
    .into()
}

fn said(target: u64, random: &mut Random, size: u64) -> (DataSubjects, Personal<ActivityText>) {
    let text = ActivityText { body: Some(text(random, size).as_str().into()), ..ActivityText::default() };
    let mut about: DataSubjects = someone(target, random).into();
    if random.once_in(5) {
        about.add([someone(target, random)]);
    }
    (about, Personal::Known(text))
}

fn call(target: u64, random: &mut Random, size: u64) -> Event {
    let (data_subjects, personal) = said(target, random, size);
    CallRecorded {
        activity: ActivityId(Uuid::from_u64_pair(10, random.next())),
        subjects: Subjects { lead: Some(lead(target)), ..Subjects::default() },
        employee: Some(employee(random.next())),
        direction: Direction::Outbound,
        duration: Some(DurationMs(random.below(600_000))),
        outcome: None,
        data_subjects,
        personal,
    }
    .into()
}

fn email(target: u64, random: &mut Random) -> Event {
    let (data_subjects, personal) = said(target, random, 200);
    EmailRecorded {
        activity: ActivityId(Uuid::from_u64_pair(10, random.next())),
        subjects: Subjects { lead: Some(lead(target)), ..Subjects::default() },
        employee: Some(employee(random.next())),
        direction: Direction::Inbound,
        data_subjects,
        personal,
    }
    .into()
}

fn of_a_person(target: u64, random: &mut Random) -> Event {
    let (subject, employee) = (someone(target, random), Some(employee(random.next())));
    let hold = LegalHoldId(Uuid::from_u64_pair(11, random.below(100)));
    let purpose = "newsletter".to_owned();
    let (which, other) = (random.below(5), someone(target, random));
    let personal = Personal::Known(HoldReason { reason: text(random, 60).as_str().into() });
    match which {
        0 => ConsentGiven { subject, purpose, channel: None, text_version: None, valid_until: None, employee }.into(),
        1 => ConsentWithdrawn { subject, purpose, employee }.into(),
        2 => LegalHoldPlaced { hold, subject, employee, personal }.into(),
        3 => LegalHoldLifted { hold, subject, employee, personal }.into(),
        _ => SubjectsLinked { subject, other }.into(),
    }
}

fn erased(person: u64, random: &mut Random) -> Event {
    let mut erased: DataSubjects = subject(person).into();
    if random.once_in(3) {
        erased.add((1..=1 + random.below(3)).map(|other| subject(person + other)));
    }
    let employee = Some(employee(random.next()));
    PersonalDataErased { subject: subject(person), erased, ground: ErasureGround::Objection, reference: None, employee }
        .into()
}

/// The first words that an event says about people: they must be found in no file.
pub fn words(event: &Event) -> Option<&str> {
    match event {
        Event::LeadReceived(event) => event.personal.known()?.details.name.as_ref().map(PersonName::reveal),
        Event::LeadRejected(event) => event.personal.known()?.comment.as_ref().map(PlainText::reveal),
        Event::CallRecorded(event) => event.personal.known()?.body.as_ref().map(PlainText::reveal),
        Event::EmailRecorded(event) => event.personal.known()?.body.as_ref().map(PlainText::reveal),
        Event::LegalHoldPlaced(event) => Some(event.personal.known()?.reason.reveal()),
        Event::LegalHoldLifted(event) => Some(event.personal.known()?.reason.reveal()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_everything_about_its_request() {
        for kind in Kind::ALL {
            let plan = Plan { kind, by: [1, 2, 3], after: 4, target: 5, part: [1, 2] };
            let again: Plan = plan.id().parse().unwrap();
            assert_eq!(again, plan);
            assert_eq!(again.events(), plan.events());
        }
        assert!("x-1-2-3-4-5-1-2".parse::<Plan>().is_err());
        assert!("c-1-2-3".parse::<Plan>().is_err());
    }
}
