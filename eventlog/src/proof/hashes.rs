//! Hashes in JSON: a list of base64 texts. And numbers in texts that are proofs.

use serde::{Deserialize, Deserializer, Serializer, de};

use crate::tree::Hash;

/// A tree of 2⁶⁴ records has no longer proof, of either kind.
pub(super) const HASHES_MAX: usize = 128;

pub(super) fn serialize<S: Serializer>(hashes: &[Hash], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(hashes.iter().map(ToString::to_string))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Hash>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    if texts.len() > HASHES_MAX {
        return Err(de::Error::custom("a proof has no so many hashes"));
    }
    texts.iter().map(|text| Hash::parse_hash(text).map_err(de::Error::custom)).collect()
}

/// A number as it would be written, without a sign or zeros in front.
pub(super) fn decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}
