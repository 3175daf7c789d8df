//! Agreements and reservations as clients see them.

use async_graphql::{Context, ID, Object};
use letopis_domain::agreement as domain;
use letopis_domain::event::{Event, EventType};
use letopis_domain::ids::{Position as LogPosition, ReservationId};
use letopis_domain::values::PlainText;
use letopis_eventlog::log::Range;
use letopis_projections::View;

use crate::activity::Subjects;
use crate::company::Employee;
use crate::context::app;
use crate::enums::AgreementForm;
use crate::error::{FieldError, FieldResult};
use crate::ids::{EntityId, global};
use crate::mutation::Subject;
use crate::object::{link, object, text};
use crate::scalars::{DateTime, Position};
use crate::values::{Money, Period};

object! {
    /// An oral or written agreement.
    Agreement of domain::Agreement
}

/// An oral or written agreement.
#[Object]
impl Agreement {
    /// Its global id.
    pub async fn id(&self) -> ID {
        global(self.state.id)
    }

    /// The position that it is shown as of.
    async fn position(&self) -> Position {
        Position(self.at)
    }

    /// The position of its newest event: what to pass as `expectedPosition`.
    async fn changed(&self) -> Position {
        Position(self.changed)
    }

    /// Oral or written.
    async fn form(&self) -> AgreementForm {
        self.state.form.into()
    }

    /// What was agreed; `erased` once the personal data is.
    async fn terms(&self) -> Option<String> {
        text(&self.state.terms, |terms| Some(PlainText::reveal(terms)))
    }

    /// With whom, and about which deal.
    async fn subjects(&self) -> Subjects {
        Subjects::new(self.state.subjects, self.at)
    }

    /// Who agreed for the company.
    async fn employee(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.state.employee, self.at)
    }

    /// When it is in force.
    async fn valid(&self) -> Period {
        self.state.valid.into()
    }

    /// Whether it binds at an instant, now unless told.
    async fn is_in_force(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The instant; now when absent.")] at: Option<DateTime>,
    ) -> FieldResult<bool> {
        let now = app(context)?.env.now();
        Ok(self.state.is_in_force(at.map_or(now, |at| at.0)))
    }

    /// The agreement it renews.
    async fn renews(&self, context: &Context<'_>) -> Option<FieldResult<Self>> {
        link(context, self.state.renews, self.at)
    }

    /// The agreement that renews it.
    async fn renewed_by(&self, context: &Context<'_>) -> Option<FieldResult<Self>> {
        link(context, self.state.renewed_by, self.at)
    }

    /// What it is worth.
    async fn amount(&self) -> Option<Money> {
        self.state.amount.map(Into::into)
    }

    /// When it was reached.
    async fn reached_at(&self) -> Option<DateTime> {
        self.state.reached_at.map(DateTime)
    }

    /// What it reserved, oldest first.
    async fn reservations(&self) -> Vec<Reservation> {
        let held = self.state.reservations.iter();
        held.map(|state| Reservation { state: state.clone(), agreement: self.state.id, at: self.at }).collect()
    }
}

/// A reservation of a resource for a period.
pub struct Reservation {
    state: domain::Reservation,
    agreement: letopis_domain::ids::AgreementId,
    at: LogPosition,
}

impl Subject for Reservation {
    type Key = ReservationId;

    fn load(seen: &View, key: ReservationId) -> Result<Option<Self>, FieldError> {
        let made = seen.read(&key.about(&[EventType::ResourceReserved]), Range::upto(seen.position()))?;
        let Some(Event::ResourceReserved(reserved)) = made.first().map(|recorded| &recorded.event) else {
            return Ok(None);
        };
        let agreement = seen.entity::<domain::Agreement>(reserved.basis)?;
        Ok(agreement.map(|folded| folded.state).and_then(|agreement| {
            let state = agreement.reservations.iter().find(|held| held.id == key)?.clone();
            Some(Self { state, agreement: agreement.id, at: seen.position() })
        }))
    }
}

/// A reservation of a resource for a period.
#[Object]
impl Reservation {
    /// Its global id.
    pub async fn id(&self) -> ID {
        global(self.state.id)
    }

    /// The global id of what is reserved.
    async fn resource(&self) -> ID {
        global(self.state.resource)
    }

    /// For when.
    async fn period(&self) -> Period {
        self.state.period.into()
    }

    /// The agreement it rests on.
    async fn basis(&self, context: &Context<'_>) -> Option<FieldResult<Agreement>> {
        link(context, Some(self.agreement), self.at)
    }

    /// By whom.
    async fn employee(&self, context: &Context<'_>) -> Option<FieldResult<Employee>> {
        link(context, self.state.employee, self.at)
    }

    /// When it was made.
    async fn reserved_at(&self) -> DateTime {
        DateTime(self.state.reserved_at)
    }

    /// When it was given up; null while it is held.
    async fn released_at(&self) -> Option<DateTime> {
        self.state.released_at.map(DateTime)
    }
}
