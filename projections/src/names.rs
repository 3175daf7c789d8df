//! Dictionaries: every id and text of the rows once, and a small number in its place.
//!
//! Numbers are given in the order of the log, so that the same log always gives the same numbers. An entry keeps
//! the position at which it was first seen, so that a digest as of an earlier position can leave it out.

use std::hash::{Hash, Hasher};

use indexmap::IndexMap;
use letopis_domain::ids::{
    AccountId, AgreementId, BusinessUnitId, ContactId, EmployeeId, LeadId, OpportunityId, PipelineId, ReservationId,
    ResourceId, TaskId, TeamId,
};
use letopis_domain::values::{AttributeValue, Currency, Date, Money, Timestamp};
use rust_decimal::Decimal;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::particulars::Particulars;
use crate::value::{Bare, Value};

/// A number of a dictionary or of a row, or nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Ref(u32);

impl Ref {
    pub(crate) const NONE: Self = Self(0);

    /// The reference to an index; four billion rows are beyond the planned size, and the last one is then shared.
    pub(crate) fn at(index: usize) -> Self {
        debug_assert!(index < u32::MAX as usize, "more rows than a reference can tell apart");
        Self(u32::try_from(index + 1).unwrap_or(u32::MAX))
    }

    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn index(self) -> Option<usize> {
        if self.0 == 0 { None } else { Some(self.0 as usize - 1) }
    }

    /// The stored number: 0 is nothing.
    pub(crate) const fn number(self) -> u32 {
        self.0
    }
}

/// Entries in the order in which they were first seen, each with the position of that moment.
pub(crate) struct Dictionary<K> {
    entries: IndexMap<K, u64, FxBuildHasher>,
    /// How many are in the store.
    persisted: usize,
}

impl<K> Default for Dictionary<K> {
    fn default() -> Self {
        Self { entries: IndexMap::default(), persisted: 0 }
    }
}

impl<K: Hash + Eq> Dictionary<K> {
    pub(crate) fn intern(&mut self, key: K, at: u64) -> Ref {
        let next = self.entries.len();
        match self.entries.entry(key) {
            indexmap::map::Entry::Occupied(known) => Ref::at(known.index()),
            indexmap::map::Entry::Vacant(free) => {
                free.insert(at);
                Ref::at(next)
            }
        }
    }

    pub(crate) fn find<Q: Hash + indexmap::Equivalent<K> + ?Sized>(&self, key: &Q) -> Ref {
        self.entries.get_index_of(key).map_or(Ref::NONE, Ref::at)
    }

    pub(crate) fn get(&self, entry: Ref) -> Option<&K> {
        self.entries.get_index(entry.index()?).map(|(key, _)| key)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn slice(&self, from: usize, until: usize) -> impl Iterator<Item = (&K, u64)> {
        let until = until.min(self.entries.len());
        self.entries.get_range(from.min(until)..until).into_iter().flatten().map(|(key, opened)| (key, *opened))
    }

    pub(crate) fn persisted(&self) -> usize {
        self.persisted
    }

    pub(crate) fn set_persisted(&mut self, count: usize) {
        self.persisted = count;
    }
}

/// Which dictionary of ids.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(crate) enum Kind {
    Lead,
    Account,
    Contact,
    Opportunity,
    Employee,
    Team,
    Unit,
    Pipeline,
    Task,
    Agreement,
    Reservation,
    Resource,
}

impl Kind {
    pub(crate) const COUNT: usize = 12;
}

/// An id that has a dictionary.
pub(crate) trait Named: Copy {
    const KIND: Kind;
    fn uuid(self) -> Uuid;
    fn of(uuid: Uuid) -> Self;
}

macro_rules! named {
    ($($id:ident = $kind:ident),* $(,)?) => {$(
        impl Named for $id {
            const KIND: Kind = Kind::$kind;
            fn uuid(self) -> Uuid { self.0 }
            fn of(uuid: Uuid) -> Self { Self(uuid) }
        }
    )*};
}

named! {
    LeadId = Lead, AccountId = Account, ContactId = Contact, OpportunityId = Opportunity, EmployeeId = Employee,
    TeamId = Team, BusinessUnitId = Unit, PipelineId = Pipeline, TaskId = Task, AgreementId = Agreement,
    ReservationId = Reservation, ResourceId = Resource,
}

/// What stands in a column of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cell {
    Null,
    Id(Kind, Ref),
    Text(Ref),
    Word(&'static str),
    Attribute(Ref),
    Number(Decimal),
    Date(Date),
    Time(i64),
    Money(Money),
    Currency(Currency),
}

/// Groups hash a cell per row, so that the frequent kinds are one word.
impl Hash for Cell {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Null => state.write_u64(0),
            Self::Id(kind, entity) => state.write_u64(1 << 40 | (*kind as u64) << 32 | u64::from(entity.0)),
            Self::Text(text) => state.write_u64(2 << 40 | u64::from(text.0)),
            Self::Attribute(value) => state.write_u64(3 << 40 | u64::from(value.0)),
            Self::Word(word) => word.hash(state),
            Self::Number(number) => number.hash(state),
            Self::Date(date) => date.hash(state),
            Self::Time(micros) => micros.hash(state),
            Self::Money(money) => money.hash(state),
            Self::Currency(currency) => currency.hash(state),
        }
    }
}

