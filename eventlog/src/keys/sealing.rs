//! Sealing of personal parts: what is bound to what, and the form in which it stands in a record.
//!
//! A sealed part is nonce, ciphertext and tag. The text is the number of look-ups, the look-ups, and the bytes of
//! the codec. Nothing here knows the position: a part is sealed before it has one.

use letopis_domain::ids::EventId;
use smallvec::SmallVec;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::cipher::{self, KEY_SIZE, NONCE_SIZE, TAG_SIZE};
use super::keyring::{Keyring, NoKey};

/// Bytes of a look-up.
pub(crate) const LOOKUP_SIZE: usize = 16;
/// A keyed hash by which an event is found, as long as its subjects' keys live.
pub(crate) type Lookup = [u8; LOOKUP_SIZE];
/// Drawn at random for each part.
pub(crate) type Nonce = [u8; NONCE_SIZE];

const PART_KEY: &str = "letopis 2026 personal part";

/// Which field of an event is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Field {
    /// The personal part.
    Personal = 1,
}

/// What a sealed part is bound to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    /// The event.
    pub id: EventId,
    /// Its type.
    pub type_name: &'a str,
    /// The stored version of its type.
    pub version: u16,
    /// The field.
    pub field: Field,
    /// The subjects, ascending, each once.
    pub subjects: &'a [Uuid],
}

impl Part<'_> {
    fn associated(&self) -> SmallVec<[u8; 128]> {
        let name = self.type_name.as_bytes();
        let mut out = SmallVec::new();
        out.extend_from_slice(self.id.0.as_bytes());
        out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(name);
        out.extend_from_slice(&self.version.to_le_bytes());
        out.push(self.field as u8);
        for subject in self.subjects {
            out.extend_from_slice(subject.as_bytes());
        }
        out
    }
}

/// A part that cannot be sealed, or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// There is no key for it.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// It is not what was sealed, or not for this event.
    #[error("the sealed part does not open")]
    Broken,
    /// It has more look-ups or bytes than can be sealed.
    #[error("the personal part is too large to be sealed")]
    TooLarge,
}

/// The key of a part: derived from the keys of all its subjects, so that without any of them there is none.
pub(super) fn part_key<'a>(keys: impl Iterator<Item = &'a [u8; KEY_SIZE]>) -> Zeroizing<[u8; KEY_SIZE]> {
    let mut hasher = blake3::Hasher::new_derive_key(PART_KEY);
    for key in keys {
        hasher.update(key);
    }
    Zeroizing::new(*hasher.finalize().as_bytes())
}

/// Appends the sealed part to `out`.
pub(crate) fn seal(
    keyring: &Keyring,
    part: &Part<'_>,
    nonce: &Nonce,
    (lookups, bytes): (&[Lookup], &[u8]),
    out: &mut Vec<u8>,
) -> Result<(), SealError> {
    let key = keyring.part_key(part.subjects)?;
    let count = u8::try_from(lookups.len()).map_err(|_| SealError::TooLarge)?;
    out.reserve(NONCE_SIZE + 1 + lookups.len() * LOOKUP_SIZE + bytes.len() + TAG_SIZE);
    out.extend_from_slice(nonce);
    let start = out.len();
    out.push(count);
    out.extend_from_slice(lookups.as_flattened());
    out.extend_from_slice(bytes);
    let tag = cipher::encrypt(&key, nonce, &part.associated(), &mut out[start..]).ok_or(SealError::TooLarge)?;
    out.extend_from_slice(&tag);
    Ok(())
}

/// The text of a sealed part.
pub(crate) struct Opened {
    text: Vec<u8>,
    lookups: usize,
}

impl Opened {
    /// Its look-ups.
    pub fn lookups(&self) -> &[Lookup] {
        let (lookups, _) = self.text.get(1..).unwrap_or_default().as_chunks();
        lookups.get(..self.lookups).unwrap_or_default()
    }

    /// The bytes of the codec.
    pub fn bytes(&self) -> &[u8] {
        self.text.get(1 + self.lookups * LOOKUP_SIZE..).unwrap_or_default()
    }
}

/// Opens a sealed part.
pub(crate) fn open(keyring: &Keyring, part: &Part<'_>, sealed: &[u8]) -> Result<Opened, SealError> {
    let key = keyring.part_key(part.subjects)?;
    let (nonce, rest) = sealed.split_first_chunk().ok_or(SealError::Broken)?;
    let (text, tag) = rest.split_last_chunk().ok_or(SealError::Broken)?;
    let mut text = text.to_vec();
    cipher::decrypt(&key, nonce, &part.associated(), &mut text, *tag).ok_or(SealError::Broken)?;
    let lookups = usize::from(*text.first().ok_or(SealError::Broken)?);
    if text.len() < 1 + lookups * LOOKUP_SIZE {
        return Err(SealError::Broken);
    }
    Ok(Opened { text, lookups })
}
