//! Record a call, or an attempt at one.

use serde::{Deserialize, Serialize};

use crate::activity::recording::{Activity, Recording, check_duration};
use crate::activity::{ActivityText, CallOutcome, CallRecorded, Direction, Subjects};
use crate::common::Common;
use crate::decision::{Circumstances, Decision};
use crate::event::{Event, Recorded};
use crate::ids::{ActivityId, EmployeeId};
use crate::query::Query;
use crate::values::{DurationMs, Personal};

/// Record a call, or an attempt at one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordCall {
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
    /// How it ended; none = unknown.
    #[serde(default)]
    pub outcome: Option<CallOutcome>,
    /// What was said or written.
    #[serde(default)]
    pub text: ActivityText,
}

impl RecordCall {
    const fn activity(&self) -> Activity<'_> {
        Activity { id: self.activity, subjects: &self.subjects, employee: self.employee, text: &self.text }
    }
}

impl Decision for RecordCall {
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
        let recorded = CallRecorded {
            activity: self.activity,
            subjects: self.subjects,
            employee: at.employee(self.employee),
            direction: self.direction,
            duration: self.duration,
            outcome: self.outcome,
            data_subjects: state.seal(&self.activity())?,
            personal: Personal::Known(self.text.clone()),
        };
        state.record(&self.activity(), at, recorded)
    }
}
