//! Record a postal letter sent or received.

use serde::{Deserialize, Serialize};

use crate::activity::recording::{Activity, Recording};
use crate::activity::{ActivityText, Direction, LetterRecorded, Subjects};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{ActivityId, EmployeeId};
use crate::query::Query;
use crate::values::Personal;

/// Record a postal letter sent or received.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordLetter {
    /// The new activity.
    pub activity: ActivityId,
    /// What it is about: at least one.
    pub subjects: Subjects,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
    /// Who turned to whom.
    pub direction: Direction,
    /// What was said or written.
    #[serde(default)]
    pub text: ActivityText,
}

impl RecordLetter {
    const fn activity(&self) -> Activity<'_> {
        Activity { id: self.activity, subjects: &self.subjects, employee: self.employee, text: &self.text }
    }
}

impl Decision for RecordLetter {
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
        let recorded = LetterRecorded {
            activity: self.activity,
            subjects: self.subjects,
            employee: at.employee(self.employee),
            direction: self.direction,
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

    use crate::testing::id;

    fn told() -> RecordLetter {
        RecordLetter {
            activity: id(70),
            subjects: customer(),
            employee: None,
            direction: Direction::Inbound,
            text: ActivityText { subject: Some("the offer".into()), ..ActivityText::default() },
        }
    }

    #[test]
    fn a_letter_is_recorded_as_it_was_told() {
        let recorded = LetterRecorded {
            activity: id(70),
            subjects: customer(),
            employee: None,
            direction: Direction::Inbound,
            data_subjects: customer_subject(),
            personal: Personal::Known(told().text),
        };
        company().when(&told()).then([recorded.into()]);
    }
}
