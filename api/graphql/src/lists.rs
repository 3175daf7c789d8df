//! Lists with typed filters and orders, over the columns of the read models.

use async_graphql::{Enum, ID, InputObject, InputType, Value as GraphqlValue};
use letopis_domain::values::AttributeValue;
use letopis_projections::filter::{QueryError, Test, Where};
use letopis_projections::page::{ListCursor, PageRequest};
use letopis_projections::value::{Field, Value};
use rust_decimal::Decimal as Exact;

use super::ids;
use super::intake::MoneyInput;
use super::page::{cursor, decode_cursor, foreign_cursor, size};
use super::scalars::{Date, DateTime, Decimal, Json};
use crate::error::{FieldError, FieldResult};

impl From<QueryError> for FieldError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::UnknownField { .. } | QueryError::BothEnds | QueryError::ForeignCursor => {
                Self::Input(error.to_string())
            }
            QueryError::Storage(message) => Self::Fault(message),
            QueryError::Log(error) => Self::Read(error),
        }
    }
}

/// Which end comes first.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OrderDirection {
    /// The least first.
    #[default]
    Asc,
    /// The greatest first.
    Desc,
}

/// Tests of one column.
pub trait Condition {
    /// The tests, all of which must hold.
    ///
    /// # Errors
    /// When a value cannot be compared with.
    fn tests(self, field: &Field) -> FieldResult<Vec<Where>>;
}

/// Tests shared by most filters: one of these values, empty or not.
fn equality(field: &Field, eq: Option<Value>, any: Option<Vec<Value>>, is_null: Option<bool>) -> Vec<Where> {
    let empty = || Where::equals(field.clone(), Value::Null);
    let mut tests = Vec::new();
    tests.extend(eq.map(|value| Where::equals(field.clone(), value)));
    tests.extend(any.map(|values| Where::Is(field.clone(), Test::In(values))));
    tests.extend(is_null.map(|is_null| if is_null { empty() } else { Where::Not(Box::new(empty())) }));
    tests
}

fn range(field: &Field, from: Option<Value>, until: Option<Value>) -> Option<Where> {
    (from.is_some() || until.is_some()).then(|| Where::Is(field.clone(), Test::Range { from, until }))
}

/// Tests of a reference to an entity. An id that names nothing matches nothing.
#[derive(InputObject, Debug, Clone)]
pub struct IdFilter {
    /// This one.
    pub eq: Option<ID>,
    /// One of these.
    #[graphql(name = "in")]
    pub any: Option<Vec<ID>>,
    /// Whether there is none.
    pub is_null: Option<bool>,
}

fn entity(id: &ID) -> Option<Value> {
    ids::split(id).map(|(_, id)| id).or_else(|| uuid::Uuid::parse_str(id).ok()).map(Value::Entity)
}

impl Condition for IdFilter {
    fn tests(self, field: &Field) -> FieldResult<Vec<Where>> {
        let one = self.eq.map(|id| Where::Is(field.clone(), Test::In(entity(&id).into_iter().collect())));
        let any = self.any.map(|all| all.iter().filter_map(entity).collect());
        let mut tests = equality(field, None, any, self.is_null);
        tests.extend(one);
        Ok(tests)
    }
}

/// Tests of a text.
#[derive(InputObject, Debug, Clone)]
pub struct TextFilter {
    /// This text.
    pub eq: Option<String>,
    /// One of these texts.
    #[graphql(name = "in")]
    pub any: Option<Vec<String>>,
    /// Contains this text, whatever the case.
    pub contains: Option<String>,
    /// Whether there is none.
    pub is_null: Option<bool>,
}

impl Condition for TextFilter {
    fn tests(self, field: &Field) -> FieldResult<Vec<Where>> {
        let any = self.any.map(|all| all.into_iter().map(Value::Text).collect());
        let mut tests = equality(field, self.eq.map(Value::Text), any, self.is_null);
        tests.extend(self.contains.map(|part| Where::Is(field.clone(), Test::Contains(part))));
        Ok(tests)
    }
}

/// Tests of an instant.
#[derive(InputObject, Debug, Clone)]
pub struct TimeFilter {
    /// At or after this instant.
    pub gte: Option<DateTime>,
    /// Before this instant.
    pub lt: Option<DateTime>,
    /// Whether there is none.
    pub is_null: Option<bool>,
}

impl Condition for TimeFilter {
    fn tests(self, field: &Field) -> FieldResult<Vec<Where>> {
        let mut tests = equality(field, None, None, self.is_null);
        tests.extend(range(field, self.gte.map(|at| Value::Time(at.0)), self.lt.map(|at| Value::Time(at.0))));
        Ok(tests)
    }
}

