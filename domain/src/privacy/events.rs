//! Events of data subjects.

use serde::{Deserialize, Serialize};

use crate::access::Withholding;
use crate::event::{Event, EventType, Fact};
use crate::fact::fact;
use crate::ids::{EmployeeId, LegalHoldId, SubjectId};
use crate::privacy::DataSubjects;
use crate::query::Tags;
use crate::values::{Date, Personal, PersonalValues, PlainText};

/// Two data subjects turned out to be one person: whoever is one of them is erased together with the other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubjectsLinked {
    /// The one.
    pub subject: SubjectId,
    /// The other.
    pub other: SubjectId,
}
fact!(SubjectsLinked, |event, tags| {
    tags.add(&event.subject);
    tags.add(&event.other);
});

/// A person consented to a purpose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConsentGiven {
    /// The person.
    pub subject: SubjectId,
    /// A key of the company for what the data may be used, e.g. `newsletter`.
    pub purpose: String,
    /// By which way, e.g. `web_form`.
    pub channel: Option<String>,
    /// The version of the text they agreed to.
    pub text_version: Option<String>,
    /// The last day on which it holds.
    pub valid_until: Option<Date>,
    /// Who of the company took it down.
    pub employee: Option<EmployeeId>,
}
fact!(ConsentGiven, |event, tags| {
    tags.add(&event.subject);
    tags.add_all(&event.employee);
});

/// A person took a consent back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConsentWithdrawn {
    /// The person.
    pub subject: SubjectId,
    /// What the data may no longer be used for.
    pub purpose: String,
    /// Who of the company took it down.
    pub employee: Option<EmployeeId>,
}
fact!(ConsentWithdrawn, |event, tags| {
    tags.add(&event.subject);
    tags.add_all(&event.employee);
});

/// Why a legal hold was placed, or lifted.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct HoldReason {
    /// The reason in words.
    pub reason: PlainText,
}
impl PersonalValues for HoldReason {
    fn withhold(&mut self, withholding: &Withholding<'_>) {
        withholding.words(&mut self.reason);
    }
}

/// The law obliges the company to keep a person's data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LegalHoldPlaced {
    /// The hold.
    pub hold: LegalHoldId,
    /// The person.
    pub subject: SubjectId,
    /// Who of the company placed it.
    pub employee: Option<EmployeeId>,
    /// Why.
    #[serde(skip)]
    pub personal: Personal<HoldReason>,
}
fact!(LegalHoldPlaced, personal HoldReason, about subject, |event, tags| {
    tags.add(&event.hold);
    tags.add_all(&event.employee);
});

/// The company is no longer obliged to keep a person's data.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LegalHoldLifted {
    /// The hold.
    pub hold: LegalHoldId,
    /// The person.
    pub subject: SubjectId,
    /// Who of the company lifted it.
    pub employee: Option<EmployeeId>,
    /// Why.
    #[serde(skip)]
    pub personal: Personal<HoldReason>,
}
fact!(LegalHoldLifted, personal HoldReason, about subject, |event, tags| {
    tags.add(&event.hold);
    tags.add_all(&event.employee);
});

/// On what ground data are erased: Article 17(1) of the GDPR, and Article 21 of the Russian law 152-FZ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErasureGround {
    /// The purpose is reached, or the data are no longer needed for it (GDPR 17(1)(a), 152-FZ 21(4)).
    NoLongerNecessary,
    /// The person withdrew the consent (GDPR 17(1)(b), 152-FZ 21(5)).
    ConsentWithdrawn,
    /// The person objects (GDPR 17(1)(c)).
    Objection,
    /// The data were processed unlawfully (GDPR 17(1)(d), 152-FZ 21(3)).
    UnlawfulProcessing,
    /// The law demands it (GDPR 17(1)(e)).
    LegalObligation,
    /// The data were collected from a child online (GDPR 17(1)(f)).
    Child,
}

/// A person's data were erased: with this event the log destroys the keys of the data subjects for ever.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PersonalDataErased {
    /// The data subject that was named.
    pub subject: SubjectId,
    /// That one and all that are linked with it, as far as they were not erased before.
    pub erased: DataSubjects,
    /// On what ground.
    pub ground: ErasureGround,
    /// The company's reference of the request, e.g. a file number; never a name.
    pub reference: Option<String>,
    /// Who of the company did it.
    pub employee: Option<EmployeeId>,
}

impl Fact for PersonalDataErased {
    const TYPE: EventType = EventType::PersonalDataErased;
    type Personal = ();

    fn of(event: &Event) -> Option<&Self> {
        if let Event::PersonalDataErased(fact) = event { Some(fact) } else { None }
    }

    fn tags(&self, tags: &mut Tags) {
        tags.add(&self.subject);
        tags.add_all(self.erased.as_slice());
        tags.add_all(&self.employee);
    }

    fn erases(&self) -> Option<&DataSubjects> {
        Some(&self.erased)
    }
}
