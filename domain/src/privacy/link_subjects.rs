//! State that two data subjects are one person (R89).
//!
//! From then on whoever is one of them is erased together with the other, and a legal hold on one keeps both. A link is
//! for ever: what was once said of one person cannot be told apart again.

use serde::{Deserialize, Serialize};

use crate::common::{Common, rejection};
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{SubjectId, Tagged};
use crate::privacy::{Subject, SubjectsLinked};
use crate::query::Query;

/// State that two data subjects are one person (R89).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkSubjects {
    /// The one.
    pub subject: SubjectId,
    /// The other.
    pub other: SubjectId,
}

rejection! {
    /// There is nothing to link.
    Same => InvalidValue, "other", "a data subject is linked with another one, not with itself";
}

impl Decision for LinkSubjects {
    type State = Subject;
    type Rejection = Rejection;

    fn subject(&self) -> Query {
        Query::about(&self.subject, &[]).or(&self.other, &[])
    }

    fn boundary(&self, known: &Subject) -> Query {
        let mut boundary = known.boundary(self.subject);
        for item in known.boundary(self.other).items {
            boundary = boundary.or_item(&item.types, item.tags);
        }
        boundary
    }

    fn evolve(&self, state: &mut Subject, event: &Recorded) {
        state.evolve(event);
    }

    fn decide(&self, state: &Subject, at: &Circumstances) -> Result<Vec<Event>, Rejection> {
        at.check()?;
        for (field, subject) in [("subject", self.subject), ("other", self.other)] {
            if !state.known.contains(subject) {
                return Err(Common::NotFound { field, tag: subject.tag() }.into());
            }
        }
        if self.subject == self.other {
            return Err(Rejection::Same);
        }
        if state.linked_with(self.subject).contains(self.other) {
            return Ok(Vec::new());
        }
        Ok(vec![SubjectsLinked { subject: self.subject, other: self.other }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ACCOUNT, CONTACT, LEAD, company};
    use crate::privacy::{EraseSubject, ErasureGround, PlaceLegalHold};
    use crate::refusal::RefusalCode;
    use crate::testing::{History, id};

    fn link(subject: u128, other: u128) -> LinkSubjects {
        LinkSubjects { subject: id(subject), other: id(other) }
    }

    fn erase(subject: u128) -> EraseSubject {
        let (ground, reference) = (ErasureGround::Objection, None);
        EraseSubject { subject: id(subject), ground, reference, employee: None }
    }

    fn erased(mut history: History, subject: u128) -> Vec<SubjectId> {
        let events = history.execute(&erase(subject)).unwrap();
        let Some(Event::PersonalDataErased(fact)) = events.first() else { panic!("nobody was erased: {events:?}") };
        fact.erased.as_slice().to_vec()
    }

    #[test]
    fn who_is_one_person_is_erased_as_one_whichever_is_named() {
        let linked = company().after(&link(LEAD, CONTACT)).after(&link(CONTACT, ACCOUNT));
        for subject in [LEAD, CONTACT, ACCOUNT] {
            assert_eq!(erased(linked.clone(), subject), [ACCOUNT, CONTACT, LEAD].map(id));
        }
        assert_eq!(erased(company().after(&link(LEAD, CONTACT)), ACCOUNT), [id(ACCOUNT)]);
    }

    #[test]
    fn a_link_is_a_fact_once_however_it_is_said() {
        let linked = company().after(&link(LEAD, CONTACT)).after(&link(CONTACT, ACCOUNT));
        linked.clone().when(&link(CONTACT, LEAD)).then_nothing();
        linked.when(&link(LEAD, ACCOUNT)).then_nothing();
    }

    #[test]
    fn both_are_known_and_not_the_same() {
        assert_eq!(company().when(&link(LEAD, 99)).then_refused(RefusalCode::NotFound).field.unwrap(), "other");
        assert_eq!(company().when(&link(99, LEAD)).then_refused(RefusalCode::NotFound).field.unwrap(), "subject");
        company().when(&link(LEAD, LEAD)).then_refused(RefusalCode::InvalidValue);
    }

    #[test]
    fn a_hold_on_one_keeps_the_other() {
        let hold = PlaceLegalHold { hold: id(90), subject: id(LEAD), reason: "claim".into(), employee: None };
        let company = company().after(&hold).after(&link(LEAD, CONTACT));
        company.when(&erase(CONTACT)).then_refused(RefusalCode::LegalHold);
    }

    #[test]
    fn what_is_linked_after_an_erasure_is_erased_by_the_next_one() {
        let linked = company().after(&erase(LEAD)).after(&link(LEAD, CONTACT));
        assert_eq!(erased(linked, LEAD), [id(CONTACT)]);
    }
}
