//! The rules that all activities share: at least one subject, nobody unknown, nothing endless.
//!
//! The commands differ in what they record, not in when they may; so the rules stand here once.

use crate::activity::{ActivityText, Subjects};
use crate::common::Common;
use crate::decision::Circumstances;
use crate::event::{Event, EventType, Recorded};
use crate::ids::{ActivityId, EmployeeId};
use crate::known::{Known, References};
use crate::limits;
use crate::privacy::DataSubjects;
use crate::query::Query;
use crate::values::{DurationMs, PersonalValues, Phone, PlainText};

/// Longest call or meeting, in milliseconds: 31 days. Work items that are kept open over days or a long weekend
/// are real (the longest of the BPI 2012 log lasts 67 hours); more is a unit mixed up.
pub const DURATION_MAX_MS: u64 = 31 * 24 * 60 * 60 * 1_000;

/// All events that record an activity; they share one space of ids.
const TYPES: &[EventType] = &[
    EventType::CallRecorded,
    EventType::EmailRecorded,
    EventType::MeetingRecorded,
    EventType::MessageRecorded,
    EventType::LetterRecorded,
    EventType::NoteRecorded,
];

/// What every activity has.
pub(super) struct Activity<'a> {
    pub(super) id: ActivityId,
    pub(super) subjects: &'a Subjects,
    pub(super) employee: Option<EmployeeId>,
    pub(super) text: &'a ActivityText,
}

impl Activity<'_> {
    fn references(&self) -> References {
        References::default().to_subjects(self.subjects).to_any("employee", self.employee)
    }

    /// What it is about.
    pub(super) fn subject(&self) -> Query {
        self.subjects.within(Query::about(&self.id, TYPES))
    }

    /// The boundary: the id, whoever is named, and, where there are words, who of those whom they concern was erased.
    pub(super) fn boundary(&self, known: &Recording) -> Query {
        let named = self.references().within(Query::about(&self.id, TYPES));
        if self.text.say_anything() { known.known.within(named, self.subjects) } else { named }
    }
}

/// What recording an activity depends on.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    existing: Option<Recorded>,
    known: Known,
}

impl Recording {
    /// Folds one event.
    pub(super) fn evolve(&mut self, event: &Recorded) {
        if TYPES.contains(&event.event.event_type()) {
            self.existing = Some(event.clone());
        }
        self.known.evolve(event);
    }

    /// For whom the text of an activity is sealed.
    ///
    /// # Errors
    /// When there is one, and nobody is left whom it could be about.
    pub(super) fn seal(&self, activity: &Activity<'_>) -> Result<DataSubjects, Common> {
        self.known.seal(activity.subjects, activity.text, "text")
    }

    /// The event, or none when it stands there already.
    ///
    /// # Errors
    /// When it lies in the future, has no subject, names someone unknown, says too much, or its id is taken.
    pub(super) fn record(
        &self,
        activity: &Activity<'_>,
        at: &Circumstances,
        event: impl Into<Event>,
    ) -> Result<Vec<Event>, Common> {
        at.check()?;
        if activity.subjects.is_empty() {
            return Err(Common::Required { field: "subjects" });
        }
        check_text(activity.text)?;
        self.known.check(&activity.references())?;
        let event = event.into();
        match &self.existing {
            None => Ok(vec![event]),
            Some(existing) if existing.event == event && at.may_be(existing.occurred_at) => Ok(Vec::new()),
            Some(Recorded { position, event, .. }) => {
                let (position, event_type) = (*position, event.event_type());
                Err(Common::AlreadyExists { field: "activity", position, event_type })
            }
        }
    }
}

/// A duration that is known must be believable.
///
/// # Errors
/// When it is longer than [`DURATION_MAX_MS`].
pub(super) fn check_duration(duration: Option<DurationMs>) -> Result<(), Common> {
    if duration.is_some_and(|duration| duration.0 > DURATION_MAX_MS) {
        return Err(Common::invalid("duration", "it lasts longer than 31 days; durations are in milliseconds"));
    }
    Ok(())
}

/// A code of the company: a channel, a kind of note.
///
/// # Errors
/// When it is too long, or looks like an address or a number.
pub(super) fn check_code(field: &'static str, code: Option<&str>) -> Result<(), Common> {
    limits::code(field, code)?;
    code.map_or(Ok(()), |code| limits::size(field, code, limits::KEY_SIZE_MAX_BYTES))
}

