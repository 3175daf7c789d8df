//! What is sealed opens only as what it was sealed as, and only while every key lives.

use letopis_domain::ids::EventId;
use proptest::prelude::*;

use super::*;

const ID: EventId = EventId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
const NONCE: Nonce = [3; 24];

fn part(subjects: &[Uuid]) -> Part<'_> {
    Part { id: ID, type_name: "LeadReceived", version: 1, field: Field::Personal, subjects }
}

fn sealed(keyring: &Keyring, part: &Part<'_>, lookups: &[Lookup], text: &[u8]) -> Vec<u8> {
    let mut out = b"before".to_vec();
    seal(keyring, part, &NONCE, (lookups, text), &mut out).unwrap();
    out.split_off(6)
}

#[test]
fn a_part_opens_as_what_was_sealed() {
    let (one, two) = (subject(1), subject(2));
    let keyring = Keyring::fixed(&[one, two]);
    let lookups = [[1; 16], [2; 16]];
    for (subjects, lookups, text) in
        [(&[one][..], &lookups[..], &b"text"[..]), (&[one, two], &[], b"text"), (&[two], &lookups[..1], b"")]
    {
        let bytes = sealed(&keyring, &part(subjects), lookups, text);
        assert_eq!(bytes.len(), 24 + 1 + 16 * lookups.len() + text.len() + 16);
        let opened = open(&keyring, &part(subjects), &bytes).unwrap();
        assert_eq!((opened.lookups(), opened.bytes()), (lookups, text));
    }
}

#[test]
fn a_part_stands_as_specified() {
    // Computed by an implementation of its own: a reader in another language must come to the same.
    let (one, two) = (subject(1), subject(2));
    let keyring = Keyring::fixed(&[one, two]);
    let keys = [blake3::hash(one.as_bytes()), blake3::hash(two.as_bytes())];
    let material = [*keys[0].as_bytes(), *keys[1].as_bytes()].concat();
    let key = blake3::derive_key("letopis 2026 personal part", &material);
    let name = b"LeadReceived";
    let associated =
        [ID.0.as_bytes(), &[12][..], name, &1_u16.to_le_bytes(), &[1], one.as_bytes(), two.as_bytes()].concat();
    let mut text = [&[1][..], &[9; 16], b"text"].concat();
    let tag = cipher::encrypt(&key, &NONCE, &associated, &mut text).unwrap();
    let expected = [&NONCE[..], &text, &tag].concat();
    assert_eq!(sealed(&keyring, &part(&[one, two]), &[[9; 16]], b"text"), expected);
}

#[test]
fn a_part_opens_for_no_other_event_type_version_or_subjects() {
    let (one, two) = (subject(1), subject(2));
    let keyring = Keyring::fixed(&[one, two]);
    let both = [one, two];
    let good = part(&both);
    let bytes = sealed(&keyring, &good, &[[1; 16]], b"text");
    let others = [
        Part { id: EventId(Uuid::from_u128(7)), ..good },
        Part { type_name: "LeadRejected", ..good },
        Part { type_name: "LeadReceived\x01", ..good },
        Part { version: 2, ..good },
        Part { subjects: &[one], ..good },
        Part { subjects: &[two], ..good },
        Part { subjects: &[two, one], ..good },
    ];
    assert!(open(&keyring, &good, &bytes).is_ok());
    for other in others {
        assert_eq!(open(&keyring, &other, &bytes).err(), Some(SealError::Broken), "{other:?}");
    }
    let other_keys = Keyring::fixed(&[subject(3)]);
    assert_eq!(open(&other_keys, &good, &bytes).err(), Some(SealError::NoKey(NoKey::Absent(one))));
}

#[test]
fn without_any_one_of_its_keys_a_part_is_gone() {
    let (one, two, three) = (subject(1), subject(2), subject(3));
    for gone in [one, two] {
        let keyring = Keyring::fixed(&[one, two, three]);
        let bytes = sealed(&keyring, &part(&[one, two]), &[], b"text");
        let kept = sealed(&keyring, &part(&[three]), &[], b"text");
        keyring.forget(gone);
        let destroyed = Some(SealError::NoKey(NoKey::Destroyed(gone)));
        assert_eq!(open(&keyring, &part(&[one, two]), &bytes).err(), destroyed);
        assert_eq!(seal(&keyring, &part(&[one, two]), &NONCE, (&[], b""), &mut Vec::new()).err(), destroyed);
        assert!(open(&keyring, &part(&[three]), &kept).is_ok());
    }
    let keyring = Keyring::fixed(&[one]);
    keyring.forget(one);
    assert_eq!(keyring.no_key(&[three, one]), Some(NoKey::Destroyed(one)), "what was destroyed says more");
    assert!(keyring.no_key(&[]).is_some(), "a part without subjects has no key");
}

#[test]
fn more_look_ups_than_a_byte_counts_are_refused() {
    let keyring = Keyring::fixed(&[subject(1)]);
    let sealed = seal(&keyring, &part(&[subject(1)]), &NONCE, (&[[0; 16]; 256], b""), &mut Vec::new());
    assert_eq!(sealed.err(), Some(SealError::TooLarge));
}

proptest! {
    #[test]
    fn a_flipped_bit_or_a_cut_is_noticed(
        text in prop::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let keyring = Keyring::fixed(&[subject(1)]);
        let subjects = [subject(1)];
        let bytes = sealed(&keyring, &part(&subjects), &[[1; 16]], &text);
        let at = at.index(bytes.len());
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << bit;
        prop_assert_eq!(open(&keyring, &part(&subjects), &flipped).err(), Some(SealError::Broken));
        prop_assert_eq!(open(&keyring, &part(&subjects), &bytes[..at]).err(), Some(SealError::Broken));
    }
}
