//! Erase the personal data of a person for ever (R89).
//!
//! The event is the fence: from its position on nothing personal can be written about any of the data subjects, and
//! the log destroys their keys before it acknowledges it.

use serde::{Deserialize, Serialize};

use crate::common::{Common, rejection};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, LegalHoldId, Position, SubjectId, Tagged};
use crate::known::{Known, References};
use crate::limits;
use crate::privacy::{DataSubjects, ErasureGround, PersonalDataErased, Subject};
use crate::query::Query;

/// Erase the personal data of a person for ever (R89).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EraseSubject {
    /// The data subject; those that are linked with it are erased as well.
    pub subject: SubjectId,
    /// On what ground.
    pub ground: ErasureGround,
    /// The company's reference of the request, e.g. a file number; never a name.
    #[serde(default)]
    pub reference: Option<String>,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}

rejection! {
    /// The law obliges the company to keep the data.
    Held { hold: LegalHoldId, position: Position, reason: String } => LegalHold, "subject",
        "the data are under legal hold {hold} since position {position}: {reason}";
}

/// The person, and whether who does it exists.
#[derive(Clone, Default, Debug)]
pub struct State {
    subject: Subject,
    known: Known,
}

impl EraseSubject {
    fn references(&self) -> References {
        References::default().to_any("employee", self.employee)
    }
}

impl Decision for EraseSubject {
    type State = State;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Query::about(&self.subject, &[])
    }

    fn boundary(&self, state: &State) -> Query {
        self.references().within(state.subject.boundary(self.subject))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.subject.evolve(event);
        state.known.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        limits::code("reference", self.reference.as_deref())?;
        state.known.check(&self.references())?;
        let subject = &state.subject;
        if !subject.known.contains(self.subject) {
            return Err(Common::NotFound { field: "subject", tag: self.subject.tag() }.into());
        }
        let linked = subject.linked_with(self.subject);
        let left = linked.as_slice().iter().copied().filter(|linked| !subject.erased.contains(*linked));
        let erased: DataSubjects = left.collect();
        if erased.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(hold) = subject.standing_holds().find(|hold| linked.contains(hold.subject)) {
            let reason = hold.reason.known().map_or("erased", |reason| reason.reveal()).to_owned();
            return Err(Rejection::Held { hold: hold.id, position: hold.position, reason });
        }
        let fact = PersonalDataErased {
            subject: self.subject,
            erased,
            ground: self.ground,
            reference: self.reference.clone(),
            employee: at.employee(self.employee),
        };
        Ok(vec![fact.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventType;
    use crate::fixtures::{CONTACT, LEAD, SELLER, company};
    use crate::privacy::{LiftLegalHold, PlaceLegalHold, SubjectsLinked};
    use crate::refusal::RefusalCode;
    use crate::samples::sample;
    use crate::testing::{History, given, id};

    const PERSON: u128 = 7;

    fn erase(subject: u128) -> EraseSubject {
        EraseSubject {
            subject: id(subject),
            ground: ErasureGround::ConsentWithdrawn,
            reference: Some("2026/17".to_owned()),
            employee: None,
        }
    }

    fn known() -> History {
        given([EventType::EmployeeHired, EventType::LeadReceived, EventType::ContactCreated].map(sample))
    }

    fn erased(history: &History) -> Vec<u128> {
        let erased = history.events().iter().filter_map(|event| match &event.event {
            Event::PersonalDataErased(fact) => Some(fact.erased.as_slice().to_vec()),
            _ => None,
        });
        erased.flatten().map(|subject| subject.0.as_u128()).collect()
    }

    #[test]
    fn a_person_is_erased_once_and_a_stranger_never() {
        let history = known().after(&erase(PERSON));
        assert_eq!(erased(&history), [PERSON]);
        history.when(&erase(PERSON)).then_nothing();
        known().when(&erase(99)).then_refused(RefusalCode::NotFound);
    }

    #[test]
    fn whoever_is_linked_is_erased_as_well() {
        let link = |one: u128, other: u128| Event::from(SubjectsLinked { subject: id(one), other: id(other) });
        let history = given([sample(EventType::LeadReceived), link(PERSON, 50), link(51, 50), link(60, 61)]);
        assert_eq!(erased(&history.clone().after(&erase(PERSON))), [PERSON, 50, 51]);
        let later = history.after(&erase(50)).and(link(51, 52));
        assert_eq!(erased(&later.after(&erase(PERSON))), [PERSON, 50, 51, 52]);
    }

    #[test]
    fn a_legal_hold_forbids_it_until_it_is_lifted() {
        let place = PlaceLegalHold {
            hold: id(90),
            subject: id(PERSON),
            reason: "claim 12/2026 before the court".into(),
            employee: None,
        };
        let held = known().after(&place);
        let refused = held.clone().when(&erase(PERSON)).then_refused(RefusalCode::LegalHold);
        assert!(refused.message.contains("claim 12/2026"), "{}", refused.message);
        let lift = LiftLegalHold { hold: id(90), reason: "settled".into(), employee: None };
        held.after(&lift).when(&erase(PERSON)).then_accepted();
    }

    #[test]
    fn who_does_it_exists() {
        let by_nobody = EraseSubject { employee: Some(id(99)), ..erase(PERSON) };
        known().when(&by_nobody).then_refused(RefusalCode::NotFound);
        let by_seller = EraseSubject { employee: Some(id(SELLER)), ..erase(CONTACT + LEAD) };
        company().when(&by_seller).then_refused(RefusalCode::NotFound);
    }
}
