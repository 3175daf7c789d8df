//! Who looks at the views, and what they see of them.

use std::sync::Arc;

use letopis_domain::access::{Duty, Fields, Reach, Role};
use letopis_domain::event::{Event, Recorded};
use letopis_domain::ids::{AbsenceId, AccountId, EmployeeId, SubjectId, Tagged};
use letopis_domain::privacy::DataSubjects;
use letopis_domain::query::Query;
use letopis_domain::values::Timestamp;
use letopis_eventlog::error::ReadError;
use letopis_eventlog::log::{Log, Range};
use uuid::Uuid;

use crate::eyes::{Eyes, Looking, protected};
use crate::projection::privacy_events;
use crate::table::stands;
use crate::views::View;
use crate::witness::Witness;

/// Who looks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Viewer {
    /// Whoever runs the server: sees and does everything.
    System,
    /// An employee, with the roles that the log grants them, and those that a token brings.
    Employee {
        /// Who.
        employee: EmployeeId,
        /// The roles of the token, which reach as far as they usually do.
        roles: Vec<Role>,
    },
}

/// What a viewer sees and may do, as of a position.
#[derive(Clone)]
pub struct Sight {
    viewer: Viewer,
    grants: Vec<(Role, Reach)>,
    /// None = everything.
    eyes: Option<Arc<Eyes>>,
}

impl Sight {
    /// Who looks.
    pub const fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// The roles, each with its reach.
    pub fn grants(&self) -> &[(Role, Reach)] {
        &self.grants
    }

    /// Whether nothing is hidden or withheld.
    pub const fn sees_everything(&self) -> bool {
        self.eyes.is_none()
    }

    /// Whether the viewer has any role at all.
    pub fn has_role(&self) -> bool {
        self.viewer == Viewer::System || !self.grants.is_empty()
    }

    /// Whether the viewer may do what a duty asks for.
    pub fn may(&self, duty: Duty) -> bool {
        self.viewer == Viewer::System || self.grants.iter().any(|(role, _)| role.has(duty))
    }

    /// Whether the viewer reads the access log.
    pub fn reads_access_log(&self) -> bool {
        self.viewer == Viewer::System
            || self.grants.iter().any(|(role, reach)| role.reads_access_log() && *reach == Reach::All)
    }

    /// Whether the viewer may name what it does not see: a machine that only records knows ids and reads nothing.
    pub fn names_unseen(&self) -> bool {
        !self.grants.is_empty() && self.grants.iter().all(|(role, _)| *role == Role::Integration)
    }

    pub(crate) const fn eyes(&self) -> Option<&Arc<Eyes>> {
        self.eyes.as_ref()
    }
}

impl View {
    /// What a viewer sees as of this view's position: the rights and owners of then, at an instant of the clock, on
    /// which absences depend.
    pub fn sight(&self, viewer: &Viewer, now: Timestamp) -> Sight {
        let Viewer::Employee { employee, roles } = viewer else {
            return Sight { viewer: viewer.clone(), grants: Vec::new(), eyes: None };
        };
        let facts = self.generation.facts.read();
        let at = self.position.0;
        let reference = facts.names.find(*employee);
        let is_there = facts.directory.employees.as_of(reference, at).is_some_and(|of| !of.columns.has_left);
        let mut grants: Vec<(Role, Reach)> = Vec::new();
        if is_there {
            grants.extend(facts.rights.of(reference, at));
            grants.extend(roles.iter().map(|role| (*role, role.usual_reach())));
        }
        let looking = Looking { employee: reference, grants: &grants, now };
        let eyes = Eyes::of(&facts, &looking, at).map(Arc::new);
        Sight { viewer: viewer.clone(), grants, eyes }
    }

    /// The same view through somebody's eyes.
    #[must_use]
    pub fn seen_with(mut self, sight: &Sight) -> Self {
        self.eyes = sight.eyes().cloned();
        self
    }

    /// What is seen of an entity, given the prefix of its tags and its id.
    pub fn fields_of(&self, kind: &str, id: Uuid) -> Fields {
        let Some(eyes) = &self.eyes else { return Fields::EVERYTHING };
        let Some(kind) = protected(kind) else { return eyes.any() };
        let facts = self.generation.facts.read();
        eyes.of_entity(&facts, kind, facts.names.ids[kind as usize].find(&id))
    }

    /// The roles of an employee, each with its reach.
    pub fn grants_of(&self, employee: EmployeeId) -> Vec<(Role, Reach)> {
        let facts = self.generation.facts.read();
        facts.rights.of(facts.names.find(employee), self.position.0).collect()
    }

    /// The absences that were declared and not ended, in the order of the log.
    pub fn absences(&self) -> Vec<AbsenceId> {
        let facts = self.generation.facts.read();
        let absences = facts.rights.absences.iter();
        let standing = absences.filter(|absence| stands(absence.opened, absence.closed, self.position.0));
        standing.map(|absence| absence.id).collect()
    }

    /// Whether something is hidden or in part withheld, so that no command may name it: what is recorded about it could
    /// show the rest.
    pub fn hides(&self, kind: &str, id: Uuid) -> bool {
        let is_whole = |fields: Fields| fields == Fields::EVERYTHING;
        match (protected(kind), kind) {
            (Some(_), _) => !is_whole(self.fields_of(kind, id)),
            (None, SubjectId::PREFIX) => !self.fields_of_person(SubjectId(id)).is_ok_and(is_whole),
            _ => !self.fields_of(kind, id).sees(),
        }
    }

