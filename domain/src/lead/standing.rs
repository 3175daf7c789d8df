//! Where a lead stands: the part of it on which its commands depend.

use crate::common::Common;
use crate::event::{Event, EventType, Recorded};
use crate::ids::{LeadId, Position, Tagged};
use crate::lead::{Comment, LeadStatus};
use crate::privacy::DataSubjects;

/// Whether a lead exists, where it stands, and which event put it there.
#[derive(Clone, Default, Debug)]
pub(super) struct Standing {
    status: Option<LeadStatus>,
    was_qualified: bool,
    since: Position,
    subject: DataSubjects,
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

    /// Folds one event.
    pub(super) fn evolve(&mut self, event: &Recorded) {
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

    /// Whom a comment on the lead is about.
    pub(super) fn data_subjects(&self, comment: &Comment) -> DataSubjects {
        self.subject.clone().of(comment)
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
