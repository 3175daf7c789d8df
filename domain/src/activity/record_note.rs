//! Take a note.

use serde::{Deserialize, Serialize};

use crate::activity::recording::{Activity, Recording, check_code};
use crate::activity::{ActivityText, Direction, NoteRecorded, Subjects};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{ActivityId, EmployeeId};
use crate::query::Query;
use crate::values::Personal;

/// Take a note.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordNote {
    /// The new activity.
    pub activity: ActivityId,
    /// What it is about: at least one.
    pub subjects: Subjects,
    /// Who of the company does it; none = the actor.
    #[serde(default)]
    pub employee: Option<EmployeeId>,
    /// Who turned to whom; internal unless told.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// A code of the company for what kind of note it is.
    #[serde(default)]
    pub kind: Option<String>,
    /// What was said or written.
    #[serde(default)]
    pub text: ActivityText,
}

impl RecordNote {
    const fn activity(&self) -> Activity<'_> {
        Activity { id: self.activity, subjects: &self.subjects, employee: self.employee, text: &self.text }
    }
}

impl Decision for RecordNote {
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
        check_code("kind", self.kind.as_deref())?;
        let recorded = NoteRecorded {
            activity: self.activity,
            subjects: self.subjects,
            employee: at.employee(self.employee),
            kind: self.kind.clone(),
            direction: self.direction.unwrap_or(Direction::Internal),
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

    fn told() -> RecordNote {
        RecordNote {
            activity: id(70),
            subjects: customer(),
            employee: None,
            direction: None,
            kind: Some("A_REGISTERED".to_owned()),
            text: ActivityText { subject: Some("the offer".into()), ..ActivityText::default() },
        }
    }

    #[test]
    fn a_note_is_internal_unless_told() {
        let recorded = NoteRecorded {
            activity: id(70),
            subjects: customer(),
            employee: None,
            direction: Direction::Internal,
            kind: Some("A_REGISTERED".to_owned()),
            data_subjects: customer_subject(),
            personal: Personal::Known(told().text),
        };
        company().when(&told()).then([recorded.into()]);
    }

    #[test]
    fn a_kind_is_a_short_code() {
        let endless = RecordNote { kind: Some("x".repeat(1_000)), ..told() };
        let refused = company().when(&endless).then_refused(RefusalCode::InvalidValue);
        assert_eq!(refused.field.unwrap(), "kind");
    }
}
