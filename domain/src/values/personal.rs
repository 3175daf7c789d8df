//! Personal data as types: their `Debug` hides the value, and their place in an event is apart from the rest.
//!
//! An event keeps everything personal in one field, `personal: Personal<…>`, which the codec stores as a part
//! of its own, so that it can be sealed with the data subject's key and erased without touching the rest.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

use crate::access::Withholding;
use crate::query::Tags;

/// The personal part of an event: known, or erased for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Personal<T> {
    /// The values.
    Known(T),
    /// Its key was destroyed; nothing remains but the fact.
    Erased,
}

impl<T: Default> Default for Personal<T> {
    fn default() -> Self {
        Self::Known(T::default())
    }
}

impl<T> Personal<T> {
    /// The values, unless erased.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Erased => None,
        }
    }

    /// Whether nothing remains.
    pub const fn is_erased(&self) -> bool {
        matches!(self, Self::Erased)
    }

    /// A part of the values, or what is made of them; erased stays erased.
    pub fn map<U>(&self, part: impl FnOnce(&T) -> U) -> Personal<U> {
        match self {
            Self::Known(value) => Personal::Known(part(value)),
            Self::Erased => Personal::Erased,
        }
    }
}

impl<T: PersonalValues> Personal<T> {
    /// Whether there is anything to seal, or was before it was erased.
    #[must_use]
    pub fn says_anything(&self) -> bool {
        self.known().is_none_or(PersonalValues::say_anything)
    }
}

/// The values of a personal part: what the log seals with the keys of those whom it is about.
pub trait PersonalValues: Serialize + DeserializeOwned + Default + PartialEq + Clone {
    /// Adds the look-up tags of the values by which the person is found again.
    fn add_lookups(&self, _lookups: &mut Tags) {}

    /// Withholds what a viewer may not see.
    fn withhold(&mut self, withholding: &Withholding<'_>);

    /// Whether any value is given. A part without values is not stored, and so is not erased either.
    fn say_anything(&self) -> bool {
        *self != Self::default()
    }
}

impl PersonalValues for () {
    fn withhold(&mut self, _: &Withholding<'_>) {}
}

/// For people: the value in the clear, or the word `erased`. The log stores the value itself, apart.
impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Erased => serializer.serialize_str("erased"),
        }
    }
}

macro_rules! personal_text {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The value in the clear.
            #[must_use]
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "(hidden, {} bytes)"), self.0.len())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    )*};
}

personal_text! {
    /// An e-mail address as given.
    Email,
    /// A phone number as given.
    Phone,
    /// The name of a person, or of an account that may be one.
    PersonName,
    /// Free text that may name people: a comment, a subject line, a note.
    PlainText,
}
