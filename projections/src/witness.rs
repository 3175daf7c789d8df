//! Whose personal data an answer shows.

use std::collections::BTreeSet;

use letopis_domain::access::Fields;
use letopis_domain::event::{Event, Recorded};
use letopis_domain::ids::SubjectId;
use parking_lot::Mutex;

/// Notes the people whose data is handed out to one request.
#[derive(Default, Debug)]
pub struct Witness {
    people: Mutex<BTreeSet<SubjectId>>,
}

impl Witness {
    /// The people noted since this was asked last.
    pub fn take(&self) -> Vec<SubjectId> {
        std::mem::take(&mut *self.people.lock()).into_iter().collect()
    }

    /// Notes that something was told about a person.
    pub(crate) fn meet(&self, person: SubjectId) {
        self.people.lock().insert(person);
    }

    /// Notes that an event is handed out. The names of colleagues are on every page and no secret in the company.
    pub(crate) fn see(&self, event: &Recorded, fields: Fields) {
        let is_personal = fields.holds(Fields::PERSONAL) || fields.holds(Fields::COMMENTS);
        if !is_personal || matches!(event.event, Event::EmployeeHired(_)) {
            return;
        }
        let subjects = event.event.data_subjects();
        if !subjects.is_empty() {
            self.people.lock().extend(subjects.as_slice().iter().copied());
        }
    }
}
