//! Which of the subjects that a command names exist: named once, for the boundary and for the check.

use crate::activity::Subjects;
use crate::attribute::EntityRef;
use crate::common::Common;
use crate::event::{Event, EventType, Recorded};
use crate::ids::{
    AccountId, AgreementId, BusinessUnitId, ContactId, EmployeeId, LeadId, OpportunityId, Tagged, TeamId,
};
use crate::privacy::{DataSubjects, Erasures};
use crate::query::{Query, Tag};
use crate::values::PersonalValues;

macro_rules! subjects {
    ($($(#[$doc:meta])* $name:ident($id:ident) created by $event:ident.$field:ident),* $(,)?) => {
        /// An entity that a command may name.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Subject { $($(#[$doc])* $name($id)),* }

        impl Subject {
            /// The event that creates it.
            const fn created_by(self) -> EventType {
                match self { $(Self::$name(_) => EventType::$event),* }
            }

            /// What the event creates, if it creates one.
            fn created(event: &Event) -> Option<Self> {
                match event {
                    $(Event::$event(fact) => Some(Self::$name(fact.$field)),)*
                    _ => None,
                }
            }
        }

        impl Tagged for Subject {
            fn tag(&self) -> Tag {
                match self { $(Self::$name(id) => id.tag()),* }
            }
        }

        $(impl From<$id> for Subject {
            fn from(id: $id) -> Self { Self::$name(id) }
        })*
    };
}

subjects! {
    /// A business unit.
    Unit(BusinessUnitId) created by BusinessUnitFormed.unit,
    /// A team.
    Team(TeamId) created by TeamFormed.team,
    /// An employee.
    Employee(EmployeeId) created by EmployeeHired.employee,
    /// An account.
    Account(AccountId) created by AccountCreated.account,
    /// A contact.
    Contact(ContactId) created by ContactCreated.contact,
    /// A lead.
    Lead(LeadId) created by LeadReceived.lead,
    /// An opportunity.
    Opportunity(OpportunityId) created by OpportunityOpened.opportunity,
    /// An agreement.
    Agreement(AgreementId) created by AgreementReached.agreement,
}

impl From<EntityRef> for Subject {
    fn from(entity: EntityRef) -> Self {
        match entity {
            EntityRef::Lead(id) => Self::Lead(id),
            EntityRef::Account(id) => Self::Account(id),
            EntityRef::Contact(id) => Self::Contact(id),
            EntityRef::Opportunity(id) => Self::Opportunity(id),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Reference {
    field: &'static str,
    subject: Subject,
    must_be_employed: bool,
}

/// The subjects that a command names, each with the field that names it.
#[derive(Clone, Debug, Default)]
pub struct References(Vec<Reference>);

impl References {
    /// A subject that must exist.
    #[must_use]
    pub fn to(self, field: &'static str, subject: impl Into<Subject>) -> Self {
        self.to_any(field, Some(subject))
    }

    /// A subject that must exist where one is named.
    #[must_use]
    pub fn to_any(mut self, field: &'static str, subject: Option<impl Into<Subject>>) -> Self {
        let reference = |subject: Subject| Reference { field, subject, must_be_employed: false };
        self.0.extend(subject.map(Into::into).map(reference));
        self
    }

    /// An employee who is given work, and so must not have left.
    #[must_use]
    pub fn to_employed(mut self, field: &'static str, employee: Option<EmployeeId>) -> Self {
        let reference = |employee: EmployeeId| Reference { field, subject: employee.into(), must_be_employed: true };
        self.0.extend(employee.map(reference));
        self
    }

    /// Everything that an activity, agreement or task is about.
    #[must_use]
    pub fn to_subjects(self, subjects: &Subjects) -> Self {
        self.to_any("subjects.lead", subjects.lead)
            .to_any("subjects.account", subjects.account)
            .to_any("subjects.contact", subjects.contact)
            .to_any("subjects.opportunity", subjects.opportunity)
    }

    /// Adds to a boundary what the check needs.
    #[must_use]
    pub fn within(&self, boundary: Query) -> Query {
        self.0.iter().fold(boundary, |query, reference| {
            if reference.must_be_employed {
                query.or(&reference.subject, &[EventType::EmployeeHired, EventType::EmployeeLeft])
            } else {
                query.or(&reference.subject, &[reference.subject.created_by()])
            }
        })
    }
}

/// The subjects found so far.
#[derive(Clone, Debug, Default)]
pub struct Known {
    created: Vec<(Subject, DataSubjects)>,
    left: Vec<EmployeeId>,
    erasures: Erasures,
}

impl Known {
    /// Folds one event.
    pub fn evolve(&mut self, event: &Recorded) {
        self.erasures.evolve(event);
        match &event.event {
            Event::EmployeeLeft(fact) => self.left.push(fact.employee),
            event => self.created.extend(Subject::created(event).map(|subject| (subject, event.data_subjects()))),
        }
    }

    /// Whether the subject exists.
    pub fn contains(&self, subject: impl Into<Subject>) -> bool {
        self.find(subject.into()).is_some()
    }

    /// Adds to a boundary who of those whom words about these subjects concern was erased.
    #[must_use]
    pub fn within(&self, boundary: Query, subjects: &Subjects) -> Query {
        Erasures::within(boundary, &self.named(subjects))
    }

    /// Whom everything that is written about these subjects is about: those who are left.
    #[must_use]
    pub fn data_subjects(&self, subjects: &Subjects) -> DataSubjects {
        self.erasures.left(&self.named(subjects))
    }

    /// For whom words about these subjects are sealed.
    ///
    /// # Errors
    /// `Erased` when there are words, and nobody is left.
    pub fn seal(
        &self,
        subjects: &Subjects,
        words: &impl PersonalValues,
        field: &'static str,
    ) -> Result<DataSubjects, Common> {
        self.erasures.seal(&self.named(subjects), words, field)
    }

    fn named(&self, subjects: &Subjects) -> DataSubjects {
        let named = [
            subjects.lead.map(Subject::Lead),
            subjects.account.map(Subject::Account),
            subjects.contact.map(Subject::Contact),
            subjects.opportunity.map(Subject::Opportunity),
        ];
        let known = named.into_iter().flatten().filter_map(|subject| self.find(subject));
        known.flat_map(|subjects| subjects.as_slice().iter().copied()).collect()
    }

    fn find(&self, subject: Subject) -> Option<&DataSubjects> {
        self.created.iter().find(|(created, _)| *created == subject).map(|(_, subjects)| subjects)
    }

    /// Whether the employee is known to have left.
    #[must_use]
    pub fn has_left(&self, employee: EmployeeId) -> bool {
        self.left.contains(&employee)
    }

    /// Checks that everything named exists.
    ///
    /// # Errors
    /// `NotFound` with the field that names an unknown subject; `Left` for work given to someone who left.
    pub fn check(&self, references: &References) -> Result<(), Common> {
        for Reference { field, subject, must_be_employed } in &references.0 {
            if self.find(*subject).is_none() {
                return Err(Common::NotFound { field, tag: subject.tag() });
            }
            if let (true, Subject::Employee(employee)) = (must_be_employed, subject)
                && self.has_left(*employee)
            {
                return Err(Common::Left { field, tag: subject.tag() });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::sample;
    use crate::testing::{given, id};

    fn known(events: impl IntoIterator<Item = EventType>) -> Known {
        let mut known = Known::default();
        given(events.into_iter().map(sample)).events().iter().for_each(|event| known.evolve(event));
        known
    }

    #[test]
    fn the_first_unknown_subject_is_named_with_its_field() {
        let references = References::default().to("lead", id::<LeadId>(10)).to_any("owner", Some(id::<EmployeeId>(77)));
        assert!(matches!(known([]).check(&references), Err(Common::NotFound { field: "lead", .. })));
        let only_lead = known([EventType::LeadReceived]);
        assert!(matches!(only_lead.check(&references), Err(Common::NotFound { field: "owner", .. })));
    }

    #[test]
    fn who_left_is_known_but_gets_no_work() {
        let employee = id::<EmployeeId>(4);
        let left = known([EventType::EmployeeHired, EventType::EmployeeLeft]);
        assert_eq!(left.check(&References::default().to("employee", employee)), Ok(()));
        let work = References::default().to_employed("owner", Some(employee));
        assert!(matches!(left.check(&work), Err(Common::Left { field: "owner", .. })));
    }

    #[test]
    fn every_reference_is_part_of_the_boundary() {
        let references = References::default()
            .to("entity", EntityRef::Contact(id(11)))
            .to_employed("owner", Some(id(4)))
            .to_any("team", Some(id::<TeamId>(2)));
        let boundary = references.within(Query::default());
        for event_type in
            [EventType::ContactCreated, EventType::EmployeeHired, EventType::EmployeeLeft, EventType::TeamFormed]
        {
            assert!(boundary.matches(event_type, sample(event_type).tags().as_slice()), "{event_type}");
        }
        assert!(!boundary.matches(EventType::LeadReceived, sample(EventType::LeadReceived).tags().as_slice()));
    }
}
