//! Questions about agreements and reservations.

use letopis_domain::ids::{AgreementId, ReservationId};
use letopis_domain::values::Timestamp;
use letopis_projections::entries::{AgreementEntry, ReservationEntry};
use letopis_projections::filter::{Test, Where};
use letopis_projections::value::{Field, Value};

use super::{Agreement, Reservation};
use crate::enums::AgreementForm;
use crate::error::FieldResult;
use crate::lists::{Condition, IdFilter, MoneyFilter, TimeFilter, entity_queries, enum_filter, filter, order};
use crate::page::connection;
use crate::scalars::DateTime;

connection!(AgreementConnection, AgreementEdge, Agreement, "agreements");
connection!(ReservationConnection, ReservationEdge, Reservation, "reservations");

enum_filter!(AgreementFormFilter of AgreementForm);

/// In force at an instant: begun, and not ended.
impl Condition for DateTime {
    fn tests(self, _: &Field) -> FieldResult<Vec<Where>> {
        // Bounds are exclusive above, and instants are kept to the microsecond.
        let next = Timestamp::from_micros(self.0.micros().saturating_add(1));
        let begun = Where::Is(Field::ValidFrom, Test::Range { from: None, until: Some(Value::Time(next)) });
        let endless = Where::equals(Field::ValidUntil, Value::Null);
        let ends_later = Where::Is(Field::ValidUntil, Test::Range { from: Some(Value::Time(next)), until: None });
        Ok(vec![begun, Where::Any(vec![endless, ends_later])])
    }
}

filter! {
    /// Which agreements; conditions side by side must all hold. Those in force at an instant began at or before it and
    /// end after it, or never.
    AgreementWhere {
        /// The agreement itself.
        id: IdFilter => Field::Id,
        /// In force at this instant.
        in_force_at: DateTime => Field::ValidFrom,
        /// Oral or written.
        form: AgreementFormFilter => Field::Kind,
        /// Who agreed for the company.
        employee: IdFilter => Field::Employee,
        /// The team of who agreed.
        team: IdFilter => Field::Team,
        /// The lead it is about.
        lead: IdFilter => Field::Lead,
        /// The account it is with.
        account: IdFilter => Field::Account,
        /// The contact it is with.
        contact: IdFilter => Field::Contact,
        /// The opportunity it is about.
        opportunity: IdFilter => Field::Opportunity,
        /// The agreement it renews.
        renews: IdFilter => Field::Parent,
        /// What it is worth.
        amount: MoneyFilter => Field::Amount,
        /// When it was reached.
        reached_at: TimeFilter => Field::CreatedAt,
        /// From when it is in force.
        valid_from: TimeFilter => Field::ValidFrom,
        /// Until when it is in force.
        valid_until: TimeFilter => Field::ValidUntil,
    }
}

order!(AgreementOrder, AgreementOrderField, "agreements" {
    /// When it was reached.
    ReachedAt => Field::CreatedAt,
    /// From when it is in force.
    ValidFrom => Field::ValidFrom,
    /// Until when it is in force.
    ValidUntil => Field::ValidUntil,
    /// What it is worth, inside one currency.
    Amount => Field::Amount,
});

entity_queries! {
    AgreementQueries;

    /// An agreement by its id; null when there is none.
    one agreement(AgreementId) -> Agreement;

    /// Agreements.
    many agreements(AgreementWhere, AgreementOrder) -> AgreementConnection of AgreementEntry;
}

filter! {
    /// Which reservations; conditions side by side must all hold.
    ReservationWhere {
        /// The reservation itself.
        id: IdFilter => Field::Id,
        /// What is reserved.
        resource: IdFilter => Field::Resource,
        /// The agreement it rests on.
        basis: IdFilter => Field::Parent,
        /// By whom it was made.
        employee: IdFilter => Field::Employee,
        /// The account it is for.
        account: IdFilter => Field::Account,
        /// From when it holds.
        from: TimeFilter => Field::ValidFrom,
        /// Until when it holds.
        until: TimeFilter => Field::ValidUntil,
        /// When it was given up.
        released_at: TimeFilter => Field::ClosedAt,
    }
}

order!(ReservationOrder, ReservationOrderField, "reservations" {
    /// From when it holds.
    From => Field::ValidFrom,
    /// When it was made.
    ReservedAt => Field::CreatedAt,
});

entity_queries! {
    ReservationQueries;

    /// A reservation by its id; null when there is none.
    one reservation(ReservationId) -> Reservation;

    /// Reservations.
    many reservations(ReservationWhere, ReservationOrder) -> ReservationConnection of ReservationEntry;
}
