//! A data subject as its events tell it: consents, holds, links, and whether it was erased.

use serde::Serialize;

use crate::common::Common;
use crate::event::{Event, EventType, Recorded};
use crate::ids::{LegalHoldId, OpportunityId, Position, SubjectId, Tagged};
use crate::privacy::{ConsentGiven, DataSubjects, Entries};
use crate::query::Query;
use crate::values::{Date, Personal, PlainText, Timestamp};

/// A consent as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Consent {
    /// What for.
    pub purpose: String,
    /// By which way.
    pub channel: Option<String>,
    /// The version of the text.
    pub text_version: Option<String>,
    /// The last day on which it holds.
    pub valid_until: Option<Date>,
    /// When it was given, by business time.
    pub given_at: Timestamp,
    /// When it was withdrawn, by business time; none = it was not.
    pub withdrawn_at: Option<Timestamp>,
}

/// A legal hold as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LegalHold {
    /// Its id.
    pub id: LegalHoldId,
    /// Whose data are kept.
    pub subject: SubjectId,
    /// Why.
    pub reason: Personal<PlainText>,
    /// The event that placed it.
    pub position: Position,
    /// When it was placed, by business time.
    pub placed_at: Timestamp,
    /// When it was lifted, by business time; none = it holds.
    pub lifted_at: Option<Timestamp>,
}

/// One person: a data subject and all that are linked with it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Subject {
    /// Those of the linked set that anything is known about.
    pub known: DataSubjects,
    /// Every link, as it was recorded.
    pub links: Vec<(SubjectId, SubjectId)>,
    /// What the person is in the company's books.
    pub entries: Entries,
    /// Consents, oldest first; one that was given again stands again.
    pub consents: Vec<Consent>,
    /// Legal holds, oldest first.
    pub holds: Vec<LegalHold>,
    /// Those who were erased.
    pub erased: DataSubjects,
    /// Every erasure: who was erased, and where.
    pub erasures: Vec<(DataSubjects, Position)>,
}

