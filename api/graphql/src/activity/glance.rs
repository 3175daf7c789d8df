//! What an event says at a glance: who took part, about whom, how long, in which words.

use letopis_domain::activity::{ActivityText, CallOutcome, Direction, Subjects};
use letopis_domain::event::Event;
use letopis_domain::ids::{ActivityId, EmployeeId};
use letopis_domain::values::{Personal, PlainText};

use crate::object::ERASED;

/// The parts that activities share.
pub struct ActivityParts<'a> {
    /// The activity.
    pub activity: ActivityId,
    /// What it is about.
    pub subjects: &'a Subjects,
    /// Who of the company took part.
    pub employee: Option<EmployeeId>,
    /// Who turned to whom.
    pub direction: Direction,
    /// How long it lasted, in milliseconds.
    pub duration_ms: Option<u64>,
    /// How a call ended.
    pub outcome: Option<CallOutcome>,
    /// The channel of a message, or the code of a note.
    pub detail: Option<&'a str>,
    /// What was said or written.
    pub text: &'a Personal<ActivityText>,
}

/// The parts of an activity; none for other events.
pub fn activity(event: &Event) -> Option<ActivityParts<'_>> {
    macro_rules! parts {
        ($activity:ident, $duration:expr, $outcome:expr, $detail:expr) => {
            ActivityParts {
                activity: $activity.activity,
                subjects: &$activity.subjects,
                employee: $activity.employee,
                direction: $activity.direction,
                duration_ms: $duration,
                outcome: $outcome,
                detail: $detail,
                text: &$activity.personal,
            }
        };
    }
    Some(match event {
        Event::CallRecorded(call) => parts!(call, call.duration.map(|duration| duration.0), call.outcome, None),
        Event::EmailRecorded(email) => parts!(email, None, None, None),
        Event::MeetingRecorded(meeting) => parts!(meeting, meeting.duration.map(|duration| duration.0), None, None),
        Event::MessageRecorded(message) => parts!(message, None, None, message.channel.as_deref()),
        Event::LetterRecorded(letter) => parts!(letter, None, None, None),
        Event::NoteRecorded(note) => parts!(note, None, None, note.kind.as_deref()),
        _ => return None,
    })
}

/// Who of the company did it, as the event itself says; the owner where it is about an owner.
pub fn employee(event: &Event) -> Option<EmployeeId> {
    if let Some(parts) = activity(event) {
        return parts.employee;
    }
    match event {
        Event::LeadReceived(received) => received.owner,
        Event::LeadQualified(qualified) => qualified.employee,
        Event::LeadAssigned(assigned) => assigned.to,
        Event::LeadRejected(rejected) => rejected.employee,
        Event::LeadRecycled(recycled) => recycled.employee,
        Event::LeadReopened(reopened) => reopened.employee,
        Event::LeadConverted(converted) => converted.employee,
        Event::AccountCreated(created) => created.owner,
        Event::AccountOwnerAssigned(assigned) => assigned.to,
        Event::ContactCreated(created) => created.owner,
        Event::OpportunityOpened(opened) => opened.owner,
        Event::OpportunityStageChanged(changed) => changed.employee,
        Event::OpportunityAmountRevised(revised) => revised.employee,
        Event::OpportunityExpectedCloseRevised(revised) => revised.employee,
        Event::OpportunityProbabilityDeclared(declared) => declared.employee,
        Event::OpportunityOwnerAssigned(assigned) => assigned.to,
        Event::OpportunityWon(won) => won.employee,
        Event::OpportunityLost(lost) => lost.employee,
        Event::OpportunityReopened(reopened) => reopened.employee,
        Event::AgreementReached(reached) => reached.employee,
        Event::ResourceReserved(reserved) => reserved.employee,
        Event::ReservationReleased(released) => released.employee,
        Event::TaskScheduled(scheduled) => scheduled.employee,
        Event::TaskCompleted(completed) => completed.employee,
        Event::TaskCancelled(cancelled) => cancelled.employee,
        _ => None,
    }
}

/// A line for people: the subject or first words, a reason, a stage, a title.
pub fn summary(event: &Event) -> Option<String> {
    if let Some(parts) = activity(event) {
        let words = |text: &ActivityText| text.subject.as_ref().or(text.body.as_ref()).map(first_line);
        return personal(parts.text, words).or_else(|| parts.detail.map(str::to_owned));
    }
    match event {
        Event::LeadReceived(received) => {
            personal(&received.personal, |told| told.details.message.as_ref().map(first_line))
                .or_else(|| received.source.clone())
        }
        Event::LeadRejected(rejected) => {
            Some(reason(&rejected.reason, &rejected.personal.map(|words| words.comment.clone())))
        }
        Event::LeadRecycled(recycled) => {
            Some(reason(&recycled.reason, &recycled.personal.map(|words| words.comment.clone())))
        }
        Event::LeadReopened(reopened) => personal(&reopened.personal, |words| words.comment.as_ref().map(first_line)),
        Event::OpportunityOpened(opened) => {
            personal(&opened.personal, |told| told.details.title.as_ref().map(first_line))
        }
        Event::OpportunityStageChanged(changed) => Some(format!("{} → {}", changed.from.stage, changed.to.stage)),
        Event::OpportunityAmountRevised(revised) => revised.to.map(|amount| amount.to_string()),
        Event::OpportunityExpectedCloseRevised(revised) => revised.to.map(|on| on.to_string()),
        Event::OpportunityProbabilityDeclared(declared) => declared.to_percent.map(|percent| format!("{percent} %")),
        Event::OpportunityWon(won) => won.amount.map(|amount| amount.to_string()),
        Event::OpportunityLost(lost) => Some(reason(&lost.reason, &lost.personal.map(|words| words.comment.clone()))),
        Event::OpportunityReopened(reopened) => Some(reopened.stage.stage.clone()),
        Event::AgreementReached(reached) => personal(&reached.personal, |terms| Some(first_line(&terms.subject))),
        Event::TaskScheduled(scheduled) => personal(&scheduled.personal, |text| text.title.as_ref().map(first_line)),
        Event::TaskCompleted(completed) => personal(&completed.personal, |text| text.comment.as_ref().map(first_line)),
        Event::TaskCancelled(cancelled) => personal(&cancelled.personal, |text| text.comment.as_ref().map(first_line)),
        _ => None,
    }
}

fn personal<T>(personal: &Personal<T>, part: impl FnOnce(&T) -> Option<String>) -> Option<String> {
    match personal {
        Personal::Known(known) => part(known),
        Personal::Erased => Some(ERASED.to_owned()),
    }
}

fn reason(reason: &str, comment: &Personal<Option<PlainText>>) -> String {
    match personal(comment, |words| words.as_ref().map(first_line)) {
        Some(comment) => format!("{reason}: {comment}"),
        None => reason.to_owned(),
    }
}

/// The first line, of at most 200 characters.
fn first_line(text: &PlainText) -> String {
    let line = text.reveal().trim_start().lines().next().unwrap_or_default();
    match line.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
