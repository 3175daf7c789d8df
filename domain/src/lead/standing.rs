//! Where a lead stands: the part of it on which its commands depend.

use crate::common::Common;
use crate::event::{Event, EventType, Recorded};
use crate::ids::{LeadId, Position, Tagged};
use crate::lead::{Comment, LeadStatus};
use crate::privacy::{DataSubjects, Erasures};
use crate::query::Query;

/// Whether a lead exists, where it stands, and which event put it there.
#[derive(Clone, Default, Debug)]
pub(super) struct Standing {
    status: Option<LeadStatus>,
    was_qualified: bool,
    since: Position,
    subject: DataSubjects,
    erasures: Erasures,
}

impl Standing {
    /// The events that change it.
    pub(super) const TYPES: &[EventType] = &[
        EventType::LeadReceived,
        EventType::LeadQualified,
        EventType::LeadRejected,
        EventType::LeadRecycled,
        EventType::LeadReopened,
        EventType::LeadConverted,
    ];

    /// The boundary: what happened with the lead, and whether its person was erased, once the person is known.
    pub(super) fn boundary(&self, lead: LeadId) -> Query {
        Erasures::within(Query::about(&lead, Self::TYPES), &self.subject)
    }

    /// Folds one event.
    pub(super) fn evolve(&mut self, event: &Recorded) {
        self.erasures.evolve(event);
        if let Event::LeadReceived(received) = &event.event {
            self.subject = received.subject.into();
        }
        let status = match &event.event {
            Event::LeadQualified(_) => {
                self.was_qualified = true;
                LeadStatus::Qualified
            }
            Event::LeadReopened(_) if self.was_qualified => LeadStatus::Qualified,
            Event::LeadReceived(_) | Event::LeadReopened(_) => LeadStatus::New,
            Event::LeadRejected(_) => LeadStatus::Rejected,
            Event::LeadRecycled(_) => LeadStatus::Recycled,
            Event::LeadConverted(_) => LeadStatus::Converted,
            _ => return,
        };
        self.status = Some(status);
        self.since = event.position;
    }

    /// Where the lead stands.
    ///
    /// # Errors
    /// When there is no such lead.
    pub(super) fn of(&self, lead: LeadId) -> Result<LeadStatus, Common> {
        self.status.ok_or_else(|| Common::NotFound { field: "lead", tag: lead.tag() })
    }

    /// The lead's person, unless erased.
    pub(super) fn left(&self) -> DataSubjects {
        self.erasures.left(&self.subject)
    }

    /// For whom a comment on the lead is sealed.
    ///
    /// # Errors
    /// When there is one, and the lead's person was erased.
    pub(super) fn seal(&self, comment: &Comment) -> Result<DataSubjects, Common> {
        self.erasures.seal(&self.subject, comment, "comment")
    }

    /// Where the lead stands, if there is anything left to do with it.
    ///
    /// # Errors
    /// When there is no such lead, or it was rejected or converted.
    pub(super) fn in_play(&self, lead: LeadId) -> Result<LeadStatus, Common> {
        match self.of(lead)? {
            LeadStatus::Rejected => Err(self.closed("it was rejected, reopen it first", EventType::LeadRejected)),
            LeadStatus::Converted => Err(self.converted()),
            status => Ok(status),
        }
    }

    /// The refusal for a lead that was converted.
    pub(super) fn converted(&self) -> Common {
        self.closed("it was converted", EventType::LeadConverted)
    }

    fn closed(&self, reason: &str, event_type: EventType) -> Common {
        Common::Closed { field: "lead", reason: reason.to_owned(), position: self.since, event_type }
    }
}
