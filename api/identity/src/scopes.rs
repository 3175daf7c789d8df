//! What a credential may be used for, at most: its scopes narrow the rights of its employee and never widen them.

use std::fmt;

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};

/// One thing that a credential may be used for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scope {
    /// Reading what the employee may see.
    Read,
    /// Recording what the employee may record.
    Record,
    /// Changing settings, rights and keys, where the employee may.
    Administer,
}

impl Scope {
    /// Every scope, in the order in which they are written.
    pub const ALL: [Self; 3] = [Self::Read, Self::Record, Self::Administer];

    /// The word in files and settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "READ",
            Self::Record => "RECORD",
            Self::Administer => "ADMINISTER",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A set of scopes, written as a list of words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// Nothing at all.
    pub const NONE: Self = Self(0);

    /// Whether the credential may be used for this.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether there is no scope in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its scopes, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<Scope>::deserialize(deserializer)?;
        let scopes: Self = words.iter().copied().collect();
        if scopes.iter().count() == words.len() { Ok(scopes) } else { Err(de::Error::custom("a scope is named twice")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_as_words_in_one_order() {
        let scopes: Scopes = [Scope::Administer, Scope::Read].into_iter().collect();
        assert_eq!(serde_json::to_string(&scopes).unwrap(), r#"["READ","ADMINISTER"]"#);
        assert_eq!(serde_json::from_str::<Scopes>(r#"["ADMINISTER","READ"]"#).unwrap(), scopes);
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.word());
        }
    }

    #[test]
    fn a_word_that_is_no_scope_is_an_error() {
        for text in [r#"["WRITE"]"#, r#"["read"]"#, r#"["READ","READ"]"#, r#""READ""#] {
            assert!(serde_json::from_str::<Scopes>(text).is_err(), "{text}");
        }
    }
}