fn check_text(text: &ActivityText) -> Result<(), Common> {
    limits::short("text.subject", text.subject.as_ref().map(PlainText::reveal))?;
    limits::text("text.body", text.body.as_ref())?;
    limits::short("text.phone", text.phone.as_ref().map(Phone::reveal))?;
    limits::short("text.address", text.address.as_ref().map(PlainText::reveal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::{CallOutcome, CallRecorded, Direction, RecordCall, RecordEmail};
    use crate::fixtures::{ACCOUNT, CONTACT, LEAD, SELLER, company, customer, customer_subject, deal};
    use crate::refusal::RefusalCode;
    use crate::testing::{NOW, id};
    use crate::values::Personal;

    fn call() -> RecordCall {
        RecordCall {
            activity: id(70),
            subjects: customer(),
            employee: Some(id(SELLER)),
            direction: Direction::Outbound,
            duration: Some(DurationMs(95_500)),
            outcome: Some(CallOutcome::Answered),
            text: ActivityText { body: Some("about the renewal".into()), ..ActivityText::default() },
        }
    }

    fn recorded(call: &RecordCall) -> Event {
        let call = call.clone();
        CallRecorded {
            activity: call.activity,
            subjects: call.subjects,
            employee: call.employee,
            direction: call.direction,
            duration: call.duration,
            outcome: call.outcome,
            data_subjects: customer_subject().of(&call.text),
            personal: Personal::Known(call.text),
        }
        .into()
    }

    #[test]
    fn a_call_is_recorded_as_it_was_told() {
        company().when(&call()).then([recorded(&call())]);
    }

    #[test]
    fn the_employee_is_the_actor_unless_another_is_named() {
        let unnamed = RecordCall { employee: None, ..call() };
        company().by(id(SELLER)).when(&unnamed).then([recorded(&call())]);
        company().when(&unnamed).then([recorded(&unnamed)]);
    }

    #[test]
    fn an_activity_is_about_somebody() {
        let nobody = RecordCall { subjects: Subjects::default(), ..call() };
        assert_eq!(company().when(&nobody).then_refused(RefusalCode::Required).field.unwrap(), "subjects");
    }

    #[test]
    fn everybody_named_exists() {
        let all = Subjects {
            lead: Some(id(LEAD)),
            account: Some(id(ACCOUNT)),
            contact: Some(id(CONTACT)),
            opportunity: Some(id(50)),
        };
        let history = company().after(&deal(50));
        history.clone().when(&RecordCall { subjects: all, ..call() }).then_accepted();
        let refused = |subjects: Subjects| {
            let command = RecordCall { subjects, ..call() };
            history.clone().when(&command).then_refused(RefusalCode::NotFound).field.unwrap()
        };
        assert_eq!(refused(Subjects { lead: Some(id(99)), ..all }), "subjects.lead");
        assert_eq!(refused(Subjects { account: Some(id(99)), ..all }), "subjects.account");
        assert_eq!(refused(Subjects { contact: Some(id(99)), ..all }), "subjects.contact");
        assert_eq!(refused(Subjects { opportunity: Some(id(99)), ..all }), "subjects.opportunity");
        let by_nobody = RecordCall { employee: Some(id(99)), ..call() };
        assert_eq!(history.when(&by_nobody).then_refused(RefusalCode::NotFound).field.unwrap(), "employee");
    }

    #[test]
    fn the_past_is_accepted_and_the_future_is_not() {
        company().occurring_at(NOW.plus_ms(-400 * 86_400_000)).when(&call()).then_accepted();
        company().occurring_at(NOW.plus_ms(86_400_000)).when(&call()).then_refused(RefusalCode::InFuture);
    }

    #[test]
    fn a_call_lasts_days_but_not_years() {
        let lasting = |duration: Option<u64>| RecordCall { duration: duration.map(DurationMs), ..call() };
        company().when(&lasting(None)).then_accepted();
        company().when(&lasting(Some(DURATION_MAX_MS))).then_accepted();
        let refused = company().when(&lasting(Some(DURATION_MAX_MS + 1))).then_refused(RefusalCode::InvalidValue);
        assert_eq!(refused.field.unwrap(), "duration");
    }

    #[test]
    fn a_megabyte_of_words_is_refused() {
        let body = Some(PlainText("x".repeat(1_000_000)));
        let endless = RecordCall { text: ActivityText { body, ..ActivityText::default() }, ..call() };
        let refused = company().when(&endless).then_refused(RefusalCode::InvalidValue);
        assert_eq!(refused.field.unwrap(), "text.body");
    }

    #[test]
    fn the_same_activity_again_says_nothing_more_and_another_needs_another_id() {
        let history = company().after(&call());
        history.clone().when(&call()).then_nothing();
        let at = |ms| history.clone().occurring_at(NOW.plus_ms(ms)).when(&call());
        at(0).then_nothing();
        at(-1).then_refused(RefusalCode::AlreadyExists);
        let shorter = RecordCall { duration: Some(DurationMs(3_000)), ..call() };
        history.clone().when(&shorter).then_refused(RefusalCode::AlreadyExists);
        let email = RecordEmail {
            activity: id(70),
            subjects: customer(),
            employee: None,
            direction: Direction::Inbound,
            text: ActivityText::default(),
        };
        let refused = history.when(&email).then_refused(RefusalCode::AlreadyExists);
        assert_eq!(refused.conflict.unwrap().event_type, Some(EventType::CallRecorded));
    }
}
