//! Codec 1: payloads as bincode, decoded within bounds.
//!
//! bincode is positional: a stored struct never changes, a new version is a new struct. Bounded decoding means
//! that a damaged length is refused before anything is allocated for it.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use letopis_domain::event::PayloadCodec;
use serde::{Serialize, de::DeserializeOwned};

use crate::limits::PART_SIZE_MAX_BYTES;

/// The id of this codec in every record.
pub const CODEC_ID: u8 = 1;

/// bincode 2 with variable-length integers, little-endian.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bincode;

const CONFIG: Configuration<LittleEndian, Varint, Limit<PART_SIZE_MAX_BYTES>> =
    bincode::config::standard().with_limit::<PART_SIZE_MAX_BYTES>();

impl PayloadCodec for Bincode {
    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, String> {
        bincode::serde::encode_to_vec(value, CONFIG).map_err(|error| error.to_string())
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, String> {
        let (value, used) = bincode::serde::decode_from_slice(bytes, CONFIG).map_err(|error| error.to_string())?;
        if used == bytes.len() { Ok(value) } else { Err(format!("{} bytes are left over", bytes.len() - used)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_length_is_refused_before_it_allocates() {
        let claims_four_gigabytes = [252, 0xff, 0xff, 0xff, 0xff];
        assert!(Bincode.decode::<String>(&claims_four_gigabytes).is_err());
        assert!(Bincode.decode::<Vec<u64>>(&claims_four_gigabytes).is_err());
    }

    #[test]
    fn left_over_bytes_are_refused() {
        let mut bytes = Bincode.encode(&"text").unwrap();
        bytes.push(0);
        assert_eq!(Bincode.decode::<String>(&bytes), Err("1 bytes are left over".to_owned()));
    }
}
