//! Record a meeting.

use serde::{Deserialize, Serialize};

use crate::activity::recording::{Activity, Recording, check_duration};
use crate::activity::{ActivityText, Direction, MeetingRecorded, Subjects};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{ActivityId, EmployeeId};
use crate::query::Query;
use crate::values::{DurationMs, Personal};

/// Record a meeting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordMeeting {
    /// The new activity.
    pub activity: ActivityId,
    /// What it is about: at least one.
    pub subjects: Subjects,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
    /// Who turned to whom.
    pub direction: Direction,
    /// How long it lasted, in milliseconds; none = unknown.
    #[serde(default)]
    pub duration: Option<DurationMs>,
    /// What was said or written.
    #[serde(default)]
    pub text: ActivityText,
}

impl RecordMeeting {
    const fn activity(&self) -> Activity<'_> {
        Activity { id: self.activity, subjects: &self.subjects, employee: self.employee, text: &self.text }
    }
}

impl Decision for RecordMeeting {
    type State = Recording;
    type Rejection = Common;

    fn subject(&self) -> Query {
        self.activity().subject()
    }

    fn boundary(&self, known: &Recording) -> Query {
        self.activity().boundary(known)
    }

    fn evolve(&self, state: &mut Recording, event: &Recorded) {
        state.evolve(event);
    }

    fn decide(&self, state: &Recording, at: &Circumstances) -> Result<Vec<Event>, Common> {
        check_duration(self.duration)?;
        let recorded = MeetingRecorded {
            activity: self.activity,
            subjects: self.subjects,
            employee: at.employee(self.employee),
            direction: self.direction,
            duration: self.duration,
            data_subjects: state.seal(&self.activity())?,
            personal: Personal::Known(self.text.clone()),
        };
        state.record(&self.activity(), at, recorded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{company, customer, customer_subject};
    use crate::refusal::RefusalCode;
    use crate::testing::id;

    fn told() -> RecordMeeting {
        RecordMeeting {
            activity: id(70),
            subjects: customer(),
            employee: None,
            direction: Direction::Inbound,
            duration: Some(DurationMs(3_600_000)),
            text: ActivityText { subject: Some("the offer".into()), ..ActivityText::default() },
        }
    }

    #[test]
    fn a_meeting_is_recorded_as_it_was_told() {
        let recorded = MeetingRecorded {
            activity: id(70),
            subjects: customer(),
            employee: None,
            direction: Direction::Inbound,
            duration: Some(DurationMs(3_600_000)),
            data_subjects: customer_subject(),
            personal: Personal::Known(told().text),
        };
        company().when(&told()).then([recorded.into()]);
    }

    #[test]
    fn a_meeting_of_a_year_is_a_unit_mixed_up() {
        let endless = RecordMeeting { duration: Some(DurationMs(365 * 86_400_000)), ..told() };
        let refused = company().when(&endless).then_refused(RefusalCode::InvalidValue);
        assert_eq!(refused.field.unwrap(), "duration");
    }
}
