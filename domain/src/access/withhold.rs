//! What is withheld from an event before somebody sees it who may not see all of it.

use super::fields::Fields;
use crate::event::{Event, Fact};
use crate::privacy::DataSubjects;
use crate::values::{Email, Money, PersonName, Personal, PersonalValues, Phone, PlainText, TextDigest};

/// What stands in place of a text that is withheld.
pub const WITHHELD: &str = "withheld";

/// What a viewer does not see of one event's personal part.
#[derive(Clone, Copy)]
pub struct Withholding<'a> {
    fields: Fields,
    /// What a person is called instead: the same for the same person.
    pseudonym: &'a str,
}

impl Withholding<'_> {
    /// Withholds of an event what its personal part has to say.
    pub(crate) fn of<F: Fact>(&self, fact: &mut F) {
        let known = fact.personal().and_then(Personal::known).cloned();
        if let Some(mut values) = known {
            values.withhold(self);
            fact.set_personal(Personal::Known(values));
        }
    }

    /// A name becomes a pseudonym.
    pub fn name(&self, name: &mut PersonName) {
        if self.hides(Fields::PERSONAL) && !name.0.is_empty() {
            self.pseudonym.clone_into(&mut name.0);
        }
    }

    /// Addresses and numbers are left out: even how many there are is nobody's business.
    pub fn contact_data(&self, emails: &mut Vec<Email>, phones: &mut Vec<Phone>) {
        if self.hides(Fields::PERSONAL) {
            emails.clear();
            phones.clear();
        }
    }

    /// Anything else about a person is left out.
    pub fn personal<T: Default>(&self, value: &mut T) {
        if self.hides(Fields::PERSONAL) {
            *value = T::default();
        }
    }

    /// Free text, which may name anybody.
    pub fn words(&self, text: &mut PlainText) {
        if self.hides(Fields::COMMENTS) && !text.0.is_empty() {
            WITHHELD.clone_into(&mut text.0);
        }
    }

    const fn hides(&self, fields: Fields) -> bool {
        !self.fields.holds(fields)
    }
}

impl Event {
    /// Withholds what is not among `fields`. `pseudonym` names people without telling who they are.
    pub fn withhold(&mut self, fields: Fields, pseudonym: &dyn Fn(&DataSubjects) -> String) {
        if !fields.holds(Fields::MONEY) {
            self.amounts(&mut |amount| *amount = None);
        }
        if let (false, Self::LeadRejected(rejected)) = (fields.holds(Fields::COMMENTS), &mut *self) {
            // It tells which comments are equal.
            rejected.comment_digest = TextDigest::default();
        }
        if fields.holds(Fields::PERSONAL.and(Fields::COMMENTS)) {
            return;
        }
        let pseudonym = pseudonym(&self.data_subjects());
        self.withhold_personal(&Withholding { fields, pseudonym: &pseudonym });
    }

