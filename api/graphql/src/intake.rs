//! From the inputs of mutations to commands: field by field, each conversion in one place.

use std::cell::RefCell;

use letopis_domain::activity::Subjects;
use letopis_domain::ids::{AccountId, ContactId, LeadId, OpportunityId, SubjectId};
use letopis_domain::refusal::RefusalCode;
use letopis_domain::values as domain;
use letopis_domain::values::{AttributeValue, Attributes, DurationMs, Email, PersonName, Phone, PlainText};
use letopis_eventlog::environment::Environment;
use uuid::Uuid;

use super::ids::{EntityId, Given};
use super::scalars::{Currency, Date, DateTime, Decimal, Json, TimeZone};

/// Why an input cannot become a command: an error of the user, in the payload.
#[derive(Debug)]
pub struct Problem {
    /// Its code.
    pub code: RefusalCode,
    /// What a person reads.
    pub message: String,
    /// The path of the field inside the input, outermost first, in the spelling of Rust.
    pub path: Vec<&'static str>,
}

impl Problem {
    /// A value that is not allowed.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self { code: RefusalCode::InvalidValue, message: message.into(), path: vec![field] }
    }

    /// The same problem, seen from the field around it.
    #[must_use]
    pub fn within(mut self, field: &'static str) -> Self {
        self.path.insert(0, field);
        self
    }
}

/// What conversions need besides the value.
pub struct Intake<'a> {
    /// Where new ids come from.
    pub env: &'a dyn Environment,
    /// Everything that the input names, as the tags of its events.
    pub named: RefCell<Vec<(&'static str, Uuid)>>,
    /// The data subjects that it makes, with the fields that name them.
    pub fresh: RefCell<Vec<(&'static str, SubjectId)>>,
}

impl<'a> Intake<'a> {
    /// An intake that nothing was named to yet.
    pub const fn new(env: &'a dyn Environment) -> Self {
        Self { env, named: RefCell::new(Vec::new()), fresh: RefCell::new(Vec::new()) }
    }

    /// Notes that the input names an entity of a kind.
    pub fn name(&self, kind: &'static str, id: Uuid) {
        self.named.borrow_mut().push((kind, id));
    }
}

/// An input value that can become a domain value.
pub trait Accept<D> {
    /// Converts it; `field` is its name in the command.
    ///
    /// # Errors
    /// When the value cannot be what the domain wants.
    fn accept(self, intake: &Intake<'_>, field: &'static str) -> Result<D, Problem>;
}

/// The id of a new entity: the client's own, or one made here.
#[derive(Debug)]
pub struct Fresh<T>(pub Option<Given<T>>);

impl<T: EntityId> async_graphql::InputType for Fresh<T> {
    type RawValueType = Given<T>;

    fn type_name() -> std::borrow::Cow<'static, str> {
        <Given<T> as async_graphql::InputType>::type_name()
    }

    fn qualified_type_name() -> String {
        Self::type_name().to_string()
    }

    fn create_type_info(registry: &mut async_graphql::registry::Registry) -> String {
        <Option<Given<T>> as async_graphql::InputType>::create_type_info(registry)
    }

    fn parse(value: Option<async_graphql::Value>) -> async_graphql::InputValueResult<Self> {
        <Option<Given<T>> as async_graphql::InputType>::parse(value)
            .map(Self)
            .map_err(async_graphql::InputValueError::propagate)
    }

    fn to_value(&self) -> async_graphql::Value {
        self.0.to_value()
    }

    fn as_raw_value(&self) -> Option<&Given<T>> {
        self.0.as_ref()
    }
}

impl<T: EntityId> Accept<T> for Fresh<T> {
    fn accept(self, intake: &Intake<'_>, field: &'static str) -> Result<T, Problem> {
        match self.0 {
            None => Ok(T::of(intake.env.new_uuid())),
            Some(Given::Known(id)) => {
                if T::KIND == SubjectId::PREFIX {
                    intake.fresh.borrow_mut().push((field, SubjectId(id.uuid())));
                }
                Ok(id)
            }
            Some(Given::Foreign(text)) => {
                Err(Problem::invalid(field, format!("'{text}' is neither an id of kind '{}' nor a UUID", T::KIND)))
            }
        }
    }
}

impl<T: EntityId> Accept<T> for Given<T> {
    fn accept(self, intake: &Intake<'_>, field: &'static str) -> Result<T, Problem> {
        match self {
            Self::Known(id) => {
                intake.name(T::KIND, id.uuid());
                Ok(id)
            }
            Self::Foreign(text) => {
                let message = format!("there is no {} with the id '{text}'", T::KIND);
                Err(Problem { code: RefusalCode::NotFound, message, path: vec![field] })
            }
        }
    }
}

impl<A: Accept<D>, D> Accept<Option<D>> for Option<A> {
    fn accept(self, intake: &Intake<'_>, field: &'static str) -> Result<Option<D>, Problem> {
        self.map(|value| value.accept(intake, field)).transpose()
    }
}

impl<T: Accept<D>, D> Accept<Vec<D>> for Vec<T> {
    fn accept(self, intake: &Intake<'_>, field: &'static str) -> Result<Vec<D>, Problem> {
        self.into_iter().map(|value| value.accept(intake, field)).collect()
    }
}

