//! Digests of texts: equal texts can be told without keeping a word of them.
//!
//! What somebody wrote is personal, but that they wrote the same again and again is a fact about the company. So an
//! event may keep 8 bytes of a hash under a key of the log, which stay when the text is erased.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

/// The digest of a text; none where there is no text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct TextDigest(u64);

impl TextDigest {
    /// The digest of a text without regard to case, width, punctuation and spaces; none of one without a letter. `hash`
    /// is a hash under a key that nobody outside the log has.
    #[must_use]
    pub fn of(text: &str, hash: &dyn Fn(&[u8]) -> u64) -> Self {
        let normal: String =
            text.nfkc().flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()).collect();
        if normal.is_empty() { Self::default() } else { Self(hash(normal.as_bytes()).max(1)) }
    }

    /// From its number, 0 = none.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// Its number, 0 = none.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Whether there was no text.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for TextDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// For people 16 hexadecimal digits, because not every reader of JSON knows 64-bit numbers.
impl Serialize for TextDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { serializer.serialize_u64(self.0) }
    }
}

impl<'de> Deserialize<'de> for TextDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u64::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> TextDigest {
        TextDigest::of(text, &|bytes| bytes.iter().fold(7, |sum, byte| sum * 31 % 1_000_003 + u64::from(*byte)))
    }

    #[test]
    fn texts_that_differ_in_case_and_spaces_are_the_same_text() {
        assert_eq!(digest("Не  отвечает!"), digest("не отвечает"));
        assert_ne!(digest("не отвечает"), digest("отвечает"));
        assert!(digest("  …").is_none());
    }

    #[test]
    fn people_read_it_in_hexadecimal() {
        let json = serde_json::to_string(&TextDigest::from_number(0xab)).unwrap();
        assert_eq!(json, r#""00000000000000ab""#);
        assert_eq!(serde_json::from_str::<TextDigest>(&json).unwrap(), TextDigest::from_number(0xab));
    }
}
