//! Entities as of a position, folded from their own events by the folds of the domain.
//!
//! A look-up, `replay` and `asOf` share this path, so they agree by construction.

use std::sync::Arc;

use letopis_domain::access::Absence;
use letopis_domain::account::Account;
use letopis_domain::agreement::Agreement;
use letopis_domain::contact::Contact;
use letopis_domain::employee::{BusinessUnit, Company, Employee, Team};
use letopis_domain::event::{EventType, Recorded};
use letopis_domain::ids::{
    AbsenceId, AccountId, AgreementId, BusinessUnitId, ContactId, EmployeeId, LeadId, OpportunityId, PipelineId,
    Position, Tagged, TaskId, TeamId,
};
use letopis_domain::lead::Lead;
use letopis_domain::opportunity::Opportunity;
use letopis_domain::pipeline::Pipeline;
use letopis_domain::query::Query;
use letopis_domain::task::Task;
use letopis_eventlog::error::ReadError;
use letopis_eventlog::log::{Log, Range};
use rustc_hash::FxHashMap;

/// Something that is made of its own events.
pub trait Entity: Default {
    /// What names it.
    type Id: Tagged + Copy + Eq + std::hash::Hash;
    /// The events it is made of.
    const TYPES: &'static [EventType];

    /// Folds one of them, in the order of the log.
    fn evolve(&mut self, event: &Recorded);

    /// Whether the event that creates it was folded.
    fn exists(&self) -> bool;
}

macro_rules! entities {
    ($($entity:ident = $id:ident, |$state:ident| $exists:expr;)*) => {$(
        impl Entity for $entity {
            type Id = $id;
            const TYPES: &'static [EventType] = Self::TYPES;

            fn evolve(&mut self, event: &Recorded) {
                Self::evolve(self, event);
            }

            fn exists(&self) -> bool {
                let $state = self;
                $exists
            }
        }
    )*};
}

entities! {
    Lead = LeadId, |state| state.exists();
    Account = AccountId, |state| state.exists();
    Contact = ContactId, |state| state.exists();
    Opportunity = OpportunityId, |state| state.exists();
    Task = TaskId, |state| state.exists();
    Agreement = AgreementId, |state| state.reached_at.is_some();
    Employee = EmployeeId, |state| state.hired_at.is_some();
    Absence = AbsenceId, |state| state.declared_at.is_some();
    Team = TeamId, |state| state.formed_at.is_some();
    BusinessUnit = BusinessUnitId, |state| state.formed_at.is_some();
    Pipeline = PipelineId, |state| *state != Self::default();
}

/// An entity and where it stands in the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folded<E> {
    /// Its state.
    pub state: E,
    /// Where it was created.
    pub created: Position,
    /// Its newest event as of the position asked for: what to pass as `expectedPosition`.
    pub changed: Position,
}

/// Every event that an entity is made of, up to a position.
///
/// # Errors
/// When the log cannot be read.
pub fn history<E: Entity>(log: &dyn Log, id: E::Id, at: Position) -> Result<Vec<Arc<Recorded>>, ReadError> {
    log.read(&Query::about(&id, E::TYPES), Range::upto(at))
}

/// The entity as of a position; none if it did not exist.
///
/// # Errors
/// When the log cannot be read.
pub fn fold<E: Entity>(log: &dyn Log, id: E::Id, at: Position) -> Result<Option<Folded<E>>, ReadError> {
    Ok(folded(history::<E>(log, id, at)?))
}

/// The entity that its events make; none if they make none.
pub(crate) fn folded<E: Entity>(history: impl IntoIterator<Item = Arc<Recorded>>) -> Option<Folded<E>> {
    let mut state = E::default();
    let mut range = None;
    for event in history {
        state.evolve(&event);
        range = Some((range.map_or(event.position, |(created, _)| created), event.position));
    }
    let (created, changed) = range.filter(|_| state.exists())?;
    Some(Folded { state, created, changed })
}

/// Several entities as of a position, for a page; what did not exist is left out.
///
/// # Errors
/// When the log cannot be read.
pub fn fold_all<E: Entity>(
    log: &dyn Log,
    ids: impl IntoIterator<Item = E::Id>,
    at: Position,
) -> Result<FxHashMap<E::Id, Folded<E>>, ReadError> {
    let mut folded = FxHashMap::default();
    for id in ids {
        if !folded.contains_key(&id)
            && let Some(entity) = fold::<E>(log, id, at)?
        {
            folded.insert(id, entity);
        }
    }
    Ok(folded)
}

/// The company's profile as of a position.
///
/// # Errors
/// When the log cannot be read.
pub fn company(log: &dyn Log, at: Position) -> Result<Company, ReadError> {
    let mut company = Company::default();
    for event in log.read(&Query::default().or_types(Company::TYPES), Range::upto(at))? {
        company.evolve(&event);
    }
    Ok(company)
}