/// Tests of a day.
#[derive(InputObject, Debug, Clone)]
pub struct DateFilter {
    /// On or after this day.
    pub gte: Option<Date>,
    /// Before this day.
    pub lt: Option<Date>,
    /// Whether there is none.
    pub is_null: Option<bool>,
}

impl Condition for DateFilter {
    fn tests(self, field: &Field) -> FieldResult<Vec<Where>> {
        let mut tests = equality(field, None, None, self.is_null);
        tests.extend(range(field, self.gte.map(|on| Value::Date(on.0)), self.lt.map(|on| Value::Date(on.0))));
        Ok(tests)
    }
}

/// Tests of an amount; amounts in another currency never match.
#[derive(InputObject, Debug)]
pub struct MoneyFilter {
    /// At least this amount.
    pub gte: Option<MoneyInput>,
    /// Less than this amount.
    pub lt: Option<MoneyInput>,
    /// Whether there is none.
    pub is_null: Option<bool>,
}

impl Condition for MoneyFilter {
    fn tests(self, field: &Field) -> FieldResult<Vec<Where>> {
        let money = |input: MoneyInput| {
            Value::Money(letopis_domain::values::Money { amount: input.amount.0, currency: input.currency.0 })
        };
        let mut tests = equality(field, None, None, self.is_null);
        tests.extend(range(field, self.gte.map(money), self.lt.map(money)));
        Ok(tests)
    }
}

/// Tests of a number.
#[derive(InputObject, Debug, Clone)]
pub struct NumberFilter {
    /// This number.
    pub eq: Option<Decimal>,
    /// At least this number.
    pub gte: Option<Decimal>,
    /// Less than this number.
    pub lt: Option<Decimal>,
    /// Whether there is none.
    pub is_null: Option<bool>,
}

impl Condition for NumberFilter {
    fn tests(self, field: &Field) -> FieldResult<Vec<Where>> {
        let number = |number: Decimal| Value::Number(number.0);
        let mut tests = equality(field, self.eq.map(number), None, self.is_null);
        tests.extend(range(field, self.gte.map(number), self.lt.map(number)));
        Ok(tests)
    }
}

/// Tests of a custom attribute. Days and instants are given as text.
#[derive(InputObject, Debug, Clone)]
pub struct AttributeFilter {
    /// The attribute's key.
    pub key: String,
    /// This value.
    pub eq: Option<Json>,
    /// One of these values.
    #[graphql(name = "in")]
    pub any: Option<Vec<Json>>,
    /// At least this value.
    pub gte: Option<Json>,
    /// Less than this value.
    pub lt: Option<Json>,
    /// Whether there is none.
    pub is_null: Option<bool>,
}

/// The values that a JSON value can stand for: a text may also be a day, an instant or a number.
fn readings(key: &str, value: Json) -> FieldResult<Vec<Value>> {
    let parsed: AttributeValue = serde_json::from_value(value.0).map_err(|_| {
        FieldError::Input(format!("the value of attribute '{key}' is not a text, a number, true or false"))
    })?;
    let mut readings = vec![Value::from(&parsed)];
    if let AttributeValue::Text(text) = &parsed {
        readings.extend(text.parse().ok().map(Value::Date));
        let at = serde_json::from_value(serde_json::Value::from(text.as_str()));
        readings.extend(at.ok().map(Value::Time));
        readings.extend(Exact::from_str_exact(text).ok().map(Value::Number));
    }
    Ok(readings)
}

impl AttributeFilter {
    /// The tests on the attribute, in the column that holds attributes of this key.
    ///
    /// # Errors
    /// When a value is a list or an object.
    pub fn tests(self, column: fn(String) -> Field) -> FieldResult<Vec<Where>> {
        let key = self.key;
        let field = column(key.clone());
        let mut tests = equality(&field, None, None, self.is_null);
        let mut any: Vec<Value> = Vec::new();
        let is_listed = self.eq.is_some() || self.any.is_some();
        for value in self.eq.into_iter().chain(self.any.into_iter().flatten()) {
            any.extend(readings(&key, value)?);
        }
        if is_listed {
            tests.push(Where::Is(field.clone(), Test::In(any)));
        }
        // A bound of several readings is met by the one of the column's type; the others are never comparable.
        for (bound, is_lower) in [(self.gte, true), (self.lt, false)] {
            let Some(bound) = bound else { continue };
            let test = |value| {
                let (from, until) = if is_lower { (Some(value), None) } else { (None, Some(value)) };
                Where::Is(field.clone(), Test::Range { from, until })
            };
            tests.push(Where::Any(readings(&key, bound)?.into_iter().map(test).collect()));
        }
        Ok(tests)
    }
}

