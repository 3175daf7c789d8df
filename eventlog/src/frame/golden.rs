//! Golden frames: one stored record per event type and version, read for ever.
//!
//! With `LETOPIS_WRITE_GOLDEN=1` in the environment the test writes those that are missing. The stored format is
//! frozen: an existing file is never rewritten.

use std::fs;
use std::path::PathBuf;

use letopis_domain::event::{EventType, NewEvent};
use letopis_domain::ids::{EventId, Position, RequestId};
use letopis_domain::samples::sample;
use letopis_domain::values::Timestamp;
use uuid::Uuid;

use super::{Frame, Layout, Sealing, close, lay_out};
use crate::codec::Bincode;
use crate::contract::employee;
use crate::keys::{Keyring, Lookup, Nonce};
use crate::log::{RequestKey, recorded};

pub(super) const POSITION: Position = Position(0x0102_0304_0506);
/// A record that is compared byte by byte needs the same nonce every time; no other does.
const NONCE: Nonce = *b"24 bytes that never vary";
pub(super) const RECORDED_AT: Timestamp = Timestamp::from_micros(1_774_746_000_000_001);

pub(super) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn file(event_type: EventType) -> PathBuf {
    folder().join(format!("{event_type}.v{}.frame", event_type.current_version()))
}

pub(super) fn event(event_type: EventType) -> NewEvent {
    NewEvent {
        id: EventId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)),
        occurred_at: Timestamp::from_micros(1_774_745_999_999_999),
        actor: Some(employee(0xac)),
        correlation: Some(Uuid::from_u128(0xc0)),
        causation: Some(EventId(Uuid::from_u128(0xca))),
        event: sample(event_type),
    }
}

fn key() -> RequestKey {
    RequestKey { id: RequestId::new("golden").unwrap(), digest: *b"0123456789abcdef" }
}

/// Keys of everyone whom the samples are about, each the BLAKE3 of the subject's id; the secret is 32 times 7.
fn keyring() -> Keyring {
    let subjects = EventType::ALL.iter().flat_map(|event_type| sample(*event_type).data_subjects().as_slice().to_vec());
    Keyring::fixed(&subjects.map(|subject| subject.0).collect::<Vec<_>>())
}

/// One record as tests store it.
pub(super) struct Record {
    pub event: NewEvent,
    pub key: Option<RequestKey>,
    pub is_first_of_request: bool,
    pub is_group_end: bool,
}

impl Record {
    /// The golden one of a type.
    pub(super) fn golden(event_type: EventType) -> Self {
        Self { event: event(event_type), key: Some(key()), is_first_of_request: true, is_group_end: true }
    }

    /// Its frame.
    pub(super) fn frame(&self, keyring: &Keyring) -> Vec<u8> {
        let Self { event, key, is_first_of_request, is_group_end } = self;
        let parts = event.event.encode(&Bincode).unwrap();
        let lookups: Vec<Lookup> = parts.lookups.as_slice().iter().map(|tag| keyring.secrets.lookup(tag)).collect();
        let sealing = Sealing { keyring, nonce: &NONCE, lookups: &lookups };
        let (key, is_first_of_request) = (key.as_ref(), *is_first_of_request);
        let mut bytes = Vec::new();
        lay_out(&Layout { event, parts: &parts, key, is_first_of_request, sealing }, &mut bytes).unwrap();
        close(&mut bytes, POSITION, RECORDED_AT, *is_group_end);
        bytes
    }
}

#[test]
fn every_event_is_stored_as_its_golden_frame() {
    let writes = std::env::var_os("LETOPIS_WRITE_GOLDEN").is_some();
    for event_type in EventType::ALL {
        let bytes = Record::golden(*event_type).frame(&keyring());
        let path = file(*event_type);
        if writes && !path.exists() {
            fs::create_dir_all(folder()).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        let golden = fs::read(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; LETOPIS_WRITE_GOLDEN=1 writes it", path.display()));
        assert_eq!(golden, bytes, "{event_type} is stored differently than in {}", path.display());
    }
}

#[test]
fn every_golden_frame_reads_as_the_sample_of_its_type() {
    let mut count = 0;
    let entries = fs::read_dir(folder())
        .unwrap_or_else(|error| panic!("{}: {error}; LETOPIS_WRITE_GOLDEN=1 writes it", folder().display()));
    for entry in entries {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let frame = Frame::read(&bytes).unwrap();
        let event_type = frame.event_type().unwrap();
        let expected = recorded(event(event_type), POSITION, RECORDED_AT, Some(key().id));
        assert_eq!(frame.decode(&keyring()).unwrap(), expected, "{}", path.display());
        assert_eq!(frame.tags().unwrap(), expected.event.tags().into_vec());
        count += 1;
    }
    assert!(count >= EventType::ALL.len());
}
