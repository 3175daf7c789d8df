//! Tests of frames: what was laid out is read, and nothing else passes.

use letopis_domain::event::NewEvent;
use letopis_domain::ids::{Position, RequestId};
use letopis_domain::query::{Tag, Tags};
use letopis_domain::values::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::codec::Bincode;
use crate::contract::{employee, new_event, qualified};
use crate::keys::Keyring;
use crate::log::RequestKey;

fn sealed(event: &NewEvent, key: Option<&RequestKey>, tags: &[Tag]) -> Vec<u8> {
    let mut parts = event.event.encode(&Bincode).unwrap();
    parts.tags = Tags::default();
    for tag in tags {
        parts.tags.push(tag.clone());
    }
    let mut bytes = Vec::new();
    let sealing = Sealing { keyring: &Keyring::fixed(&[]), nonce: &[0; 24], lookups: &[] };
    lay_out(&Layout { event, parts: &parts, key, is_first_of_request: true, sealing }, &mut bytes).unwrap();
    close(&mut bytes, Position(7), Timestamp::from_micros(-3), true);
    bytes
}

fn example() -> Vec<u8> {
    let event = NewEvent { actor: Some(employee(4)), correlation: Some(Uuid::max()), ..new_event(qualified(1, 2)) };
    let key = RequestKey { id: RequestId::new("строка 1").unwrap(), digest: [9; 16] };
    let tags = event.event.tags().into_vec();
    sealed(&event, Some(&key), &tags)
}

#[test]
fn a_frame_reads_back() {
    let event = NewEvent { actor: Some(employee(4)), ..new_event(qualified(1, 2)) };
    let key = RequestKey { id: RequestId::new("row 1").unwrap(), digest: [9; 16] };
    let tags = event.event.tags().into_vec();
    let bytes = sealed(&event, Some(&key), &tags);
    let frame = Frame::read(&bytes).unwrap();
    assert_eq!(frame.tags().unwrap(), tags);
    assert_eq!((frame.digest, frame.is_group_end()), (Some([9; 16]), true));
    let recorded = crate::log::recorded(event, Position(7), Timestamp::from_micros(-3), Some(key.id));
    assert_eq!(frame.decode(&Keyring::fixed(&[])).unwrap(), recorded);
}

#[test]
fn a_type_of_a_newer_version_is_named() {
    let mut bytes = example();
    let at = bytes.windows(4).position(|window| window == b"Lead").unwrap();
    bytes[at] = b'F';
    let body = bytes.len() - CHECKSUM_SIZE;
    let checksum = crc32c::crc32c(&bytes[..body]).to_le_bytes();
    bytes[body..].copy_from_slice(&checksum);
    let error = Frame::read(&bytes).unwrap().decode(&Keyring::fixed(&[])).unwrap_err();
    assert!(error.to_string().contains("unknown event type 'FeadQualified'"), "{error}");
}

proptest! {
    #[test]
    fn tags_of_any_form_read_back(texts in prop::collection::vec(tag_text(), 0..20)) {
        let tags: Vec<Tag> = texts.iter().map(|text| Tag::from_text(text)).collect();
        let mut unique = Tags::default();
        for tag in tags {
            unique.push(tag);
        }
        let bytes = sealed(&new_event(qualified(1, 1)), None, unique.as_slice());
        prop_assert_eq!(Frame::read(&bytes).unwrap().tags().unwrap(), unique.into_vec());
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Frame::read(&bytes).is_err());
    }

    #[test]
    fn a_flipped_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let mut bytes = example();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(Frame::read(&bytes).is_err());
    }

    #[test]
    fn a_mutated_body_with_a_good_checksum_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = example();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let body = bytes.len() - CHECKSUM_SIZE;
        bytes.truncate(cut.map_or(body, |cut| cut.index(body)));
        let checksum = crc32c::crc32c(&bytes).to_le_bytes();
        bytes.extend_from_slice(&checksum);
        if let Ok(frame) = Frame::read(&bytes) {
            let _ = (frame.tags(), frame.decode(&Keyring::fixed(&[])));
        }
    }
}

/// The golden frames: one of every type and version.
fn corpus() -> &'static [Vec<u8>] {
    static CORPUS: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(|| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|end| end == "frame")).collect();
        files.sort();
        assert!(files.len() > 40, "the corpus is gone");
        files.iter().map(|file| std::fs::read(file).unwrap()).collect()
    });
    &CORPUS
}

/// Changes to the bytes of one of the frames: bytes set, a piece taken out, bytes put in.
fn mutated() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    use prop::sample::Index;

    let set = prop::collection::vec((any::<Index>(), any::<u8>()), 0..6);
    let taken = prop::option::of((any::<Index>(), 1..40_usize));
    let put = prop::option::of((any::<Index>(), prop::collection::vec(any::<u8>(), 1..12)));
    (any::<Index>(), set, taken, put).prop_map(|(frame, set, taken, put)| {
        let frame = frame.get(corpus());
        let mut bytes = frame.clone();
        for (at, byte) in set {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some((at, size)) = taken {
            let at = at.index(bytes.len());
            bytes.drain(at..bytes.len().min(at + size));
        }
        if let Some((at, more)) = put {
            let at = at.index(bytes.len() + 1);
            bytes.splice(at..at, more);
        }
        (frame.clone(), bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_changed_frame_passes_for_another(changed in mutated()) {
        let (frame, bytes) = changed;
        prop_assert_eq!(Frame::read(&bytes).is_ok(), frame == bytes);
    }

    #[test]
    fn changed_frames_with_good_checksums_never_panic(changed in mutated()) {
        let (_, mut bytes) = changed;
        bytes.truncate(bytes.len().saturating_sub(CHECKSUM_SIZE));
        let checksum = crc32c::crc32c(&bytes).to_le_bytes();
        bytes.extend_from_slice(&checksum);
        if let Ok(frame) = Frame::read(&bytes) {
            let _ = frame.tags();
            let _ = frame.decode(&Keyring::fixed(&[]));
        }
    }
}

fn tag_text() -> impl Strategy<Value = String> {
    let uuid = any::<u128>().prop_map(Uuid::from_u128);
    prop_oneof![
        ("[a-z]{0,12}", uuid.clone()).prop_map(|(prefix, id)| format!("{prefix}:{id}")),
        ("[a-z]{1,12}", uuid).prop_map(|(prefix, id)| format!("{prefix}:{id:X}")),
        "[a-zа-я:]{1,40}",
        "[a-z]{200,218}:00000000-0000-0000-0000-000000000000",
    ]
}
