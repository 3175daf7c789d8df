//! Commands on activities.

use letopis_domain::activity::ActivityText;
use letopis_domain::ids::{ActivityId, EmployeeId};

use super::Activity;
use crate::enums::{CallOutcome, Direction};
use crate::ids::Given;
use crate::intake::{Accept, Fresh, Intake, Problem, SubjectsInput};
use crate::mutation::mutations;

mutations! {
    /// Commands on activities.
    ActivityMutations;

    /// Records a call, or an attempt at one.
    record_call(RecordCallInput => letopis_domain::activity::RecordCall) -> RecordCallPayload {
        /// The call.
        activity: Activity, by |command| command.activity
    } {
        /// The new activity's id, or a UUID; made when absent.
        activity: Fresh<ActivityId>,
        /// What it is about: at least one.
        subjects: SubjectsInput,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
        /// Who called whom.
        direction: Direction,
        /// How long it lasted, in seconds with a fraction; unknown when absent.
        #[graphql(name = "durationSeconds")]
        duration: Option<f64>,
        /// How it ended; unknown when absent.
        outcome: Option<CallOutcome>,
        /// What was said.
        text: Option<ActivityTextInput>,
    }

    /// Records an e-mail sent or received.
    record_email(RecordEmailInput => letopis_domain::activity::RecordEmail) -> RecordEmailPayload {
        /// The e-mail.
        activity: Activity, by |command| command.activity
    } {
        /// The new activity's id, or a UUID; made when absent.
        activity: Fresh<ActivityId>,
        /// What it is about: at least one.
        subjects: SubjectsInput,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
        /// Who wrote to whom.
        direction: Direction,
        /// What was written.
        text: Option<ActivityTextInput>,
    }

    /// Records a meeting.
    record_meeting(RecordMeetingInput => letopis_domain::activity::RecordMeeting) -> RecordMeetingPayload {
        /// The meeting.
        activity: Activity, by |command| command.activity
    } {
        /// The new activity's id, or a UUID; made when absent.
        activity: Fresh<ActivityId>,
        /// What it is about: at least one.
        subjects: SubjectsInput,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
        /// Who came to whom.
        direction: Direction,
        /// How long it lasted, in seconds with a fraction; unknown when absent.
        #[graphql(name = "durationSeconds")]
        duration: Option<f64>,
        /// What was said.
        text: Option<ActivityTextInput>,
    }

    /// Records a message (chat, SMS, messenger) sent or received.
    record_message(RecordMessageInput => letopis_domain::activity::RecordMessage) -> RecordMessagePayload {
        /// The message.
        activity: Activity, by |command| command.activity
    } {
        /// The new activity's id, or a UUID; made when absent.
        activity: Fresh<ActivityId>,
        /// What it is about: at least one.
        subjects: SubjectsInput,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
        /// Who wrote to whom.
        direction: Direction,
        /// By which service, e.g. `whatsapp`.
        channel: Option<String>,
        /// What was written.
        text: Option<ActivityTextInput>,
    }

    /// Records a postal letter sent or received.
    record_letter(RecordLetterInput => letopis_domain::activity::RecordLetter) -> RecordLetterPayload {
        /// The letter.
        activity: Activity, by |command| command.activity
    } {
        /// The new activity's id, or a UUID; made when absent.
        activity: Fresh<ActivityId>,
        /// What it is about: at least one.
        subjects: SubjectsInput,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
        /// Who wrote to whom.
        direction: Direction,
        /// What was written.
        text: Option<ActivityTextInput>,
    }

    /// Takes a note.
    record_note(RecordNoteInput => letopis_domain::activity::RecordNote) -> RecordNotePayload {
        /// The note.
        activity: Activity, by |command| command.activity
    } {
        /// The new activity's id, or a UUID; made when absent.
        activity: Fresh<ActivityId>,
        /// What it is about: at least one.
        subjects: SubjectsInput,
        /// Who of the company does it; the actor when absent.
        employee: Option<Given<EmployeeId>>,
        /// Who turned to whom; internal when absent.
        direction: Option<Direction>,
        /// A code of the company for what kind of note it is.
        kind: Option<String>,
        /// What was noted.
        text: Option<ActivityTextInput>,
    }
}

/// What was said or written, and with which number or address.
#[derive(async_graphql::InputObject, Debug)]
pub struct ActivityTextInput {
    /// A subject line.
    pub subject: Option<String>,
    /// The content, or a summary.
    pub body: Option<String>,
    /// The customer's phone number, for calls.
    pub phone: Option<String>,
    /// The customer's address or handle, for the rest.
    pub address: Option<String>,
}

impl Accept<ActivityText> for Option<ActivityTextInput> {
    fn accept(self, intake: &Intake<'_>, field: &'static str) -> Result<ActivityText, Problem> {
        let Some(text) = self else { return Ok(ActivityText::default()) };
        Ok(ActivityText {
            subject: text.subject.accept(intake, field)?,
            body: text.body.accept(intake, field)?,
            phone: text.phone.accept(intake, field)?,
            address: text.address.accept(intake, field)?,
        })
    }
}