/// The word of an enum value, as the read models keep it.
pub fn word<E: InputType>(value: &E) -> Value {
    match value.to_value() {
        GraphqlValue::Enum(name) => Value::Text(name.to_string()),
        GraphqlValue::String(name) => Value::Text(name),
        _ => Value::Null,
    }
}

/// Declares the filter of an enum.
macro_rules! enum_filter {
    ($($filter:ident of $enum:ty),* $(,)?) => {$(
        #[doc = concat!("Tests of a value of `", stringify!($enum), "`.")]
        #[derive(async_graphql::InputObject, Debug, Clone)]
        pub struct $filter {
            /// This value.
            pub eq: Option<$enum>,
            /// One of these values.
            #[graphql(name = "in")]
            pub any: Option<Vec<$enum>>,
        }

        impl $crate::lists::Condition for $filter {
            fn tests(
                self,
                field: &letopis_projections::value::Field,
            ) -> $crate::error::FieldResult<Vec<letopis_projections::filter::Where>> {
                use letopis_projections::filter::{Test, Where};
                let all = self.eq.into_iter().map(|one| vec![one]).chain(self.any);
                Ok(all
                    .map(|values| values.iter().map($crate::lists::word).collect())
                    .map(|words| Where::Is(field.clone(), Test::In(words)))
                    .collect())
            }
        }
    )*};
}
pub(crate) use enum_filter;