    /// Every amount of the event.
    fn amounts(&mut self, each: &mut dyn FnMut(&mut Option<Money>)) {
        match self {
            Self::LeadReceived(fact) => each(&mut fact.amount),
            Self::OpportunityOpened(fact) => each(&mut fact.amount),
            Self::OpportunityAmountRevised(fact) => {
                each(&mut fact.from);
                each(&mut fact.to);
            }
            Self::OpportunityWon(fact) => each(&mut fact.amount),
            Self::OpportunityLost(fact) => each(&mut fact.amount),
            Self::AgreementReached(fact) => each(&mut fact.amount),
            Self::CompanyProfilePublished(_)
            | Self::BusinessUnitFormed(_)
            | Self::TeamFormed(_)
            | Self::EmployeeHired(_)
            | Self::EmployeeTransferred(_)
            | Self::EmployeeLeft(_)
            | Self::PipelinePublished(_)
            | Self::ReasonCatalogPublished(_)
            | Self::AuditRulesPublished(_)
            | Self::AttributesPublished(_)
            | Self::AttributesSet(_)
            | Self::AccountCreated(_)
            | Self::AccountUpdated(_)
            | Self::AccountOwnerAssigned(_)
            | Self::ContactCreated(_)
            | Self::ContactUpdated(_)
            | Self::LeadQualified(_)
            | Self::LeadAssigned(_)
            | Self::LeadRejected(_)
            | Self::LeadRecycled(_)
            | Self::LeadReopened(_)
            | Self::LeadConverted(_)
            | Self::OpportunityStageChanged(_)
            | Self::OpportunityExpectedCloseRevised(_)
            | Self::OpportunityProbabilityDeclared(_)
            | Self::OpportunityOwnerAssigned(_)
            | Self::OpportunityReopened(_)
            | Self::CallRecorded(_)
            | Self::EmailRecorded(_)
            | Self::MeetingRecorded(_)
            | Self::MessageRecorded(_)
            | Self::LetterRecorded(_)
            | Self::NoteRecorded(_)
            | Self::ResourceReserved(_)
            | Self::ReservationReleased(_)
            | Self::TaskScheduled(_)
            | Self::TaskCompleted(_)
            | Self::TaskCancelled(_)
            | Self::RoleGranted(_)
            | Self::RoleRevoked(_)
            | Self::AbsenceDeclared(_)
            | Self::AbsenceEnded(_)
            | Self::SubjectsLinked(_)
            | Self::ConsentGiven(_)
            | Self::ConsentWithdrawn(_)
            | Self::LegalHoldPlaced(_)
            | Self::LegalHoldLifted(_)
            | Self::PersonalDataErased(_)
            | Self::RequestSettled(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventType, PartsSerializer};
    use crate::samples::sample;
    use crate::values::Personal;

    struct AsText;

    impl PartsSerializer for AsText {
        type Ok = String;
        type Error = serde_json::Error;

        fn serialize<T: serde::Serialize, P: serde::Serialize>(
            self,
            fact: &T,
            personal: Option<&Personal<P>>,
        ) -> Result<String, serde_json::Error> {
            Ok(format!("{} {}", serde_json::to_string(fact)?, serde_json::to_string(&personal)?))
        }
    }

    /// The personal part alone.
    struct Personally;

    impl PartsSerializer for Personally {
        type Ok = String;
        type Error = serde_json::Error;

        fn serialize<T: serde::Serialize, P: serde::Serialize>(
            self,
            _: &T,
            personal: Option<&Personal<P>>,
        ) -> Result<String, serde_json::Error> {
            serde_json::to_string(&personal)
        }
    }

    fn seen(event_type: EventType, fields: Fields) -> String {
        let mut event = sample(event_type);
        event.withhold(fields, &|_| "person 1".to_owned());
        event.serialize_parts(AsText).unwrap()
    }

    #[test]
    fn whoever_sees_everything_sees_the_event() {
        for event_type in EventType::ALL {
            let mut event = sample(*event_type);
            event.withhold(Fields::EVERYTHING, &|_| panic!("a pseudonym is not needed"));
            assert_eq!(event, sample(*event_type));
        }
    }

    #[test]
    fn no_amount_is_left_without_the_right_to_money() {
        let mut with_amounts = 0;
        for event_type in EventType::ALL {
            let whole = seen(*event_type, Fields::EVERYTHING);
            with_amounts += usize::from(whole.contains("currency"));
            let left = seen(*event_type, Fields::ROW.and(Fields::PERSONAL).and(Fields::COMMENTS));
            assert!(!left.contains("currency"), "{left}");
        }
        assert!(with_amounts >= 6, "the samples have amounts");
    }

    #[test]
    fn a_personal_part_says_nothing_of_a_person_who_is_withheld() {
        let mut with_people = 0;
        for event_type in EventType::ALL {
            let mut event = sample(*event_type);
            let lookups = event.lookups();
            with_people += usize::from(!lookups.as_slice().is_empty());
            event.withhold(Fields::ROW.and(Fields::MONEY), &|_| "person 1".to_owned());
            assert!(event.lookups().as_slice().is_empty(), "{event_type} is still found by number or address");
            let left = event.serialize_parts(Personally).unwrap();
            let texts = left.split('"').skip(1).step_by(2);
            let known = ["person 1", WITHHELD];
            let is_key = |text: &&str| left.contains(&format!("\"{text}\":"));
            for text in texts.filter(|text| !is_key(text)) {
                assert!(known.contains(&text), "{event_type}: '{text}' is left of {left}");
            }
        }
        assert!(with_people >= 4, "the samples have numbers and addresses");
    }
}
