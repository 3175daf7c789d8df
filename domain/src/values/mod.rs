//! Values that events are made of.

mod attributes;
mod date;
pub(crate) mod lookup;
mod money;
mod personal;
mod text_digest;
mod time;

pub use attributes::{AttributeValue, Attributes, WithAttributes};
pub use date::Date;
pub use money::{Currency, CurrencyError, Money};
pub use personal::{Email, PersonName, Personal, PersonalValues, Phone, PlainText};
pub use text_digest::TextDigest;
pub use time::{DurationMs, Period, Timestamp};
