//! Ids that follow from external keys: the same key always yields the same id, and nobody without the log's secret can
//! tell from an id which key it came from, or try keys until one fits.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::cipher::KEY_SIZE;

/// Makes ids of external keys. Cheap to clone.
#[derive(Clone)]
pub struct ExternalIds(Arc<Zeroizing<[u8; KEY_SIZE]>>);

impl ExternalIds {
    pub(super) fn new(secret: Zeroizing<[u8; KEY_SIZE]>) -> Self {
        Self(Arc::new(secret))
    }

    /// The id of what these parts name together: a `UUIDv8`. Parts are told apart wherever they end.
    #[must_use]
    pub fn id<'a>(&self, parts: impl IntoIterator<Item = &'a str>) -> Uuid {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

impl fmt::Debug for ExternalIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalIds(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(secret: u8) -> ExternalIds {
        ExternalIds::new(Zeroizing::new([secret; KEY_SIZE]))
    }

    #[test]
    fn an_id_follows_from_all_parts_and_the_secret_and_from_nothing_else() {
        let id = ids(1).id(["lead", "+31 20 555 01 02"]);
        assert_eq!(ids(1).id(["lead", "+31 20 555 01 02"]), id);
        assert_ne!(ids(2).id(["lead", "+31 20 555 01 02"]), id);
        assert_ne!(ids(1).id(["lea", "d+31 20 555 01 02"]), id);
        assert_eq!((id.get_version_num(), id.get_variant()), (8, uuid::Variant::RFC4122));
        assert_eq!(format!("{:?}", ids(1)), "ExternalIds(hidden)");
    }
}
