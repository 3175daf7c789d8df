//! What lists show: one struct per kind of entity, without personal data.

use std::borrow::Cow;

use letopis_domain::account::AccountKind;
use letopis_domain::activity::Subjects;
use letopis_domain::agreement::AgreementForm;
use letopis_domain::employee::EmployeeKind;
use letopis_domain::ids::{
    AccountId, AgreementId, BusinessUnitId, ContactId, EmployeeId, LeadId, OpportunityId, PipelineId, Position,
    ReservationId, ResourceId, TaskId, TeamId,
};
use letopis_domain::lead::LeadStatus;
use letopis_domain::opportunity::OpportunityStatus;
use letopis_domain::task::{TaskKind, TaskStatus};
use letopis_domain::values::{Attributes, Date, Money, Period, Timestamp};

use crate::lists::Rows;
use crate::models::accounts::AccountColumns;
use crate::models::agreements::{Agreement, Reservation};
use crate::models::contacts::ContactColumns;
use crate::models::directory::{EmployeeColumns, TeamColumns};
use crate::models::leads::LeadColumns;
use crate::models::opportunities::OpportunityColumns;
use crate::models::tasks::Task;
use crate::scope::Scope;
use crate::shown::{place, subjects};
use crate::table::{Row, Table, Version};

/// An employee, or none, with the team and the business unit of that moment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Place {
    /// The owner, or who did it.
    pub employee: Option<EmployeeId>,
    /// Their team at that moment.
    pub team: Option<TeamId>,
    /// The business unit of that team.
    pub unit: Option<BusinessUnitId>,
}

