//! Agreements and the reservations that rest on them.

use letopis_domain::agreement::AgreementForm;
use letopis_domain::event::{Event, Recorded};
use letopis_domain::values::Money;
use serde::{Deserialize, Serialize};

use crate::models::activities::About;
use crate::models::directory::{Directory, Who};
use crate::names::{Cell, Kind, Names, Ref};
use crate::projection::{
    Projection, access_events, account_events, activity_events, company_events, contact_events, lead_events,
    opportunity_events, privacy_events, published_events, task_events,
};
use crate::table::{Row, Table, closing_as_of};
use crate::value::Field;

/// One agreement.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Agreement {
    pub(crate) entity: Ref,
    pub(crate) opened: u64,
    pub(crate) is_oral: bool,
    pub(crate) who: Who,
    pub(crate) about: About,
    pub(crate) reached_at: i64,
    pub(crate) valid_from: i64,
    pub(crate) valid_until: Option<i64>,
    pub(crate) renews: Ref,
    pub(crate) amount: Option<Money>,
}

impl Agreement {
    pub(crate) fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Kind => Cell::Word(if self.is_oral { "ORAL" } else { "WRITTEN" }),
            Field::Employee | Field::Team | Field::Unit => return self.who.cell(field),
            Field::Lead | Field::Account | Field::Contact | Field::Opportunity => return self.about.cell(field),
            Field::Parent => Cell::id(Kind::Agreement, self.renews),
            Field::Amount => Cell::money(self.amount),
            Field::CreatedAt => Cell::Time(self.reached_at),
            Field::ValidFrom => Cell::Time(self.valid_from),
            Field::ValidUntil => Cell::time(self.valid_until),
            _ => return None,
        })
    }
}

impl Row for Agreement {
    fn as_of(&self, position: u64) -> Option<Self> {
        (self.opened <= position).then(|| self.clone())
    }
}

/// One reservation of a resource.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Reservation {
    pub(crate) entity: Ref,
    pub(crate) opened: u64,
    /// Where it was released; 0 = not yet.
    pub(crate) closed: u64,
    pub(crate) resource: Ref,
    pub(crate) basis: Ref,
    pub(crate) who: Who,
    pub(crate) about: About,
    pub(crate) reserved_at: i64,
    pub(crate) released_at: i64,
    pub(crate) valid_from: i64,
    pub(crate) valid_until: Option<i64>,
}

impl Reservation {
    pub(crate) fn cell(&self, field: &Field) -> Option<Cell> {
        Some(match field {
            Field::Status => Cell::Word(if self.closed == 0 { "HELD" } else { "RELEASED" }),
            Field::Employee | Field::Team | Field::Unit => return self.who.cell(field),
            Field::Lead | Field::Account | Field::Contact | Field::Opportunity => return self.about.cell(field),
            Field::Parent => Cell::id(Kind::Agreement, self.basis),
            Field::Resource => Cell::id(Kind::Resource, self.resource),
            Field::CreatedAt => Cell::Time(self.reserved_at),
            Field::ClosedAt => Cell::time((self.closed != 0).then_some(self.released_at)),
            Field::ValidFrom => Cell::Time(self.valid_from),
            Field::ValidUntil => Cell::time(self.valid_until),
            _ => return None,
        })
    }
}

impl Row for Reservation {
    fn as_of(&self, position: u64) -> Option<Self> {
        if self.opened > position {
            return None;
        }
        let mut row = self.clone();
        if closing_as_of(self.closed, position) == 0 {
            (row.closed, row.released_at) = (0, 0);
        }
        Some(row)
    }
}

/// Every agreement and reservation.
#[derive(Default)]
pub(crate) struct Agreements {
    pub(crate) reached: Table<Agreement>,
    pub(crate) reservations: Table<Reservation>,
    /// The row by reservation; derived, not stored.
    by_reservation: Vec<Ref>,
    /// The row by agreement; derived, not stored.
    by_agreement: Vec<Ref>,
}

impl Agreements {
    /// Derives what is not stored.
    pub(crate) fn index(&mut self) {
        (self.by_reservation, self.by_agreement) = (Vec::new(), Vec::new());
        for index in 0..self.reservations.len() {
            note(&mut self.by_reservation, self.reservations[index].entity, Ref::at(index));
        }
        for index in 0..self.reached.len() {
            note(&mut self.by_agreement, self.reached[index].entity, Ref::at(index));
        }
    }

    /// An agreement by its id.
    pub(crate) fn find(&self, agreement: Ref) -> Option<&Agreement> {
        self.reached.row(agreement.index().and_then(|index| self.by_agreement.get(index)).copied()?)
    }

    /// A reservation by its id.
    pub(crate) fn find_reservation(&self, reservation: Ref) -> Option<&Reservation> {
        self.reservations.row(reservation.index().and_then(|index| self.by_reservation.get(index)).copied()?)
    }
}

fn note(rows: &mut Vec<Ref>, entity: Ref, row: Ref) {
    let Some(index) = entity.index() else { return };
    if rows.len() <= index {
        rows.resize(index + 1, Ref::NONE);
    }
    rows[index] = row;
}

impl Projection for Agreements {
    const NAME: &'static str = "agreements";
    const REVISION: u32 = 1;
    type Beside<'a> = (&'a mut Names, &'a Directory);

    fn apply(&mut self, event: &Recorded, (names, directory): Self::Beside<'_>) {
        let (at, occurred) = (event.position.0, event.occurred_at.micros());
        match &event.event {
            Event::AgreementReached(reached) => {
                let entity = names.intern(reached.agreement, at);
                let row = self.reached.push(Agreement {
                    entity,
                    opened: at,
                    is_oral: reached.form == AgreementForm::Oral,
                    who: directory.place(names.intern_some(reached.employee, at)),
                    about: About::of(&reached.subjects, names, at),
                    reached_at: occurred,
                    valid_from: reached.valid.from.micros(),
                    valid_until: reached.valid.until.map(letopis_domain::values::Timestamp::micros),
                    renews: names.intern_some(reached.renews, at),
                    amount: reached.amount,
                });
                note(&mut self.by_agreement, entity, row);
            }
            Event::ResourceReserved(reserved) => {
                let entity = names.intern(reserved.reservation, at);
                let row = self.reservations.push(Reservation {
                    entity,
                    opened: at,
                    resource: names.intern(reserved.resource, at),
                    basis: names.intern(reserved.basis, at),
                    who: directory.place(names.intern_some(reserved.employee, at)),
                    about: About::of(&reserved.subjects, names, at),
                    reserved_at: occurred,
                    valid_from: reserved.period.from.micros(),
                    valid_until: reserved.period.until.map(letopis_domain::values::Timestamp::micros),
                    ..Reservation::default()
                });
                note(&mut self.by_reservation, entity, row);
            }
            Event::ReservationReleased(released) => {
                let entity = names.intern(released.reservation, at);
                let row = entity.index().and_then(|index| self.by_reservation.get(index)).copied().unwrap_or_default();
                self.reservations.change(row, |row| (row.closed, row.released_at) = (at, occurred));
            }
            Event::AttributesSet(_)
            | company_events!()
            | published_events!()
            | account_events!()
            | contact_events!()
            | lead_events!()
            | opportunity_events!()
            | activity_events!()
            | access_events!()
            | privacy_events!()
            | task_events!() => {}
        }
    }
}
