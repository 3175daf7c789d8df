//! Record that a person consents to a purpose (R89).

use serde::{Deserialize, Serialize};

use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{EmployeeId, SubjectId};
use crate::known::{Known, References};
use crate::limits;
use crate::privacy::{ConsentGiven, Subject};
use crate::query::Query;
use crate::values::Date;

/// Record that a person consents to a purpose (R89).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiveConsent {
    /// The person.
    pub subject: SubjectId,
    /// A key of the company for what the data may be used, e.g. `newsletter`.
    pub purpose: String,
    /// By which way, e.g. `web_form`.
    #[serde(default)]
    pub channel: Option<String>,
    /// The version of the text they agreed to.
    #[serde(default)]
    pub text_version: Option<String>,
    /// The last day on which it holds.
    #[serde(default)]
    pub valid_until: Option<Date>,
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

impl GiveConsent {
    fn references(&self) -> References {
        References::default().to_any("employee", self.employee)
    }

    fn stands_in(&self, subject: &Subject) -> bool {
        subject.standing_consents().any(|consent| {
            consent.purpose == self.purpose
                && consent.channel == self.channel
                && consent.text_version == self.text_version
                && consent.valid_until == self.valid_until
        })
    }
}

impl Decision for GiveConsent {
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
        limits::code("purpose", Some(&self.purpose))?;
        limits::code("channel", self.channel.as_deref())?;
        limits::code("textVersion", self.text_version.as_deref())?;
        state.known.check(&self.references())?;
        state.subject.check(self.subject)?;
        if self.stands_in(&state.subject) {
            return Ok(Vec::new());
        }
        let fact = ConsentGiven {
            subject: self.subject,
            purpose: self.purpose.clone(),
            channel: self.channel.clone(),
            text_version: self.text_version.clone(),
            valid_until: self.valid_until,
            employee: at.employee(self.employee),
        };
        Ok(vec![fact.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventType;
    use crate::privacy::WithdrawConsent;
    use crate::refusal::RefusalCode;
    use crate::samples::sample;
    use crate::testing::{History, given, id};

    fn person() -> History {
        given([sample(EventType::LeadReceived)])
    }

    fn give(text_version: &str) -> GiveConsent {
        GiveConsent {
            subject: id(7),
            purpose: "newsletter".to_owned(),
            channel: None,
            text_version: Some(text_version.to_owned()),
            valid_until: None,
            employee: None,
        }
    }

    fn standing(history: &History) -> Vec<Option<String>> {
        let mut subject = Subject::default();
        history.events().iter().for_each(|event| subject.evolve(event));
        subject.standing_consents().map(|consent| consent.text_version.clone()).collect()
    }

    #[test]
    fn a_consent_stands_until_it_is_withdrawn() {
        let withdraw = WithdrawConsent { subject: id(7), purpose: "newsletter".to_owned(), employee: None };
        let given = person().after(&give("1")).after(&give("2"));
        assert_eq!(standing(&given), [Some("1".to_owned()), Some("2".to_owned())]);
        let withdrawn = given.after(&withdraw);
        assert!(standing(&withdrawn).is_empty());
        assert_eq!(standing(&withdrawn.after(&give("1"))), [Some("1".to_owned())]);
    }

    #[test]
    fn nobody_consents_who_is_unknown_or_erased() {
        History::default().when(&give("1")).then_refused(RefusalCode::NotFound);
        let erased = person().and(sample(EventType::PersonalDataErased));
        erased.when(&give("1")).then_refused(RefusalCode::SubjectErased);
    }
}