fn instant(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// A lead in a list.
#[derive(Clone, PartialEq, Debug)]
pub struct LeadEntry {
    /// The lead.
    pub id: LeadId,
    /// Where it was received.
    pub created: Position,
    /// Where it last changed.
    pub changed: Position,
    /// Where it stands.
    pub status: LeadStatus,
    /// Its owner.
    pub owner: Place,
    /// Where it came from.
    pub source: Option<String>,
    /// By which channel.
    pub channel: Option<String>,
    /// The campaign that brought it.
    pub campaign: Option<String>,
    /// What it may be worth.
    pub amount: Option<Money>,
    /// Custom attributes.
    pub attributes: Attributes,
    /// When it was received.
    pub received_at: Timestamp,
    /// When it last changed, by the caller's clock.
    pub changed_at: Timestamp,
    /// The reason of the rejection or recycling in force.
    pub reason: Option<String>,
    /// When to come back to it.
    pub revisit_on: Option<Date>,
    /// The account it became.
    pub account: Option<AccountId>,
    /// The contact it became.
    pub contact: Option<ContactId>,
    /// The opportunity it became.
    pub opportunity: Option<OpportunityId>,
}

/// An account in a list.
#[derive(Clone, PartialEq, Debug)]
pub struct AccountEntry {
    /// The account.
    pub id: AccountId,
    /// Where it was created.
    pub created: Position,
    /// Where it last changed.
    pub changed: Position,
    /// Company or private customer.
    pub kind: AccountKind,
    /// The account manager.
    pub owner: Place,
    /// The account above it.
    pub parent: Option<AccountId>,
    /// The lead it came from.
    pub origin_lead: Option<LeadId>,
    /// Custom attributes.
    pub attributes: Attributes,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed, by the caller's clock.
    pub changed_at: Timestamp,
}

/// A contact in a list.
#[derive(Clone, PartialEq, Debug)]
pub struct ContactEntry {
    /// The contact.
    pub id: ContactId,
    /// Where it was created.
    pub created: Position,
    /// Where it last changed.
    pub changed: Position,
    /// Who looks after them.
    pub owner: Place,
    /// The account they belong to.
    pub account: Option<AccountId>,
    /// Their part in the account.
    pub role: Option<String>,
    /// The lead they came from.
    pub origin_lead: Option<LeadId>,
    /// Custom attributes.
    pub attributes: Attributes,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed, by the caller's clock.
    pub changed_at: Timestamp,
}

/// An opportunity in a list.
#[derive(Clone, PartialEq, Debug)]
pub struct OpportunityEntry {
    /// The opportunity.
    pub id: OpportunityId,
    /// Where it was opened.
    pub created: Position,
    /// Where it last changed.
    pub changed: Position,
    /// Open, won or lost.
    pub status: OpportunityStatus,
    /// The pipeline.
    pub pipeline: Option<PipelineId>,
    /// The version of the pipeline.
    pub pipeline_version: u32,
    /// The stage's key.
    pub stage: String,
    /// The seller.
    pub owner: Place,
    /// The customer.
    pub account: Option<AccountId>,
    /// The person on the customer's side.
    pub contact: Option<ContactId>,
    /// The lead it came from.
    pub origin_lead: Option<LeadId>,
    /// That lead's source.
    pub source: Option<String>,
    /// What it may be worth, or was won for.
    pub amount: Option<Money>,
    /// When it is expected to close.
    pub expected_close: Option<Date>,
    /// The seller's probability.
    pub probability_percent: Option<u8>,
    /// Why it was lost.
    pub loss_reason: Option<String>,
    /// Custom attributes.
    pub attributes: Attributes,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last changed, by the caller's clock.
    pub changed_at: Timestamp,
    /// When it was won or lost.
    pub closed_at: Option<Timestamp>,
}

/// An employee in a list.
#[derive(Clone, PartialEq, Debug)]
pub struct EmployeeEntry {
    /// The employee.
    pub id: EmployeeId,
    /// Where they were hired.
    pub created: Position,
    /// Person or machine.
    pub kind: EmployeeKind,
    /// The team.
    pub team: Option<TeamId>,
    /// The business unit.
    pub unit: Option<BusinessUnitId>,
    /// When they began.
    pub hired_at: Timestamp,
    /// When they left.
    pub left_at: Option<Timestamp>,
}

/// A team in a list.
#[derive(Clone, PartialEq, Debug)]
pub struct TeamEntry {
    /// The team.
    pub id: TeamId,
    /// Where it was formed.
    pub created: Position,
    /// Its name.
    pub name: String,
    /// The team above it.
    pub parent: Option<TeamId>,
    /// The business unit, its own or that of the teams above it.
    pub unit: Option<BusinessUnitId>,
    /// When it was formed.
    pub formed_at: Timestamp,
}

/// A task in a list.
#[derive(Clone, PartialEq, Debug)]
pub struct TaskEntry {
    /// The task.
    pub id: TaskId,
    /// Where it was scheduled.
    pub created: Position,
    /// Open, completed or cancelled.
    pub status: TaskStatus,
    /// What is to be done.
    pub kind: TaskKind,
    /// Who is to do it.
    pub assignee: Place,
    /// What it is about.
    pub subjects: Subjects,
    /// When it was scheduled.
    pub scheduled_at: Timestamp,
    /// By when.
    pub due_at: Timestamp,
    /// When it was completed or cancelled.
    pub closed_at: Option<Timestamp>,
}

/// An agreement in a list.
#[derive(Clone, PartialEq, Debug)]
pub struct AgreementEntry {
    /// The agreement.
    pub id: AgreementId,
    /// Where it was recorded.
    pub created: Position,
    /// Oral or written.
    pub form: AgreementForm,
    /// Who agreed for the company.
    pub by: Place,
    /// With whom, and about which deal.
    pub subjects: Subjects,
    /// When it was reached.
    pub reached_at: Timestamp,
    /// When it is in force.
    pub valid: Period,
    /// The agreement it renews.
    pub renews: Option<AgreementId>,
    /// What it is worth.
    pub amount: Option<Money>,
}

/// A reservation in a list.
#[derive(Clone, PartialEq, Debug)]
pub struct ReservationEntry {
    /// The reservation.
    pub id: ReservationId,
    /// Where it was recorded.
    pub created: Position,
    /// What is reserved.
    pub resource: Option<ResourceId>,
    /// The agreement it rests on.
    pub basis: Option<AgreementId>,
    /// By whom.
    pub by: Place,
    /// For whom.
    pub subjects: Subjects,
    /// For when.
    pub period: Period,
    /// When it was made.
    pub reserved_at: Timestamp,
    /// When it was given up.
    pub released_at: Option<Timestamp>,
}

macro_rules! versioned {
    ($($entry:ident, $model:ident, $columns:ty, |$id:ident, $version:ident, $of:ident, $names:ident| { $($field:ident: $value:expr,)* };)*) => {$(
        impl Rows for $entry {
            type Row = Version<$columns>;
            type Entry = Self;

            fn standing(scope: Scope<'_>) -> impl Iterator<Item = (u64, Cow<'_, Self::Row>)> {
                let versions = versioned!(@versions scope, $model);
                versions.standing(scope.position).map(|version| (version.created, Cow::Borrowed(version)))
            }

            fn entry(scope: Scope<'_>, created: u64, $version: &Self::Row) -> Self {
                let ($of, $names) = (&$version.columns, &scope.shown($version));
                Self { id: $names.id($version.entity).unwrap_or_default(), created: Position(created), $($field: $value,)* }
            }
        }
    )*};
    (@versions $scope:ident, employees) => { &$scope.facts.directory.employees };
    (@versions $scope:ident, teams) => { &$scope.facts.directory.teams };
    (@versions $scope:ident, $model:ident) => { &$scope.facts.$model.versions };
}

versioned! {
    LeadEntry, leads, LeadColumns, |id, version, of, names| {
        changed: Position(version.opened),
        status: of.status,
        owner: place(of.who, names),
        source: names.text(of.source).map(str::to_owned),
        channel: names.text(of.channel).map(str::to_owned),
        campaign: names.text(of.campaign).map(str::to_owned),
        amount: names.money(of.amount),
        attributes: names.attributes(of.attributes),
        received_at: instant(of.received_at),
        changed_at: instant(of.changed_at),
        reason: names.text(of.reason).map(str::to_owned),
        revisit_on: of.revisit_on,
        account: names.id(of.account),
        contact: names.id(of.contact),
        opportunity: names.id(of.opportunity),
    };
    AccountEntry, accounts, AccountColumns, |id, version, of, names| {
        changed: Position(version.opened),
        kind: if of.is_private { AccountKind::Private } else { AccountKind::Company },
        owner: place(of.who, names),
        parent: names.id(of.parent),
        origin_lead: names.id(of.origin_lead),
        attributes: names.attributes(of.attributes),
        created_at: instant(of.created_at),
        changed_at: instant(of.changed_at),
    };
    ContactEntry, contacts, ContactColumns, |id, version, of, names| {
        changed: Position(version.opened),
        owner: place(of.who, names),
        account: names.id(of.account),
        role: names.role(of.role),
        origin_lead: names.id(of.origin_lead),
        attributes: names.attributes(of.attributes),
        created_at: instant(of.created_at),
        changed_at: instant(of.changed_at),
    };
    OpportunityEntry, opportunities, OpportunityColumns, |id, version, of, names| {
        changed: Position(version.opened),
        status: of.status,
        pipeline: names.id(of.stage.pipeline),
        pipeline_version: of.stage.version,
        stage: names.text(of.stage.stage).unwrap_or_default().to_owned(),
        owner: place(of.who, names),
        account: names.id(of.account),
        contact: names.id(of.contact),
        origin_lead: names.id(of.origin_lead),
        source: names.text(of.source).map(str::to_owned),
        amount: names.money(of.amount),
        expected_close: of.expected_close,
        probability_percent: of.probability_percent,
        loss_reason: names.text(of.reason).map(str::to_owned),
        attributes: names.attributes(of.attributes),
        opened_at: instant(of.opened_at),
        changed_at: instant(of.changed_at),
        closed_at: of.closed_at.map(instant),
    };
    EmployeeEntry, employees, EmployeeColumns, |id, version, of, names| {
        kind: if of.is_system { EmployeeKind::System } else { EmployeeKind::Human },
        team: names.id(of.team),
        unit: names.id(of.unit),
        hired_at: instant(of.hired_at),
        left_at: of.left_at.map(instant),
    };
    TeamEntry, teams, TeamColumns, |id, version, of, names| {
        name: names.text(of.name).unwrap_or_default().to_owned(),
        parent: names.id(of.parent),
        unit: names.id(of.unit),
        formed_at: instant(of.formed_at),
    };
}

/// The rows of a table as they stood; only those that closed later are copied.
fn as_of<R: Row>(
    rows: &Table<R>,
    position: u64,
    spans: impl Fn(&R) -> (u64, u64),
) -> impl Iterator<Item = (u64, Cow<'_, R>)> {
    rows.iter().filter_map(move |row| {
        let (opened, closed) = spans(row);
        if opened > position {
            None
        } else if closed > position {
            row.as_of(position).map(|row| (opened, Cow::Owned(row)))
        } else {
            Some((opened, Cow::Borrowed(row)))
        }
    })
}

impl Rows for TaskEntry {
    type Row = Task;
    type Entry = Self;

    fn standing(scope: Scope<'_>) -> impl Iterator<Item = (u64, Cow<'_, Task>)> {
        as_of(&scope.facts.tasks.rows, scope.position, |task| (task.opened, task.closed))
    }

    fn entry(scope: Scope<'_>, created: u64, task: &Task) -> Self {
        let names = &scope.shown(task);
        Self {
            id: names.id(task.entity).unwrap_or_default(),
            created: Position(created),
            status: task.status,
            kind: task.kind,
            assignee: place(task.who, names),
            subjects: subjects(task.about, names),
            scheduled_at: instant(task.scheduled_at),
            due_at: instant(task.due_at),
            closed_at: (task.closed != 0).then(|| instant(task.closed_at)),
        }
    }
}

impl Rows for AgreementEntry {
    type Row = Agreement;
    type Entry = Self;

    fn standing(scope: Scope<'_>) -> impl Iterator<Item = (u64, Cow<'_, Agreement>)> {
        as_of(&scope.facts.agreements.reached, scope.position, |agreement| (agreement.opened, 0))
    }

    fn entry(scope: Scope<'_>, created: u64, agreement: &Agreement) -> Self {
        let names = &scope.shown(agreement);
        Self {
            id: names.id(agreement.entity).unwrap_or_default(),
            created: Position(created),
            form: if agreement.is_oral { AgreementForm::Oral } else { AgreementForm::Written },
            by: place(agreement.who, names),
            subjects: subjects(agreement.about, names),
            reached_at: instant(agreement.reached_at),
            valid: Period { from: instant(agreement.valid_from), until: agreement.valid_until.map(instant) },
            renews: names.id(agreement.renews),
            amount: names.money(agreement.amount),
        }
    }
}

impl Rows for ReservationEntry {
    type Row = Reservation;
    type Entry = Self;

    fn standing(scope: Scope<'_>) -> impl Iterator<Item = (u64, Cow<'_, Reservation>)> {
        as_of(&scope.facts.agreements.reservations, scope.position, |held| (held.opened, held.closed))
    }

    fn entry(scope: Scope<'_>, created: u64, held: &Reservation) -> Self {
        let names = &scope.shown(held);
        Self {
            id: names.id(held.entity).unwrap_or_default(),
            created: Position(created),
            resource: names.id(held.resource),
            basis: names.id(held.basis),
            by: place(held.who, names),
            subjects: subjects(held.about, names),
            period: Period { from: instant(held.valid_from), until: held.valid_until.map(instant) },
            reserved_at: instant(held.reserved_at),
            released_at: (held.closed != 0).then(|| instant(held.released_at)),
        }
    }
}
