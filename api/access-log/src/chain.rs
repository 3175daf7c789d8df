//! Hashes that chain the lines: each is of the hash before and the line's own bytes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The hash of a line: BLAKE3 of the hash of the line before (32 bytes) and the text of the line before `,"chain":`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chain(blake3::Hash);

/// A line and its hash: who keeps one elsewhere can tell later whether the log up to there is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the line.
    pub seq: u64,
    /// Its hash.
    pub chain: Chain,
}

impl Chain {
    /// What the first line of a log follows.
    pub const START: Self = Self(blake3::Hash::from_bytes([0; blake3::OUT_LEN]));

    /// The hash of a line that follows this one.
    #[must_use]
    pub(crate) fn then(self, body: &[u8]) -> Self {
        Self(blake3::Hasher::new().update(self.0.as_bytes()).update(body).finalize())
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_hex())
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Chain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let chain = blake3::Hash::from_hex(text).map(Self).map_err(|error| error.to_string())?;
        // A hash is written in one way only, so that no byte of a line can change unseen.
        if chain.to_string() == text { Ok(chain) } else { Err("a hash is written in small letters".to_owned()) }
    }
}

impl Serialize for Chain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Chain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