impl Cell {
    pub(crate) fn id(kind: Kind, entity: Ref) -> Self {
        if entity.is_none() { Self::Null } else { Self::Id(kind, entity) }
    }

    pub(crate) fn text(text: Ref) -> Self {
        if text.is_none() { Self::Null } else { Self::Text(text) }
    }

    pub(crate) fn money(amount: Option<Money>) -> Self {
        amount.map_or(Self::Null, Self::Money)
    }

    pub(crate) fn time(at: Option<i64>) -> Self {
        at.map_or(Self::Null, Self::Time)
    }

    pub(crate) fn date(on: Option<Date>) -> Self {
        on.map_or(Self::Null, Self::Date)
    }

    pub(crate) fn word(word: Option<&'static str>) -> Self {
        word.map_or(Self::Null, Self::Word)
    }
}

/// All dictionaries.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) ids: [Dictionary<Uuid>; Kind::COUNT],
    pub(crate) texts: Dictionary<Box<str>>,
    pub(crate) particulars: Particulars,
}

impl Names {
    pub(crate) fn intern<I: Named>(&mut self, id: I, at: u64) -> Ref {
        self.ids[I::KIND as usize].intern(id.uuid(), at)
    }

    pub(crate) fn intern_some<I: Named>(&mut self, id: Option<I>, at: u64) -> Ref {
        id.map_or(Ref::NONE, |id| self.intern(id, at))
    }

    pub(crate) fn find<I: Named>(&self, id: I) -> Ref {
        self.ids[I::KIND as usize].find(&id.uuid())
    }

    pub(crate) fn id<I: Named>(&self, entity: Ref) -> Option<I> {
        self.ids[I::KIND as usize].get(entity).copied().map(I::of)
    }

    pub(crate) fn intern_text(&mut self, text: &str, at: u64) -> Ref {
        let known = self.texts.find(text);
        if known.is_none() { self.texts.intern(text.into(), at) } else { known }
    }

    pub(crate) fn intern_some_text(&mut self, text: Option<&str>, at: u64) -> Ref {
        text.map_or(Ref::NONE, |text| self.intern_text(text, at))
    }

    pub(crate) fn text(&self, text: Ref) -> Option<&str> {
        self.texts.get(text).map(AsRef::as_ref)
    }

    pub(crate) fn bare(&self, cell: Cell) -> Bare<'_> {
        match cell {
            Cell::Null => Bare::Null,
            Cell::Id(kind, entity) => self.ids[kind as usize].get(entity).map_or(Bare::Null, |id| Bare::Id(*id)),
            Cell::Text(text) => self.text(text).map_or(Bare::Null, Bare::Text),
            Cell::Word(word) => Bare::Text(word),
            Cell::Attribute(value) => match self.particulars.value(value) {
                None => Bare::Null,
                Some(AttributeValue::Text(text)) => Bare::Text(text),
                Some(AttributeValue::Number(number)) => Bare::Number(*number),
                Some(AttributeValue::Flag(flag)) => Bare::Flag(*flag),
                Some(AttributeValue::Date(date)) => Bare::Date(*date),
                Some(AttributeValue::Time(time)) => Bare::Time(*time),
            },
            Cell::Number(number) => Bare::Number(number),
            Cell::Date(date) => Bare::Date(date),
            Cell::Time(micros) => Bare::Time(Timestamp::from_micros(micros)),
            Cell::Money(money) => Bare::Money(money.currency, money.amount),
            Cell::Currency(currency) => Bare::Currency(currency),
        }
    }

    pub(crate) fn value(&self, cell: Cell) -> Value {
        let Cell::Id(kind, entity) = cell else {
            return match self.bare(cell) {
                Bare::Null | Bare::Id(_) => Value::Null,
                Bare::Text(text) => Value::Text(text.to_owned()),
                Bare::Number(number) => Value::Number(number),
                Bare::Flag(flag) => Value::Flag(flag),
                Bare::Date(date) => Value::Date(date),
                Bare::Time(time) => Value::Time(time),
                Bare::Money(currency, amount) => Value::Money(Money { amount, currency }),
                Bare::Currency(currency) => Value::Currency(currency),
            };
        };
        let Some(uuid) = self.ids[kind as usize].get(entity).copied() else { return Value::Null };
        match kind {
            Kind::Lead => Value::Lead(LeadId(uuid)),
            Kind::Account => Value::Account(AccountId(uuid)),
            Kind::Contact => Value::Contact(ContactId(uuid)),
            Kind::Opportunity => Value::Opportunity(OpportunityId(uuid)),
            Kind::Employee => Value::Employee(EmployeeId(uuid)),
            Kind::Team => Value::Team(TeamId(uuid)),
            Kind::Unit => Value::Unit(BusinessUnitId(uuid)),
            Kind::Pipeline => Value::Pipeline(PipelineId(uuid)),
            Kind::Resource => Value::Resource(ResourceId(uuid)),
            Kind::Task | Kind::Agreement | Kind::Reservation => Value::Entity(uuid),
        }
    }
}
