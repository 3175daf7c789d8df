//! A lead as its events tell it: what entity look-ups, `replay` and lists show.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::event::{Event, EventType, Recorded};
use crate::ids::{AccountId, ContactId, EmployeeId, LeadId, OpportunityId, SubjectId};
use crate::lead::{LeadDetails, LeadReceived};
use crate::values::{Attributes, Date, Money, Personal, PlainText, Timestamp};

/// Where a lead stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LeadStatus {
    /// It arrived, or was taken up again.
    #[default]
    New,
    /// It is worth pursuing.
    Qualified,
    /// It was rejected.
    Rejected,
    /// It was set aside until a date.
    Recycled,
    /// It became account, contact and opportunity.
    Converted,
}

impl LeadStatus {
    /// Whether only reopening, or nothing at all, is left to do with it.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Rejected | Self::Converted)
    }
}

impl fmt::Display for LeadStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Qualified => "qualified",
            Self::Rejected => "rejected",
            Self::Recycled => "set aside",
            Self::Converted => "converted",
        })
    }
}

/// The rejection or recycling in force.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LeadDismissal {
    /// A key of the catalog of rejections or recyclings.
    pub reason: String,
    /// The catalog's version.
    pub catalog_version: u32,
    /// The comment.
    pub comment: Personal<Option<PlainText>>,
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// When, by business time.
    pub at: Timestamp,
}

/// What a lead became.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LeadConversion {
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
    /// By whom.
    pub employee: Option<EmployeeId>,
    /// When, by business time.
    pub at: Timestamp,
}

/// A lead as of the last event folded.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Lead {
    /// Its id.
    pub id: LeadId,
    /// The data subject.
    pub subject: SubjectId,
    /// Where it stands.
    pub status: LeadStatus,
    /// Who asks, and for what.
    pub personal: Personal<LeadDetails>,
    /// Where it came from.
    pub source: Option<String>,
    /// By which channel.
    pub channel: Option<String>,
    /// The campaign that brought it.
    pub campaign: Option<String>,
    /// The owner.
    pub owner: Option<EmployeeId>,
    /// What it may be worth.
    pub amount: Option<Money>,
    /// Custom attributes.
    pub attributes: Personal<Attributes>,
    /// When it arrived, by business time; none = there is no such lead.
    pub received_at: Option<Timestamp>,
    /// When it was found worth pursuing, by business time.
    pub qualified_at: Option<Timestamp>,
    /// The rejection in force.
    pub rejection: Option<LeadDismissal>,
    /// The recycling in force.
    pub recycling: Option<LeadDismissal>,
    /// When to come back to it, while it is set aside.
    pub revisit_on: Option<Date>,
    /// What it became.
    pub conversion: Option<LeadConversion>,
}

