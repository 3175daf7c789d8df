//! Filters: tests of columns joined by and, or, not.

use crate::value::{Bare, Field, Value};

/// Which rows are meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Where {
    /// All of these hold; none = every row.
    All(Vec<Self>),
    /// At least one of these holds.
    Any(Vec<Self>),
    /// This does not hold.
    Not(Box<Self>),
    /// A column passes a test.
    Is(Field, Test),
}

impl Default for Where {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Where {
    /// Rows whose column equals a value; `Value::Null` means an empty column.
    pub fn equals(field: Field, value: Value) -> Self {
        Self::Is(field, Test::In(vec![value]))
    }
}

/// What is asked of a column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Test {
    /// One of these values; `Value::Null` means empty.
    In(Vec<Value>),
    /// Within bounds; an empty column is outside, and so is an amount in another currency or a value of another type.
    Range {
        /// The least value, inclusive.
        from: Option<Value>,
        /// The first value too large, exclusive.
        until: Option<Value>,
    },
    /// Text that contains this one, whatever the case.
    Contains(String),
}

/// A question that a read model cannot answer as it was put.
#[derive(Debug, Clone, thiserror::Error)]
pub enum QueryError {
    /// The model has no such column.
    #[error("{model} have no column {field:?}")]
    UnknownField {
        /// The read model, in the plural.
        model: &'static str,
        /// The column asked for.
        field: Field,
    },
    /// The page is asked for from both ends, or from none that makes sense.
    #[error("a page is asked for with first and after, or with last and before, not with both")]
    BothEnds,
    /// A cursor that was not made by this list.
    #[error("the cursor does not belong to this list")]
    ForeignCursor,
    /// The stored rows could not be read.
    #[error("the views could not be read: {0}")]
    Storage(String),
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] letopis_eventlog::error::ReadError),
}

impl Test {
    pub(crate) fn passes(&self, found: Bare<'_>) -> bool {
        match self {
            Self::In(values) => values.iter().any(|value| value.bare() == found),
            Self::Range { from, until } => {
                found != Bare::Null
                    && from.as_ref().is_none_or(|from| comparable(from.bare(), found) && from.bare() <= found)
                    && until.as_ref().is_none_or(|until| comparable(until.bare(), found) && found < until.bare())
            }
            Self::Contains(part) => {
                matches!(found, Bare::Text(text) if text.to_lowercase().contains(&part.to_lowercase()))
            }
        }
    }
}

fn comparable(bound: Bare<'_>, found: Bare<'_>) -> bool {
    match (bound, found) {
        (Bare::Money(one, _), Bare::Money(other, _)) => one == other,
        _ => std::mem::discriminant(&bound) == std::mem::discriminant(&found),
    }
}

/// A filter whose columns were resolved.
pub(crate) enum Sieve<C> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Is(C, Test),
}

impl<C> Sieve<C> {
    pub(crate) fn compile<E>(filter: &Where, column: &impl Fn(&Field) -> Result<C, E>) -> Result<Self, E> {
        let several =
            |parts: &[Where]| parts.iter().map(|part| Self::compile(part, column)).collect::<Result<Vec<_>, E>>();
        Ok(match filter {
            Where::All(parts) => Self::All(several(parts)?),
            Where::Any(parts) => Self::Any(several(parts)?),
            Where::Not(part) => Self::Not(Box::new(Self::compile(part, column)?)),
            Where::Is(field, test) => Self::Is(column(field)?, test.clone()),
        })
    }

    pub(crate) fn passes<'a>(&self, cell: &impl Fn(&C) -> Bare<'a>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.passes(cell)),
            Self::Any(parts) => parts.iter().any(|part| part.passes(cell)),
            Self::Not(part) => !part.passes(cell),
            Self::Is(column, test) => test.passes(cell(column)),
        }
    }
}

#[cfg(test)]
mod tests {
    use letopis_domain::values::{Currency, Money};
    use rust_decimal::Decimal;

    use super::*;

    fn money(amount: i64, currency: &str) -> Value {
        let currency: Currency = currency.parse().unwrap();
        Value::Money(Money { amount: Decimal::from(amount), currency })
    }

    #[test]
    fn an_amount_in_another_currency_is_outside_every_range() {
        let test = Test::Range { from: Some(money(10, "EUR")), until: None };
        assert!(test.passes(money(10, "EUR").bare()));
        assert!(!test.passes(money(9, "EUR").bare()));
        assert!(!test.passes(money(1_000, "USD").bare()));
        assert!(!test.passes(Bare::Null));
    }

    #[test]
    fn an_empty_column_equals_null_only() {
        assert!(Test::In(vec![Value::Null]).passes(Bare::Null));
        assert!(!Test::In(vec![Value::text("")]).passes(Bare::Null));
    }
}
