//! Keys of the derived index: 16 bytes of a hash, so that a list is found without a dictionary.
//!
//! A tag, a type and a request of the same text have different keys. 128 bits of BLAKE3 do not collide by
//! accident or on purpose; `verify` would notice.

use std::sync::LazyLock;

use letopis_domain::event::EventType;
use letopis_domain::query::Tag;

use crate::keys::{Lookup, Secrets};

/// Names a posting list or a request.
pub(super) type Key = u128;

/// What a cursor goes through: the postings of a tag or a type, or those of a look-up, which are kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// By the hash of what the records say.
    Public(Key),
    /// By the keyed hash of a personal value.
    Lookup(Lookup),
}

/// The list of a tag, as a query names it.
pub(super) fn list_of(tag: &Tag, secrets: &Secrets) -> List {
    if tag.is_lookup() { List::Lookup(secrets.lookup(tag)) } else { List::Public(of_tag(tag)) }
}

const TEXT_SIZE_MAX: usize = 255;

pub(super) fn of_tag(tag: &Tag) -> Key {
    hash(b't', tag.as_str())
}

pub(super) fn of_request(id: &str) -> Key {
    hash(b'r', id)
}

pub(super) fn of_type(event_type: EventType) -> Key {
    static KEYS: LazyLock<Vec<Key>> =
        LazyLock::new(|| EventType::ALL.iter().map(|event_type| hash(b'y', event_type.name())).collect());
    KEYS.get(event_type as usize).copied().unwrap_or_default()
}

fn hash(kind: u8, text: &str) -> Key {
    let mut input = [0; TEXT_SIZE_MAX + 1];
    input[0] = kind;
    let size = text.len().min(TEXT_SIZE_MAX);
    input[1..=size].copy_from_slice(&text.as_bytes()[..size]);
    let digest = blake3::hash(&input[..=size]);
    let (key, _) = digest.as_bytes().split_first_chunk().unwrap_or((&[0; 16], &[]));
    Key::from_be_bytes(*key)
}
