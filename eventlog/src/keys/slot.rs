//! The slots of a key store's file: 128 bytes each, four to a sector of a disk, so that none ever spans two.
//!
//! A slot is free (all zeros), living, destroyed or given up. Slot 0 is the header. The layout is in `docs/log-format.md`.

use uuid::Uuid;
use zeroize::Zeroizing;

use super::cipher::{self, KEY_SIZE, NONCE_SIZE, TAG_SIZE};
use super::master::MasterKey;

/// Bytes of a slot.
pub(super) const SLOT_SIZE: usize = 128;
/// Bytes of a wrapped key.
const WRAPPED_SIZE: usize = KEY_SIZE + TAG_SIZE;
/// Bytes of a key's fingerprint.
pub(super) const FINGERPRINT_SIZE: usize = 8;
/// The first bytes of a store.
const MAGIC: &[u8; 8] = b"LETOPISK";
/// Version of the layout.
const FORMAT_VERSION: u16 = 1;
const LIVING: u8 = 1;
const DESTROYED: u8 = 2;
const VOID: u8 = 3;

/// The bytes of one slot.
pub(super) type SlotBytes = [u8; SLOT_SIZE];
/// What is left of a key that is gone.
pub(super) type Fingerprint = [u8; FINGERPRINT_SIZE];

/// Where the fields stand.
mod at {
    use std::ops::Range;
    pub const STATE: usize = 0;
    pub const BATCH: Range<usize> = 4..8;
    pub const SUBJECT: Range<usize> = 8..24;
    pub const NONCE: Range<usize> = 24..48;
    pub const WRAPPED: Range<usize> = 48..96;
    pub const FINGERPRINT: Range<usize> = 96..104;
    pub const ERASED_AT: Range<usize> = 104..112;
    pub const HEAD: Range<usize> = 112..120;
    pub const CHECKSUM: Range<usize> = 124..128;
    /// In the header.
    pub const MAGIC: Range<usize> = 0..8;
    pub const VERSION: Range<usize> = 8..10;
    pub const LOG: Range<usize> = 10..26;
    pub const SECRET_NONCE: Range<usize> = 26..50;
    pub const SECRET: Range<usize> = 50..98;
}

/// A key wrapped by the master key: good only for one log, slot and subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrapped {
    nonce: [u8; NONCE_SIZE],
    sealed: [u8; WRAPPED_SIZE],
}

/// Which key a wrapping is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrapFor {
    /// The log.
    pub log: Uuid,
    /// The slot.
    pub slot: u32,
    /// The subject; nil for the secret of the store.
    pub subject: Uuid,
}

impl WrapFor {
    fn associated(&self) -> [u8; 36] {
        let mut associated = [0; 36];
        associated[..16].copy_from_slice(self.log.as_bytes());
        associated[16..20].copy_from_slice(&self.slot.to_le_bytes());
        associated[20..].copy_from_slice(self.subject.as_bytes());
        associated
    }

    /// Wraps a key under a fresh nonce.
    pub fn wrap(&self, master: &MasterKey, key: &[u8; KEY_SIZE]) -> Result<Wrapped, String> {
        let mut wrapped = Wrapped { nonce: [0; NONCE_SIZE], sealed: [0; WRAPPED_SIZE] };
        cipher::random(&mut wrapped.nonce)?;
        let (text, tag) = wrapped.sealed.split_at_mut(KEY_SIZE);
        text.copy_from_slice(key);
        let sealed = cipher::encrypt(master, &wrapped.nonce, &self.associated(), text);
        tag.copy_from_slice(&sealed.ok_or("the key is too long")?);
        Ok(wrapped)
    }

    /// The key of a wrapping; none when anything about it is different.
    pub fn unwrap(&self, master: &MasterKey, wrapped: &Wrapped) -> Option<Zeroizing<[u8; KEY_SIZE]>> {
        let (text, tag) = wrapped.sealed.split_first_chunk::<KEY_SIZE>()?;
        let mut key = Zeroizing::new(*text);
        cipher::decrypt(master, &wrapped.nonce, &self.associated(), &mut *key, tag.try_into().ok()?)?;
        Some(key)
    }
}

/// The header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The log that the store belongs to.
    pub log: Uuid,
    /// The secret that all secrets of the log are derived from.
    pub secret: Wrapped,
}

impl Header {
    pub fn encode(&self) -> SlotBytes {
        let mut bytes = [0; SLOT_SIZE];
        bytes[at::MAGIC].copy_from_slice(MAGIC);
        bytes[at::VERSION].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[at::LOG].copy_from_slice(self.log.as_bytes());
        bytes[at::SECRET_NONCE].copy_from_slice(&self.secret.nonce);
        bytes[at::SECRET].copy_from_slice(&self.secret.sealed);
        with_checksum(bytes)
    }

    pub fn decode(bytes: &SlotBytes) -> Result<Self, &'static str> {
        if bytes[at::MAGIC] != *MAGIC {
            return Err("it does not start as a key store");
        }
        check(bytes)?;
        if bytes[at::VERSION] != FORMAT_VERSION.to_le_bytes() {
            return Err("it is of a version that is unknown here");
        }
        let secret = Wrapped { nonce: field(bytes, at::SECRET_NONCE), sealed: field(bytes, at::SECRET) };
        let header = Self { log: Uuid::from_bytes(field(bytes, at::LOG)), secret };
        if header.encode() == *bytes { Ok(header) } else { Err("bytes that must be zero are not") }
    }
}