/// Declares a filter: its columns, joined by AND, and its combinations.
macro_rules! filter {
    ($(#[$doc:meta])* $filter:ident {
        $($(#[$field_doc:meta])* $name:ident: $condition:ty => $field:expr,)*
        $(; attributes { $($(#[$attribute_doc:meta])* $attribute:ident => $column:expr,)* })?
    }) => {
        $(#[$doc])*
        #[derive(async_graphql::InputObject, Debug)]
        pub struct $filter {
            /// All of these hold.
            pub and: Option<Vec<$filter>>,
            /// At least one of these holds.
            pub or: Option<Vec<$filter>>,
            /// This does not hold.
            pub not: Option<Box<$filter>>,
            $($(#[$field_doc])* pub $name: Option<$condition>,)*
            $($($(#[$attribute_doc])* pub $attribute: Option<$crate::lists::AttributeFilter>,)*)?
        }

        impl $filter {
            /// The filter of the read models.
            ///
            /// # Errors
            /// When a value cannot be compared with.
            pub fn into_where(self) -> $crate::error::FieldResult<letopis_projections::filter::Where> {
                use letopis_projections::filter::Where;
                let several = |parts: Vec<$filter>| -> $crate::error::FieldResult<Vec<Where>> {
                    parts.into_iter().map($filter::into_where).collect()
                };
                let mut all = Vec::new();
                if let Some(parts) = self.and {
                    all.push(Where::All(several(parts)?));
                }
                if let Some(parts) = self.or {
                    all.push(Where::Any(several(parts)?));
                }
                if let Some(part) = self.not {
                    all.push(Where::Not(Box::new(part.into_where()?)));
                }
                $(if let Some(condition) = self.$name {
                    all.extend($crate::lists::Condition::tests(condition, &$field)?);
                })*
                $($(if let Some(condition) = self.$attribute {
                    all.extend(condition.tests($column)?);
                })*)?
                Ok(Where::All(all))
            }
        }
    };
}
pub(crate) use filter;

/// Declares an order: the columns by which a list can be ordered.
macro_rules! order {
    ($order:ident, $fields:ident, $list:literal { $($(#[$doc:meta])* $name:ident => $field:expr,)* }) => {
        #[doc = concat!("A column by which ", $list, " can be ordered.")]
        #[derive(async_graphql::Enum, Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $fields { $($(#[$doc])* $name),* }

        #[doc = concat!("By which column to order ", $list, ", and which end first.")]
        #[derive(async_graphql::InputObject, Debug)]
        pub struct $order {
            /// The column.
            pub field: $fields,
            /// Which end first.
            #[graphql(default)]
            pub direction: $crate::lists::OrderDirection,
        }

        impl From<$order> for letopis_projections::page::Order {
            fn from(order: $order) -> Self {
                let field = match order.field { $($fields::$name => $field),* };
                let descending = order.direction == $crate::lists::OrderDirection::Desc;
                Self { field, descending }
            }
        }
    };
}
pub(crate) use order;

/// Which part of a list is asked for.
#[derive(Debug, Default)]
pub struct Slice {
    /// The first so many.
    pub first: Option<i32>,
    /// Only what follows this cursor.
    pub after: Option<String>,
    /// The last so many.
    pub last: Option<i32>,
    /// Only what precedes this cursor.
    pub before: Option<String>,
}

impl Slice {
    /// The page of the read models; `decode` reads a cursor of the list.
    ///
    /// # Errors
    /// When both ends are asked for, or a cursor is none of this list.
    pub fn page<C>(self, decode: impl Fn(&[u8]) -> Option<C>) -> FieldResult<PageRequest<C>> {
        let read = |name: &str, text: Option<String>| {
            let decoded = text.map(|text| decode(&decode_cursor(name, &text)?).ok_or_else(|| foreign_cursor(name)));
            decoded.transpose()
        };
        let first = match (self.first, self.last) {
            (None, Some(_)) => None,
            (first, _) => Some(size(first)),
        };
        let last = self.last.map(|last| size(Some(last)));
        Ok(PageRequest { first, after: read("after", self.after)?, last, before: read("before", self.before)? })
    }
}

/// The cursor of an entry as clients see it.
///
/// # Errors
/// Never in practice; when a value cannot be represented.
pub fn list_cursor(of: &ListCursor) -> FieldResult<String> {
    Ok(cursor(&of.encode().map_err(FieldError::from)?))
}

/// Declares the queries of a kind of entity: one by its id, and a filtered, ordered list.
macro_rules! entity_queries {
    ($queries:ident;
        $(#[$one_doc:meta])* one $one:ident($id:ty) -> $object:ty;
        $(#[$many_doc:meta])* many $many:ident($filter:ty, $order:ty) -> $connection:ident of $entry:ty;
    ) => {
        #[doc = concat!("Queries of ", stringify!($many), ".")]
        #[derive(Default)]
        pub struct $queries;

        #[async_graphql::Object]
        impl $queries {
            $(#[$one_doc])*
            async fn $one(
                &self,
                context: &async_graphql::Context<'_>,
                #[graphql(desc = "Its global id.")] id: $crate::ids::Given<$id>,
                #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<$crate::as_of::AsOf>,
            ) -> Option<$crate::error::FieldResult<$object>> {
                let at = match $crate::as_of::position(context, as_of).await {
                    Ok(at) => at,
                    Err(error) => return Some(Err(error)),
                };
                $crate::object::link(context, id.known(), at)
            }

            $(#[$many_doc])*
            #[expect(clippy::too_many_arguments, reason = "they are the arguments of the schema")]
            async fn $many(
                &self,
                context: &async_graphql::Context<'_>,
                #[graphql(name = "where", desc = "Which of them; all when absent.")] filter: Option<$filter>,
                #[graphql(desc = "In which order; that of their creation when absent.")] order_by: Option<Vec<$order>>,
                #[graphql(desc = "The first so many, at most 100; 20 when absent.")] first: Option<i32>,
                #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
                #[graphql(desc = "The last so many, at most 100.")] last: Option<i32>,
                #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
                #[graphql(desc = "As of which moment; now when absent.")] as_of: Option<$crate::as_of::AsOf>,
            ) -> $crate::error::FieldResult<$connection> {
                use letopis_projections::page::{ListCursor, ListQuery};
                let view = $crate::as_of::view(context, as_of).await?;
                let slice = $crate::lists::Slice { first, after, last, before };
                let query = ListQuery {
                    filter: filter.map(<$filter>::into_where).transpose()?.unwrap_or_default(),
                    order: order_by.unwrap_or_default().into_iter().map(Into::into).collect(),
                    page: slice.page(|bytes| ListCursor::decode(bytes).ok())?,
                };
                let page = $crate::long::long(|| view.list::<$entry>(&query)).await;
                let page = page.map_err($crate::error::FieldError::from)?;
                let mut entries = Vec::with_capacity(page.edges.len());
                for edge in page.edges {
                    let loaded = $crate::mutation::Subject::load(&view, edge.node.id)?;
                    if let Some(object) = loaded {
                        entries.push(($crate::lists::list_cursor(&edge.cursor)?, object));
                    }
                }
                let filter = query.filter;
                Ok($connection($crate::page::Page {
                    entries,
                    has_next: page.has_next,
                    has_previous: page.has_previous,
                    total: std::sync::Arc::new(move || {
                        Ok(usize::try_from(view.count::<$entry>(&filter)?).unwrap_or(usize::MAX))
                    }),
                }))
            }
        }
    };
}
pub(crate) use entity_queries;
