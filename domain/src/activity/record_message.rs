//! Record a message sent or received.

use serde::{Deserialize, Serialize};

use crate::activity::recording::{Activity, Recording, check_code};
use crate::activity::{ActivityText, Direction, MessageRecorded, Subjects};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{ActivityId, EmployeeId};
use crate::query::Query;
use crate::values::Personal;

/// Record a message sent or received.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordMessage {
    /// The new activity.
    pub activity: ActivityId,
    /// What it is about: at least one.
    pub subjects: Subjects,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
    /// Who turned to whom.
    pub direction: Direction,
    /// By which service.
    #[serde(default)]
    pub channel: Option<String>,
    /// What was said or written.
    #[serde(default)]
    pub text: ActivityText,
}

impl RecordMessage {
    const fn activity(&self) -> Activity<'_> {
        Activity { id: self.activity, subjects: &self.subjects, employee: self.employee, text: &self.text }
    }
}

impl Decision for RecordMessage {
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
        check_code("channel", self.channel.as_deref())?;
        let recorded = MessageRecorded {
            activity: self.activity,
            subjects: self.subjects,
            employee: at.employee(self.employee),
            direction: self.direction,
            channel: self.channel.clone(),
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

    fn told() -> RecordMessage {
        RecordMessage {
            activity: id(70),
            subjects: customer(),
            employee: None,
            direction: Direction::Inbound,
            channel: Some("telegram".to_owned()),
            text: ActivityText { subject: Some("the offer".into()), ..ActivityText::default() },
        }
    }

    #[test]
    fn a_message_is_recorded_as_it_was_told() {
        let recorded = MessageRecorded {
            activity: id(70),
            subjects: customer(),
            employee: None,
            direction: Direction::Inbound,
            channel: Some("telegram".to_owned()),
            data_subjects: customer_subject(),
            personal: Personal::Known(told().text),
        };
        company().when(&told()).then([recorded.into()]);
    }

    #[test]
    fn a_channel_is_a_short_code() {
        let endless = RecordMessage { channel: Some("x".repeat(1_000)), ..told() };
        let refused = company().when(&endless).then_refused(RefusalCode::InvalidValue);
        assert_eq!(refused.field.unwrap(), "channel");
    }
}