/// A slot after the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Nothing was ever in it.
    Free,
    /// A subject's key.
    Living(Living),
    /// The subject's key was destroyed; it never gets another.
    Destroyed(Destroyed),
    /// A key that was never written completely, and so never used.
    Void {
        /// The slot itself: whatever comes before it was durable when this was written.
        batch: u32,
    },
}

/// A subject's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Living {
    /// Whose it is.
    pub subject: Uuid,
    /// The key.
    pub wrapped: Wrapped,
    /// What names it without telling anything about it.
    pub fingerprint: Fingerprint,
    /// The first slot that was written and synced together with this one.
    pub batch: u32,
    /// The head of the log when the key was asked for: no record up to there uses it.
    pub head: u64,
}

/// What is left of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destroyed {
    /// Whose it was.
    pub subject: Uuid,
    /// What named it; zeros when there never was a key.
    pub fingerprint: Fingerprint,
    /// Where the log records the erasure.
    pub erased_at: u64,
    /// As in the living slot.
    pub batch: u32,
    /// As in the living slot.
    pub head: u64,
}

impl Slot {
    /// The first slot of the batch that it was written and synced in; 0 where there is nothing.
    pub const fn batch(&self) -> u32 {
        match self {
            Self::Free => 0,
            Self::Living(living) => living.batch,
            Self::Destroyed(destroyed) => destroyed.batch,
            Self::Void { batch } => *batch,
        }
    }

    /// The head of the log when its key was asked for.
    pub const fn head(&self) -> u64 {
        match self {
            Self::Free | Self::Void { .. } => 0,
            Self::Living(living) => living.head,
            Self::Destroyed(destroyed) => destroyed.head,
        }
    }

    pub fn encode(&self) -> SlotBytes {
        let mut bytes = [0; SLOT_SIZE];
        match self {
            Self::Free => return bytes,
            Self::Living(living) => {
                bytes[at::STATE] = LIVING;
                bytes[at::BATCH].copy_from_slice(&living.batch.to_le_bytes());
                bytes[at::SUBJECT].copy_from_slice(living.subject.as_bytes());
                bytes[at::NONCE].copy_from_slice(&living.wrapped.nonce);
                bytes[at::WRAPPED].copy_from_slice(&living.wrapped.sealed);
                bytes[at::FINGERPRINT].copy_from_slice(&living.fingerprint);
                bytes[at::HEAD].copy_from_slice(&living.head.to_le_bytes());
            }
            Self::Destroyed(destroyed) => {
                bytes[at::STATE] = DESTROYED;
                bytes[at::BATCH].copy_from_slice(&destroyed.batch.to_le_bytes());
                bytes[at::SUBJECT].copy_from_slice(destroyed.subject.as_bytes());
                bytes[at::FINGERPRINT].copy_from_slice(&destroyed.fingerprint);
                bytes[at::ERASED_AT].copy_from_slice(&destroyed.erased_at.to_le_bytes());
                bytes[at::HEAD].copy_from_slice(&destroyed.head.to_le_bytes());
            }
            Self::Void { batch } => {
                bytes[at::STATE] = VOID;
                bytes[at::BATCH].copy_from_slice(&batch.to_le_bytes());
            }
        }
        with_checksum(bytes)
    }

    pub fn decode(bytes: &SlotBytes) -> Result<Self, &'static str> {
        if *bytes == [0; SLOT_SIZE] {
            return Ok(Self::Free);
        }
        check(bytes)?;
        let subject = Uuid::from_bytes(field(bytes, at::SUBJECT));
        let fingerprint = field(bytes, at::FINGERPRINT);
        let batch = u32::from_le_bytes(field(bytes, at::BATCH));
        let head = u64::from_le_bytes(field(bytes, at::HEAD));
        let slot = match bytes[at::STATE] {
            LIVING => {
                let wrapped = Wrapped { nonce: field(bytes, at::NONCE), sealed: field(bytes, at::WRAPPED) };
                Self::Living(Living { subject, wrapped, fingerprint, batch, head })
            }
            DESTROYED => {
                let erased_at = u64::from_le_bytes(field(bytes, at::ERASED_AT));
                Self::Destroyed(Destroyed { subject, fingerprint, erased_at, batch, head })
            }
            VOID => Self::Void { batch },
            _ => return Err("its state is unknown here"),
        };
        if slot.encode() == *bytes { Ok(slot) } else { Err("bytes that must be zero are not") }
    }
}

/// The subject that a slot names, even if the slot is torn: it stays the same from birth to destruction.
pub(super) fn subject_of_torn(bytes: &SlotBytes) -> Uuid {
    Uuid::from_bytes(field(bytes, at::SUBJECT))
}

/// Whether the checksum of a slot fits, be it the header or another one.
pub(super) fn is_whole(bytes: &SlotBytes) -> bool {
    check(bytes).is_ok()
}

fn with_checksum(mut bytes: SlotBytes) -> SlotBytes {
    let checksum = crc32c::crc32c(&bytes[..at::CHECKSUM.start]);
    bytes[at::CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn check(bytes: &SlotBytes) -> Result<(), &'static str> {
    let stored = u32::from_le_bytes(field(bytes, at::CHECKSUM));
    if crc32c::crc32c(&bytes[..at::CHECKSUM.start]) == stored { Ok(()) } else { Err("the checksum does not fit") }
}

fn field<const N: usize>(bytes: &SlotBytes, range: std::ops::Range<usize>) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[range]);
    field
}
