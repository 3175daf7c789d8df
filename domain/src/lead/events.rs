//! Events of leads.

use serde::{Deserialize, Serialize};

use crate::access::Withholding;
use crate::catalog::Claim;
use crate::fact::fact;
use crate::ids::{AccountId, ContactId, EmployeeId, LeadId, OpportunityId, SubjectId};
use crate::privacy::DataSubjects;
use crate::query::Tags;
use crate::values::{
    Date, Email, Money, PersonName, Personal, PersonalValues, Phone, PlainText, TextDigest, WithAttributes, lookup,
};

/// Who asks, and for what.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LeadDetails {
    /// The person.
    pub name: Option<PersonName>,
    /// The company they named.
    pub company: Option<PersonName>,
    /// E-mail addresses.
    pub emails: Vec<Email>,
    /// Phone numbers.
    pub phones: Vec<Phone>,
    /// What they asked for.
    pub message: Option<PlainText>,
}

impl PersonalValues for LeadDetails {
    fn add_lookups(&self, lookups: &mut Tags) {
        lookup::add_all(&self.emails, &self.phones, lookups);
    }

    fn withhold(&mut self, withholding: &Withholding<'_>) {
        self.name.iter_mut().for_each(|name| withholding.name(name));
        self.company.iter_mut().for_each(|name| withholding.name(name));
        withholding.contact_data(&mut self.emails, &mut self.phones);
        self.message.iter_mut().for_each(|text| withholding.words(text));
    }
}

/// A free comment.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Comment {
    /// The comment.
    pub comment: Option<PlainText>,
}
impl PersonalValues for Comment {
    fn withhold(&mut self, withholding: &Withholding<'_>) {
        self.comment.iter_mut().for_each(|text| withholding.words(text));
    }
}

/// A lead arrived.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeadReceived {
    /// The lead.
    pub lead: LeadId,
    /// The data subject; passed on to the contact at conversion.
    pub subject: SubjectId,
    /// Where it came from, a code of the company, e.g. `paid_search`.
    pub source: Option<String>,
    /// By which channel, a code of the company, e.g. `phone`.
    pub channel: Option<String>,
    /// The campaign that brought it, a code of the company.
    pub campaign: Option<String>,
    /// The first owner.
    pub owner: Option<EmployeeId>,
    /// What it may be worth.
    pub amount: Option<Money>,
    /// Version of the definitions that the attributes were checked against; 0 = there are none.
    pub attributes_version: u32,
    /// Who asks, and for what, and custom attributes.
    #[serde(skip)]
    pub personal: Personal<WithAttributes<LeadDetails>>,
}
fact!(LeadReceived, personal WithAttributes<LeadDetails>, about subject, |event, tags| {
    tags.add(&event.lead);
    tags.add_all(&event.owner);
});

/// A lead was found worth pursuing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeadQualified {
    /// The lead.
    pub lead: LeadId,
    /// By whom.
    pub employee: Option<EmployeeId>,
}
fact!(LeadQualified, |event, tags| {
    tags.add(&event.lead);
    tags.add_all(&event.employee);
});

/// A lead got an owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeadAssigned {
    /// The lead.
    pub lead: LeadId,
    /// The owner before.
    pub from: Option<EmployeeId>,
    /// The owner now.
    pub to: Option<EmployeeId>,
}
fact!(LeadAssigned, |event, tags| {
    tags.add(&event.lead);
    tags.add_all(&event.from);
    tags.add_all(&event.to);
});

/// A lead was rejected.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeadRejected {
    /// The lead.
    pub lead: LeadId,
    /// Who rejected it.
    pub employee: Option<EmployeeId>,
    /// A key of the catalog of lead rejections.
    pub reason: String,
    /// The catalog's version.
    pub catalog_version: u32,
    /// What the reason claims about the facts, as that version had it.
    pub claim: Option<Claim>,
    /// Tells equal comments of one employee; the log adds it.
    pub comment_digest: TextDigest,
    /// Whom the personal part is about.
    pub data_subjects: DataSubjects,
    /// The comment.
    #[serde(skip)]
    pub personal: Personal<Comment>,
}
fact!(LeadRejected, personal Comment, about data_subjects, |event, tags| {
    tags.add(&event.lead);
    tags.add_all(&event.employee);
});