impl<A: Accept<D>, D> Accept<Vec<D>> for Option<Vec<A>> {
    fn accept(self, intake: &Intake<'_>, field: &'static str) -> Result<Vec<D>, Problem> {
        self.unwrap_or_default().accept(intake, field)
    }
}

macro_rules! accept {
    ($($from:ty => $to:ty: |$value:ident| $convert:expr),* $(,)?) => {$(
        impl Accept<$to> for $from {
            fn accept(self, _: &Intake<'_>, _: &'static str) -> Result<$to, Problem> {
                let $value = self;
                Ok($convert)
            }
        }
    )*};
}

accept! {
    String => String: |text| text,
    String => PersonName: |text| PersonName(text),
    String => Email: |text| Email(text),
    String => Phone: |text| Phone(text),
    String => PlainText: |text| PlainText(text),
    bool => bool: |flag| flag,
    DateTime => domain::Timestamp: |at| at.0,
    Date => domain::Date: |on| on.0,
    Currency => domain::Currency: |currency| currency.0,
    Decimal => rust_decimal::Decimal: |number| number.0,
    TimeZone => chrono_tz::Tz: |zone| zone.0,
}

/// Seconds with a fraction become milliseconds.
impl Accept<DurationMs> for f64 {
    fn accept(self, _: &Intake<'_>, field: &'static str) -> Result<DurationMs, Problem> {
        let ms = (self * 1_000.0).round();
        if !(0.0..=9e15).contains(&ms) {
            return Err(Problem::invalid(field, format!("{self} is not a duration in seconds")));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was just checked")]
        Ok(DurationMs(ms as u64))
    }
}

/// GraphQL has one integer; whether the number fits is the user's concern.
impl Accept<u8> for i32 {
    fn accept(self, _: &Intake<'_>, field: &'static str) -> Result<u8, Problem> {
        u8::try_from(self).map_err(|_| Problem::invalid(field, format!("{self} is outside 0 to 255")))
    }
}

impl Accept<u32> for i32 {
    fn accept(self, _: &Intake<'_>, field: &'static str) -> Result<u32, Problem> {
        u32::try_from(self).map_err(|_| Problem::invalid(field, format!("{self} is negative")))
    }
}

/// An input object that mirrors a domain struct field by field.
macro_rules! input {
    ($($(#[$doc:meta])* $name:ident => $domain:ty { $($(#[$field_doc:meta])* $field:ident: $ty:ty),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(async_graphql::InputObject, Debug)]
        pub struct $name { $($(#[$field_doc])* pub $field: $ty),* }

        impl $crate::intake::Accept<$domain> for $name {
            fn accept(
                self,
                intake: &$crate::intake::Intake<'_>,
                field: &'static str,
            ) -> Result<$domain, $crate::intake::Problem> {
                type Target = $domain;
                Ok(Target {
                    $($field: $crate::intake::Accept::accept(self.$field, intake, stringify!($field))
                        .map_err(|problem| problem.within(field))?),*
                })
            }
        }
    )*};
}
pub(crate) use input;

input! {
    /// An amount in a currency.
    MoneyInput => letopis_domain::values::Money {
        /// The amount, exact.
        amount: Decimal,
        /// Its currency.
        currency: Currency,
    }

    /// From an instant until another.
    PeriodInput => letopis_domain::values::Period {
        /// First instant.
        from: DateTime,
        /// First instant no longer inside; absent = without end.
        until: Option<DateTime>,
    }

    /// What something is about: any of the four, at least one.
    SubjectsInput => Subjects {
        /// A lead.
        lead: Option<Given<LeadId>>,
        /// An account.
        account: Option<Given<AccountId>>,
        /// A contact.
        contact: Option<Given<ContactId>>,
        /// An opportunity.
        opportunity: Option<Given<OpportunityId>>,
    }
}

/// The value of a custom attribute.
#[derive(async_graphql::InputObject, Debug)]
pub struct AttributeInput {
    /// The attribute's key.
    pub key: String,
    /// The value: a text, a number, yes or no; days and instants as text. Null clears where clearing is possible.
    pub value: Option<Json>,
}

impl AttributeInput {
    /// The value; none = null.
    ///
    /// # Errors
    /// When it is a list or an object.
    pub fn parse(value: Option<Json>, field: &'static str, key: &str) -> Result<Option<AttributeValue>, Problem> {
        match value.map(|value| value.0) {
            None | Some(serde_json::Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value).map(Some).map_err(|_| {
                Problem::invalid(field, format!("the value of '{key}' is not a text, a number, true or false"))
            }),
        }
    }
}

impl Accept<Attributes> for Option<Vec<AttributeInput>> {
    fn accept(self, _: &Intake<'_>, field: &'static str) -> Result<Attributes, Problem> {
        let mut attributes = Attributes::new();
        for input in self.unwrap_or_default() {
            let Some(value) = AttributeInput::parse(input.value, field, &input.key)? else { continue };
            if attributes.contains_key(&input.key) {
                return Err(Problem::invalid(field, format!("the attribute '{}' is given twice", input.key)));
            }
            attributes.insert(input.key, value);
        }
        Ok(attributes)
    }
}
