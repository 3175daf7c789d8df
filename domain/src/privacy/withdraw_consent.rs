//! Record that a person takes a consent back (R89).

use serde::{Deserialize, Serialize};

use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, SubjectId, Tagged};
use crate::known::{Known, References};
use crate::limits;
use crate::privacy::{ConsentWithdrawn, Subject};
use crate::query::Query;

/// Record that a person takes a consent back (R89).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WithdrawConsent {
    /// The person.
    pub subject: SubjectId,
    /// What the data may no longer be used for.
    pub purpose: String,
    /// Who of the company takes it down; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
}

/// The person, and whether who does it exists.
#[derive(Clone, Default, Debug)]
pub struct State {
    subject: Subject,
    known: Known,
}

impl WithdrawConsent {
    fn references(&self) -> References {
        References::default().to_any("employee", self.employee)
    }
}

impl Decision for WithdrawConsent {
    type State = State;
    type Rejection = Common;

    fn subject(&self) -> Query {
        Query::about(&self.subject, &[])
    }

    fn boundary(&self, _known: &State) -> Query {
        self.references().within(Subject::within(Query::default(), self.subject))
    }

    fn evolve(&self, state: &mut State, event: &Recorded) {
        state.subject.evolve(event);
        state.known.evolve(event);
    }

    fn decide(&self, state: &State, at: &Circumstances) -> Result<Vec<Event>, Common> {
        at.check()?;
        limits::name("purpose", &self.purpose)?;
        state.known.check(&self.references())?;
        let subject = &state.subject;
        if !subject.known.contains(self.subject) {
            return Err(Common::NotFound { field: "subject", tag: self.subject.tag() });
        }
        if !subject.consents.iter().any(|consent| consent.purpose == self.purpose) {
            return Err(Common::invalid("purpose", "no consent to it was ever given"));
        }
        if !subject.standing_consents().any(|consent| consent.purpose == self.purpose) {
            return Ok(Vec::new());
        }
        let fact = ConsentWithdrawn {
            subject: self.subject,
            purpose: self.purpose.clone(),
            employee: at.employee(self.employee),
        };
        Ok(vec![fact.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventType;
    use crate::refusal::RefusalCode;
    use crate::samples::sample;
    use crate::testing::{History, given, id};

    fn withdraw(purpose: &str) -> WithdrawConsent {
        WithdrawConsent { subject: id(7), purpose: purpose.to_owned(), employee: None }
    }

    #[test]
    fn only_a_consent_that_was_given_is_withdrawn_and_once() {
        let person = given([EventType::LeadReceived, EventType::ConsentGiven].map(sample));
        person.clone().when(&withdraw("profiling")).then_refused(RefusalCode::InvalidValue);
        person.after(&withdraw("newsletter")).when(&withdraw("newsletter")).then_nothing();
        History::default().when(&withdraw("newsletter")).then_refused(RefusalCode::NotFound);
    }
}