impl Lead {
    /// The events it is made of.
    pub const TYPES: &'static [EventType] = &[
        EventType::LeadReceived,
        EventType::LeadQualified,
        EventType::LeadAssigned,
        EventType::LeadRejected,
        EventType::LeadRecycled,
        EventType::LeadReopened,
        EventType::LeadConverted,
        EventType::AttributesSet,
    ];

    /// Whether it ever arrived.
    #[must_use]
    pub const fn exists(&self) -> bool {
        self.received_at.is_some()
    }

    /// Folds one of its events, in position order; others leave it as it is.
    pub fn evolve(&mut self, recorded: &Recorded) {
        let at = recorded.occurred_at;
        match &recorded.event {
            Event::LeadReceived(received) => *self = Self::received(received, at),
            Event::LeadQualified(_) => {
                self.enter(LeadStatus::Qualified);
                self.qualified_at = Some(at);
            }
            Event::LeadAssigned(assigned) => self.owner = assigned.to,
            Event::LeadRejected(rejected) => {
                self.enter(LeadStatus::Rejected);
                self.rejection = Some(LeadDismissal {
                    reason: rejected.reason.clone(),
                    catalog_version: rejected.catalog_version,
                    comment: rejected.personal.map(|personal| personal.comment.clone()),
                    employee: rejected.employee,
                    at,
                });
            }
            Event::LeadRecycled(recycled) => {
                self.enter(LeadStatus::Recycled);
                self.revisit_on = recycled.revisit_on;
                self.recycling = Some(LeadDismissal {
                    reason: recycled.reason.clone(),
                    catalog_version: recycled.catalog_version,
                    comment: recycled.personal.map(|personal| personal.comment.clone()),
                    employee: recycled.employee,
                    at,
                });
            }
            Event::LeadReopened(_) => {
                let qualified = self.qualified_at.is_some();
                self.enter(if qualified { LeadStatus::Qualified } else { LeadStatus::New });
            }
            Event::LeadConverted(converted) => {
                self.enter(LeadStatus::Converted);
                self.conversion = Some(LeadConversion {
                    account: converted.account,
                    account_matched: converted.account_matched,
                    contact: converted.contact,
                    contact_matched: converted.contact_matched,
                    opportunity: converted.opportunity,
                    employee: converted.employee,
                    at,
                });
            }
            Event::AttributesSet(set) => set.change(&mut self.attributes),
            _ => {}
        }
    }

    fn received(received: &LeadReceived, at: Timestamp) -> Self {
        Self {
            id: received.lead,
            subject: received.subject,
            personal: received.personal.details(),
            source: received.source.clone(),
            channel: received.channel.clone(),
            campaign: received.campaign.clone(),
            owner: received.owner,
            amount: received.amount,
            attributes: received.personal.attributes(),
            received_at: Some(at),
            ..Self::default()
        }
    }

    fn enter(&mut self, status: LeadStatus) {
        self.status = status;
        self.rejection = None;
        self.recycling = None;
        self.revisit_on = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lead::examples::{ANNA, office_with_a_lead, qualify, recycle, reject, reopen};
    use crate::lead::{LeadConverted, RejectLead};
    use crate::samples::sample;
    use crate::testing::{History, NOW, given, id};

    fn fold(history: &History) -> Lead {
        let mut lead = Lead::default();
        for event in history.events() {
            lead.evolve(event);
        }
        lead
    }

    #[test]
    fn a_rejection_is_shown_while_it_is_in_force() {
        let commented = RejectLead { comment: Some("no money".into()), ..reject("BUDGET") };
        let rejected = office_with_a_lead().after(&qualify()).after(&commented);
        let rejection = fold(&rejected).rejection.unwrap();
        assert_eq!((rejection.reason.as_str(), rejection.employee, rejection.at), ("BUDGET", Some(id(ANNA)), NOW));
        assert_eq!(rejection.comment, Personal::Known(Some("no money".into())));
        let reopened = fold(&rejected.after(&reopen()));
        assert_eq!((reopened.status, reopened.rejection), (LeadStatus::Qualified, None));
    }

    #[test]
    fn a_lead_set_aside_shows_the_day_to_come_back() {
        let recycled = office_with_a_lead().after(&recycle("BUDGET"));
        assert_eq!(fold(&recycled).revisit_on, recycle("BUDGET").revisit_on);
        assert_eq!(fold(&recycled.after(&qualify())).revisit_on, None);
    }

    #[test]
    fn every_type_it_names_changes_it_or_was_there_before() {
        let types = Lead::TYPES.iter().filter(|event_type| **event_type != EventType::AttributesSet);
        let lead = fold(&given(types.map(|event_type| sample(*event_type))));
        let Event::LeadConverted(LeadConverted { account, opportunity, .. }) = sample(EventType::LeadConverted) else {
            panic!("the sample of a conversion is a conversion");
        };
        let conversion = lead.conversion.unwrap();
        assert_eq!((conversion.account, conversion.opportunity), (account, opportunity));
        assert_eq!((lead.status, lead.owner), (LeadStatus::Converted, Some(id(9))));
    }

    #[test]
    fn an_erased_person_is_shown_as_erased() {
        let Event::LeadReceived(mut received) = sample(EventType::LeadReceived) else { panic!("not a lead") };
        received.personal = Personal::Erased;
        let shown = serde_json::to_value(fold(&given([received.into()]))).unwrap();
        assert_eq!(shown["personal"], "erased");
        assert_eq!(shown["status"], "NEW");
    }

    #[test]
    fn without_events_there_is_no_lead() {
        assert!(!Lead::default().exists());
        assert!(fold(&office_with_a_lead()).exists());
    }
}