impl Subject {
    /// The events that make a data subject known. An opportunity without a customer does, too: see [`Self::within`].
    const CREATING: &'static [EventType] = &[
        EventType::LeadReceived,
        EventType::AccountCreated,
        EventType::ContactCreated,
        EventType::EmployeeHired,
        EventType::SubjectsLinked,
    ];

    /// The events it is made of, besides the opening of the deal whose data subject it is.
    const TYPES: &'static [EventType] = &[
        EventType::LeadReceived,
        EventType::AccountCreated,
        EventType::ContactCreated,
        EventType::EmployeeHired,
        EventType::SubjectsLinked,
        EventType::ConsentGiven,
        EventType::ConsentWithdrawn,
        EventType::LegalHoldPlaced,
        EventType::LegalHoldLifted,
        EventType::PersonalDataErased,
    ];

    /// Adds to a boundary what one data subject is made of.
    ///
    /// A deal without a customer has a data subject under its own id. The deals of a customer carry the customer's tag,
    /// too, but tell nothing about who they are.
    #[must_use]
    pub fn within(boundary: Query, subject: SubjectId) -> Query {
        let own_deal = vec![subject.tag(), OpportunityId(subject.0).tag()];
        boundary.or(&subject, Self::TYPES).or_item(&[EventType::OpportunityOpened], own_deal)
    }

    /// What a person is made of: the whole linked set as far as it is known.
    #[must_use]
    pub fn boundary(&self, subject: SubjectId) -> Query {
        self.linked_with(subject).as_slice().iter().fold(Query::default(), |query, one| Self::within(query, *one))
    }

    /// The deals that a person may have: the opening of each that they have anything to do with.
    #[must_use]
    pub fn deals(&self, subject: SubjectId) -> Query {
        let linked = self.linked_with(subject);
        linked.as_slice().iter().fold(Query::default(), |query, one| query.or(one, &[EventType::OpportunityOpened]))
    }

    /// What holds personal data of theirs.
    #[must_use]
    pub fn personal(&self, subject: SubjectId) -> Query {
        self.linked_with(subject).as_slice().iter().fold(Query::default(), |query, one| query.or(one, &[]))
    }

    /// Everybody who is this person, in ascending order.
    #[must_use]
    pub fn linked_with(&self, subject: SubjectId) -> DataSubjects {
        let mut linked = DataSubjects::from(subject);
        loop {
            let before = linked.as_slice().len();
            for (one, other) in &self.links {
                if linked.contains(*one) || linked.contains(*other) {
                    linked.add([*one, *other]);
                }
            }
            if linked.as_slice().len() == before {
                return linked;
            }
        }
    }

    /// Refuses a data subject that is unknown or was erased.
    ///
    /// # Errors
    /// `NotFound`, or `Erased`.
    pub fn check(&self, subject: SubjectId) -> Result<(), Common> {
        if !self.known.contains(subject) {
            return Err(Common::NotFound { field: "subject", tag: subject.tag() });
        }
        if self.erased.contains(subject) {
            return Err(Common::Erased { field: "subject", tag: subject.tag() });
        }
        Ok(())
    }

    /// Where one of them was erased. Those who were linked afterwards may be living.
    #[must_use]
    pub fn erased_at(&self, subject: SubjectId) -> Option<Position> {
        self.erasures.iter().find(|(erased, _)| erased.contains(subject)).map(|(_, position)| *position)
    }

    /// The consents that were given and not taken back.
    pub fn standing_consents(&self) -> impl Iterator<Item = &Consent> {
        self.consents.iter().filter(|consent| consent.withdrawn_at.is_none())
    }

    /// The holds that are in force.
    pub fn standing_holds(&self) -> impl Iterator<Item = &LegalHold> {
        self.holds.iter().filter(|hold| hold.lifted_at.is_none())
    }

    /// Folds one event, in position order; others leave it as it is.
    pub fn evolve(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::SubjectsLinked(fact) => {
                self.known.add([fact.subject, fact.other]);
                self.links.push((fact.subject, fact.other));
            }
            Event::ConsentGiven(fact) => self.give(fact, recorded.occurred_at),
            Event::ConsentWithdrawn(fact) => {
                for consent in self.consents.iter_mut().filter(|consent| consent.purpose == fact.purpose) {
                    consent.withdrawn_at.get_or_insert(recorded.occurred_at);
                }
            }
            Event::LegalHoldPlaced(fact) => self.holds.push(LegalHold {
                id: fact.hold,
                subject: fact.subject,
                reason: fact.personal.map(|personal| personal.reason.clone()),
                position: recorded.position,
                placed_at: recorded.occurred_at,
                lifted_at: None,
            }),
            Event::LegalHoldLifted(fact) => {
                for hold in self.holds.iter_mut().filter(|hold| hold.id == fact.hold) {
                    hold.lifted_at.get_or_insert(recorded.occurred_at);
                }
            }
            Event::PersonalDataErased(fact) => {
                self.erased.add(fact.erased.as_slice().iter().copied());
                self.erasures.push((fact.erased.clone(), recorded.position));
            }
            Event::OpportunityOpened(fact) => {
                let own = SubjectId(fact.opportunity.0);
                if fact.data_subjects.contains(own) {
                    self.known.add([own]);
                    self.entries.enter(&recorded.event);
                }
            }
            event if Self::CREATING.contains(&event.event_type()) => {
                self.known.add(event.data_subjects().as_slice().iter().copied());
                self.entries.enter(event);
            }
            _ => {}
        }
    }

    fn give(&mut self, fact: &ConsentGiven, given_at: Timestamp) {
        self.consents.push(Consent {
            purpose: fact.purpose.clone(),
            channel: fact.channel.clone(),
            text_version: fact.text_version.clone(),
            valid_until: fact.valid_until,
            given_at,
            withdrawn_at: None,
        });
    }
}
