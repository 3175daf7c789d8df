//! The reader in `docs/reader`, which has nothing of this crate but `docs/log-format.md` and the listing.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use data_encoding::{BASE64, HEXLOWER};
use letopis_domain::event::{Event, EventType, NewEvent, PayloadCodec};
use letopis_domain::ids::{RequestId, SubjectId};
use letopis_domain::samples::sample;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::random;
use crate::frame::golden::{self, POSITION, RECORDED_AT, Record};
use crate::frame::{Frame, flags};
use crate::keys::{Erasure, KeyStore, Keyring, Place};
use crate::log::RequestKey;

const FLAGS: [(u16, &str); 9] = [
    (flags::GROUP_END, "GROUP_END"),
    (flags::PERSONAL, "PERSONAL"),
    (flags::ERASED, "ERASED"),
    (flags::ACTOR, "ACTOR"),
    (flags::CORRELATION, "CORRELATION"),
    (flags::CAUSATION, "CAUSATION"),
    (flags::REQUEST, "REQUEST"),
    (flags::REQUEST_START, "REQUEST_START"),
    (flags::LOOKUPS, "LOOKUPS"),
];

struct Json;

impl PayloadCodec for Json {
    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, String> {
        serde_json::to_vec(value).map_err(|error| error.to_string())
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}

/// What it reads in these lines with the keys of these subjects, which are those of a fixed keyring; or why it refuses.
fn read(lines: &str, subjects: &[Uuid]) -> Result<Vec<Value>, String> {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let key = |subject: &Uuid| format!("{subject} {}\n", blake3::hash(subject.as_bytes()).to_hex());
    fs::write(&keys, subjects.iter().map(key).collect::<String>()).unwrap();
    read_with("--subject-keys", &keys, lines)
}

fn read_with(option: &str, keys: &Path, lines: &str) -> Result<Vec<Value>, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lines");
    fs::write(&file, lines).unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reader/read.py");
    let output = Command::new("python3").arg("-B").arg(program).arg(file).arg(option).arg(keys).output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr).unwrap());
    }
    let shown = String::from_utf8(output.stdout).unwrap();
    Ok(shown.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// What it must read in a record.
fn expected(record: &Record, frame: &[u8], keyring: &Keyring) -> Value {
    let event = &record.event;
    let parts = event.event.encode(&Json).unwrap();
    let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    let bits = Frame::read(frame).unwrap().flags;
    let lookup = |tag| HEXLOWER.encode(&keyring.secrets.lookup(tag));
    json!({
        "position": POSITION,
        "flags": FLAGS.iter().filter(|(flag, _)| bits & flag != 0).map(|(_, name)| name).collect::<Vec<_>>(),
        "type": parts.event_type.name(),
        "version": parts.version,
        "id": event.id,
        "occurredAt": event.occurred_at,
        "recordedAt": RECORDED_AT,
        "actor": event.actor,
        "request": record.key.as_ref().map(|key| &key.id),
        "requestDigest": record.key.as_ref().filter(|_| record.is_first_of_request).map(|key| HEXLOWER.encode(&key.digest)),
        "correlation": event.correlation,
        "causation": event.causation,
        "tags": parts.tags.as_slice().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "fact": value(&parts.payload),
        "personal": if event.event.is_erased() { json!("erased") } else { json!(parts.personal.as_deref().map(value)) },
        "lookups": parts.lookups.as_slice().iter().map(lookup).collect::<Vec<_>>(),
    })
}

/// A record that these choices make.
fn record(event_type: EventType, choices: &[u64]) -> Record {
    let bits = choices.first().copied().unwrap_or_default();
    let is_given = |bit: u32| bits >> bit & 1 == 1;
    let mut event = random::event(event_type, choices.get(1..).unwrap_or_default());
    if is_given(0) && is_given(1) || event.data_subjects().is_empty() {
        event.erase();
    }
    let golden = golden::event(event_type);
    let event = NewEvent {
        actor: golden.actor.filter(|_| is_given(2)),
        correlation: golden.correlation.filter(|_| is_given(3)),
        causation: golden.causation.filter(|_| is_given(4)),
        event,
        ..golden
    };
    let key = RequestKey { id: RequestId::new("строка 1").unwrap(), digest: [7; 16] };
    let key = Some(key).filter(|_| is_given(5));
    Record { event, key, is_first_of_request: is_given(6), is_group_end: is_given(7) }
}

/// Stores the records, has the reader read them, and compares; yields the frames.
fn assert_read_alike(records: &[Record]) -> Vec<Vec<u8>> {
    let subjects = records.iter().flat_map(|record| record.event.event.data_subjects().as_slice().to_vec());
    let subjects: Vec<Uuid> = subjects.map(|subject| subject.0).collect();
    let keyring = Keyring::fixed(&subjects);
    let frames: Vec<Vec<u8>> = records.iter().map(|record| record.frame(&keyring)).collect();
    let read = read(&lines(&frames), &subjects).unwrap();
    assert_eq!(read.len(), records.len());
    for ((record, frame), read) in records.iter().zip(&frames).zip(read) {
        assert_eq!(read, expected(record, frame, &keyring));
    }
    frames
}

fn lines(frames: &[Vec<u8>]) -> String {
    frames.iter().map(|frame| HEXLOWER.encode(frame) + "\n").collect()
}

fn golden_frame(event_type: EventType) -> Vec<u8> {
    let file = golden::folder().join(format!("{event_type}.v{}.frame", event_type.current_version()));
    fs::read(file).unwrap()
}

#[test]
fn every_golden_frame_reads_alike_in_another_language() {
    let records: Vec<Record> = EventType::ALL.iter().map(|event_type| Record::golden(*event_type)).collect();
    let frames = assert_read_alike(&records);
    assert_eq!(frames, EventType::ALL.iter().map(|event_type| golden_frame(*event_type)).collect::<Vec<_>>());
}

#[test]
fn without_keys_a_personal_part_stays_sealed() {
    let frame = BASE64.encode(&golden_frame(EventType::LeadReceived));
    let lines = format!("{{\"format\":\"letopis log 1\"}}\n{{\"position\":1,\"frame\":\"{frame}\"}}\n{frame}\n");
    let read = read(&lines, &[]).unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!((&read[0], &read[1]["personal"]), (&read[1], &json!("sealed")));
}

#[test]
fn a_key_store_opens_what_it_has_keys_for() {
    let folder = tempfile::tempdir().unwrap();
    let master_key = folder.path().join("master.key");
    let place = Place { folder: folder.path().to_owned(), master_key, ledger: None, is_restoring: false };
    let store = KeyStore::open(&place, None, false).unwrap();
    let received = |number: u128| {
        let mut record = Record::golden(EventType::LeadReceived);
        let Event::LeadReceived(lead) = &mut record.event.event else { unreachable!() };
        lead.subject = SubjectId(Uuid::from_u128(number));
        record
    };
    // More than a page of keys, and more than a stretch of pages.
    let numbers: Vec<u128> = (1..=600).collect();
    store.create(&numbers.iter().map(|number| (Uuid::from_u128(*number), 0)).collect::<Vec<_>>()).unwrap();
    let records = [1, 31, 32, 300, 600].map(received);
    let frames = records.each_ref().map(|record| record.frame(store.keyring()));
    let read = || read_with("--keys", folder.path(), &lines(&frames)).unwrap();
    for ((record, frame), read) in records.iter().zip(&frames).zip(read()) {
        assert_eq!(read, expected(record, frame, store.keyring()));
    }
    let Event::PersonalDataErased(fact) = sample(EventType::PersonalDataErased) else { unreachable!() };
    let (subject, fact) = (Uuid::from_u128(300), Arc::new(fact));
    store.destroy(&[Erasure { subject, position: POSITION, recorded_at: RECORDED_AT, fact }]).unwrap();
    let is_erased = read().iter().map(|read| read["personal"] == "erased").collect::<Vec<_>>();
    assert_eq!(is_erased, [false, false, false, true, false]);
}

#[test]
fn what_is_not_intact_or_not_listed_is_refused() {
    let refused = |frame: &[u8]| read(&HEXLOWER.encode(frame), &[]).unwrap_err();
    let mut frame = golden_frame(EventType::LeadQualified);
    frame[6] = 2;
    assert!(refused(&frame).contains("line 1 is not readable: the checksum differs"));
    let body = frame.len() - 4;
    let checksum = crc32c::crc32c(&frame[..body]).to_le_bytes();
    frame[body..].copy_from_slice(&checksum);
    assert!(refused(&frame).contains("'LeadQualified' of version 2 is not listed"));
    assert!(refused(&frame[..40]).contains("it is cut short"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_event_reads_alike_in_another_language(
        choices in prop::collection::vec(prop::collection::vec(any::<u64>(), 0..160), EventType::ALL.len()),
    ) {
        let records = EventType::ALL.iter().zip(&choices).map(|(event_type, choices)| record(*event_type, choices));
        assert_read_alike(&records.collect::<Vec<_>>());
    }
}
