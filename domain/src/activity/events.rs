//! Events of activities. One struct per kind; all share subjects, direction and employee.

use serde::{Deserialize, Serialize};

use crate::access::Withholding;
use crate::fact::fact;
use crate::ids::{AccountId, ActivityId, ContactId, EmployeeId, LeadId, OpportunityId};
use crate::privacy::DataSubjects;
use crate::query::{Query, Tags};
use crate::values::{DurationMs, Personal, PersonalValues, Phone, PlainText};

/// What an activity, agreement or task is about: any of the four, at least one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Subjects {
    /// A lead.
    pub lead: Option<LeadId>,
    /// An account.
    pub account: Option<AccountId>,
    /// A contact.
    pub contact: Option<ContactId>,
    /// An opportunity.
    pub opportunity: Option<OpportunityId>,
}

impl Subjects {
    /// Whether none is named.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.lead.is_none() && self.account.is_none() && self.contact.is_none() && self.opportunity.is_none()
    }

    /// Whether the two name one lead, account, contact or opportunity alike.
    #[must_use]
    pub fn shares_any(&self, other: &Self) -> bool {
        fn alike<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.is_some() && one == other
        }
        alike(self.lead.as_ref(), other.lead.as_ref())
            || alike(self.account.as_ref(), other.account.as_ref())
            || alike(self.contact.as_ref(), other.contact.as_ref())
            || alike(self.opportunity.as_ref(), other.opportunity.as_ref())
    }

    /// Adds to a query every event about any of them.
    #[must_use]
    pub fn within(&self, query: Query) -> Query {
        let mut tags = Tags::default();
        self.add_tags(&mut tags);
        tags.into_vec().into_iter().fold(query, |query, tag| query.or_item(&[], vec![tag]))
    }

    /// Adds their tags.
    pub fn add_tags(&self, tags: &mut Tags) {
        tags.add_all(&self.lead);
        tags.add_all(&self.account);
        tags.add_all(&self.contact);
        tags.add_all(&self.opportunity);
    }
}

/// Who turned to whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Direction {
    /// The customer to the company.
    Inbound,
    /// The company to the customer.
    Outbound,
    /// Among employees.
    Internal,
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CallOutcome {
    /// They talked.
    Answered,
    /// Nobody picked up.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// A message was left.
    Voicemail,
    /// The number is wrong.
    WrongNumber,
    /// An inbound call that nobody took.
    Missed,
}

/// What was said or written, and with which number or address.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActivityText {
    /// A subject line.
    pub subject: Option<PlainText>,
    /// The content, or a summary.
    pub body: Option<PlainText>,
    /// The customer's phone number, for calls.
    pub phone: Option<Phone>,
    /// The customer's address or handle, for the rest.
    pub address: Option<PlainText>,
}
impl PersonalValues for ActivityText {
    fn withhold(&mut self, withholding: &Withholding<'_>) {
        self.subject.iter_mut().for_each(|text| withholding.words(text));
        self.body.iter_mut().for_each(|text| withholding.words(text));
        withholding.personal(&mut self.phone);
        withholding.personal(&mut self.address);
    }
}

macro_rules! activities {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $field_type:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        pub struct $name {
            /// The activity.
            pub activity: ActivityId,
            /// What it is about.
            pub subjects: Subjects,
            /// Who of the company took part.
            pub employee: Option<EmployeeId>,
            $($(#[$field_doc])* pub $field: $field_type,)*
            /// Whom the personal part is about; nobody where it says nothing.
            pub data_subjects: DataSubjects,
            /// What was said or written.
            #[serde(skip)]
            pub personal: Personal<ActivityText>,
        }
        fact!($name, personal ActivityText, about data_subjects, |event, tags| {
            event.subjects.add_tags(tags);
            tags.add_all(&event.employee);
            tags.add(&event.activity);
        });
    )*};
}

activities! {
    /// A call took place, or was tried.
    CallRecorded {
        /// Who called whom.
        direction: Direction,
        /// How long it lasted; none = unknown, which is neither short nor long.
        duration: Option<DurationMs>,
        /// How it ended; none = unknown.
        outcome: Option<CallOutcome>,
    }
    /// An e-mail was sent or received.
    EmailRecorded {
        /// Who wrote to whom.
        direction: Direction,
    }
    /// A meeting took place.
    MeetingRecorded {
        /// Who came to whom.
        direction: Direction,
        /// How long it lasted; none = unknown.
        duration: Option<DurationMs>,
    }
    /// A message (chat, SMS, messenger) was sent or received.
    MessageRecorded {
        /// Who wrote to whom.
        direction: Direction,
        /// By which service, e.g. `whatsapp`.
        channel: Option<String>,
    }
    /// A postal letter was sent or received.
    LetterRecorded {
        /// Who wrote to whom.
        direction: Direction,
    }
    /// A note was taken.
    NoteRecorded {
        /// A code of the company for what kind of note it is, e.g. `A_REGISTERED`.
        kind: Option<String>,
        /// Who turned to whom; notes are mostly internal.
        direction: Direction,
    }
}
