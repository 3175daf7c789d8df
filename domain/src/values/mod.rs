//! Values that events are made of.

mod attributes;
mod date;
mod money;
mod personal;
mod time;

pub use attributes::{AttributeValue, Attributes};
pub use date::Date;
pub use money::{Currency, CurrencyError, Money};
pub use personal::{Email, PersonName, Personal, Phone, PlainText};
pub use time::{DurationMs, Period, Timestamp};