    /// Whether the owner of an entity is reached, by whatever else it may be seen.
    pub fn owns(&self, kind: &str, id: Uuid) -> bool {
        let (Some(eyes), Some(kind)) = (&self.eyes, protected(kind)) else { return self.eyes.is_none() };
        let facts = self.generation.facts.read();
        eyes.owns(&facts, kind, facts.names.ids[kind as usize].find(&id))
    }

    /// Whether the rows of an employee are reached.
    pub fn reaches(&self, employee: EmployeeId) -> bool {
        let Some(eyes) = &self.eyes else { return true };
        eyes.reaches(self.generation.facts.read().names.find(employee))
    }

    /// Who is away in an absence; none = there is no such absence.
    pub fn absent_in(&self, absence: AbsenceId) -> Option<EmployeeId> {
        let facts = self.generation.facts.read();
        let found = facts.rights.absences.iter().find(|found| found.id == absence)?;
        facts.names.id(found.employee)
    }

    /// What is seen of an event.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn fields(&self, event: &Recorded) -> Result<Fields, ReadError> {
        let Some(eyes) = &self.eyes else { return Ok(Fields::EVERYTHING) };
        let seen = eyes.event(&self.generation.facts.read(), event);
        if seen.sees() || !matches!(event.event, privacy_events!()) {
            return Ok(seen);
        }
        // It names them all.
        let mut fields = Fields::EVERYTHING;
        for subject in persons(&event.event).as_slice() {
            fields = fields.only(self.fields_of_person(*subject)?);
        }
        Ok(fields)
    }

    /// What is seen of a person: of whatever holds personal data of theirs.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn fields_of_person(&self, subject: SubjectId) -> Result<Fields, ReadError> {
        let Some(eyes) = &self.eyes else { return Ok(Fields::EVERYTHING) };
        let about = Query::default().or_item(&[], vec![subject.tag()]);
        let events = self.log.read(&about, Range::upto(self.position))?;
        let facts = self.generation.facts.read();
        let events = events.iter().filter(|event| !matches!(event.event, privacy_events!()));
        Ok(events.fold(eyes.base(), |seen, event| seen.and(eyes.event(&facts, event))))
    }

    /// The event as it is seen; none = it is hidden.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn show(&self, event: Arc<Recorded>) -> Result<Option<Arc<Recorded>>, ReadError> {
        let fields = self.fields(&event)?;
        Ok(fields.sees().then(|| self.hand_out(event, fields)))
    }

    /// The same view, with somebody who notes whose data is shown.
    #[must_use]
    pub fn witnessed_by(mut self, witness: Arc<Witness>) -> Self {
        self.witness = Some(witness);
        self
    }

    /// The event as it is handed out: noted, and without what is not among `fields`.
    pub(crate) fn hand_out(&self, event: Arc<Recorded>, fields: Fields) -> Arc<Recorded> {
        if let Some(witness) = &self.witness {
            witness.see(&event, fields);
        }
        self.withhold(event, fields)
    }

    /// The event without what is not among `fields`.
    pub(crate) fn withhold(&self, event: Arc<Recorded>, fields: Fields) -> Arc<Recorded> {
        let has_hidden_parent = self.has_hidden_parent(&event.event);
        if fields == Fields::EVERYTHING && !has_hidden_parent {
            return event;
        }
        let mut event = Arc::unwrap_or_clone(event);
        if let (true, Event::AccountCreated(created)) = (has_hidden_parent, &mut event.event) {
            created.parent = None;
        }
        event.event.withhold(fields, &|subjects| pseudonym(&*self.log, subjects));
        Arc::new(event)
    }
}

impl View {
    /// Whether an event names a hidden account that it is not about.
    fn has_hidden_parent(&self, event: &Event) -> bool {
        let (Some(_), Event::AccountCreated(created)) = (&self.eyes, event) else { return false };
        created.parent.is_some_and(|parent| !self.fields_of(AccountId::PREFIX, parent.0).sees())
    }
}

/// Whom an event is about that is about people and nothing else.
fn persons(event: &Event) -> DataSubjects {
    let of = |subjects: &[SubjectId]| subjects.iter().copied().collect();
    match event {
        Event::SubjectsLinked(linked) => of(&[linked.subject, linked.other]),
        Event::ConsentGiven(given) => of(&[given.subject]),
        Event::ConsentWithdrawn(withdrawn) => of(&[withdrawn.subject]),
        Event::LegalHoldPlaced(placed) => of(&[placed.subject]),
        Event::LegalHoldLifted(lifted) => of(&[lifted.subject]),
        Event::PersonalDataErased(erased) => erased.erased.as_slice().iter().copied().chain([erased.subject]).collect(),
        _ => DataSubjects::default(),
    }
}

/// A name in place of a name: the same for the same person, and without the key of the log nobody's.
fn pseudonym(log: &dyn Log, subjects: &DataSubjects) -> String {
    let Some(first) = subjects.as_slice().first() else { return letopis_domain::access::WITHHELD.to_owned() };
    let mut hasher = log.request_hasher();
    let digest = hasher.update(b"pseudonym").update(first.0.as_bytes()).finish();
    let short: [u8; 4] = [digest[0], digest[1], digest[2], digest[3]];
    format!("person {:08x}", u32::from_be_bytes(short))
}