impl LeadRejected {
    /// Adds the digest of the comment. It is one of its author, too: what one employee wrote cannot be compared with what
    /// another one wrote.
    pub fn add_digest(&mut self, hash: &dyn Fn(&[u8]) -> u64) {
        let author = self.employee.unwrap_or_default().0;
        let hash_of_author = |text: &[u8]| hash(&[author.as_bytes(), text].concat());
        if let Some(comment) = self.personal.known().and_then(|personal| personal.comment.as_ref()) {
            self.comment_digest = TextDigest::of(comment.reveal(), &hash_of_author);
        }
    }
}

/// A lead was set aside until a date, not thrown away (R24).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeadRecycled {
    /// The lead.
    pub lead: LeadId,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// A key of the catalog of lead recyclings.
    pub reason: String,
    /// The catalog's version.
    pub catalog_version: u32,
    /// When to come back to it.
    pub revisit_on: Option<Date>,
    /// Whom the personal part is about.
    pub data_subjects: DataSubjects,
    /// The comment.
    #[serde(skip)]
    pub personal: Personal<Comment>,
}
fact!(LeadRecycled, personal Comment, about data_subjects, |event, tags| {
    tags.add(&event.lead);
    tags.add_all(&event.employee);
});

/// A rejected or recycled lead came back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeadReopened {
    /// The lead.
    pub lead: LeadId,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// Whom the personal part is about.
    pub data_subjects: DataSubjects,
    /// The comment.
    #[serde(skip)]
    pub personal: Personal<Comment>,
}
fact!(LeadReopened, personal Comment, about data_subjects, |event, tags| {
    tags.add(&event.lead);
    tags.add_all(&event.employee);
});

/// A lead became account, contact and opportunity, whose own events stand in the same append (R21).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeadConverted {
    /// The lead.
    pub lead: LeadId,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// The account, new or matched.
    pub account: AccountId,
    /// Whether the account existed before.
    pub account_matched: bool,
    /// The contact, new or matched.
    pub contact: Option<ContactId>,
    /// Whether the contact existed before.
    pub contact_matched: bool,
    /// The opportunity.
    pub opportunity: Option<OpportunityId>,
}
fact!(LeadConverted, |event, tags| {
    tags.add(&event.lead);
    tags.add(&event.account);
    tags.add_all(&event.contact);
    tags.add_all(&event.opportunity);
    tags.add_all(&event.employee);
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::id;

    fn digest(employee: Option<u128>, comment: &str) -> TextDigest {
        let mut rejected = LeadRejected {
            lead: id(1),
            employee: employee.map(id),
            reason: "BUDGET".to_owned(),
            catalog_version: 1,
            claim: None,
            comment_digest: TextDigest::default(),
            data_subjects: DataSubjects::NOBODY,
            personal: Personal::Known(Comment { comment: Some(comment.into()) }),
        };
        let hash = |bytes: &[u8]| bytes.iter().fold(7, |sum, byte| sum * 31 % 1_000_003 + u64::from(*byte));
        rejected.add_digest(&hash);
        rejected.comment_digest
    }

    #[test]
    fn a_digest_tells_equal_comments_of_one_employee_and_of_nobody_else() {
        assert_eq!(digest(Some(1), "Does not answer"), digest(Some(1), "does  not answer."));
        assert_ne!(digest(Some(1), "Does not answer"), digest(Some(2), "Does not answer"));
        assert_ne!(digest(Some(1), "Does not answer"), digest(None, "Does not answer"));
    }
}
