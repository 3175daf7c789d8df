//! Data folders that earlier versions wrote, kept for ever: each must open, say what it said then, and take more.
//!
//! `LETOPIS_WRITE_LOG=NAME` writes the folder `logs/NAME`; one that is there is never written again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use letopis_domain::event::{EventType, NewEvent, PartsSerializer, Recorded};
use letopis_domain::ids::{EventId, LeadId, Position, SubjectId};
use letopis_domain::lead::{LeadDetails, LeadReceived};
use letopis_domain::privacy::{ErasureGround, PersonalDataErased};
use letopis_domain::query::{AppendCondition, Query, Tag};
use letopis_domain::samples::sample;
use letopis_domain::values::{Attributes, Personal, Timestamp};
use letopis_eventlog::environment::SeededEnvironment;
use letopis_eventlog::log::{AppendRequest, Log, Range, RequestEvents, RequestKey};
use letopis_eventlog::proof::SigningKeys;
use letopis_eventlog::rocks::{Options, RocksLog};
use letopis_projections::Views;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// What the folder says, beside its data.
const EXPECTED: &str = "expected.json";
const PHONE: &str = "+31205559901";

fn logs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("durability/logs")
}

fn open(folder: &Path) -> Arc<RocksLog> {
    let env = Arc::new(SeededEnvironment::new(1, Timestamp::from_micros(1_795_305_600_000_000)));
    RocksLog::open(folder, env, &Options { generation_events: 40, ..Options::default() }).unwrap()
}

fn append(log: &RocksLog, number: u128, request: Option<&str>, events: Vec<letopis_domain::event::Event>) {
    let occurred_at = Timestamp::from_micros(1_795_305_500_000_000);
    let new = |(index, event)| {
        let id = EventId(Uuid::from_u128(number << 16 | index));
        NewEvent { id, occurred_at, actor: None, correlation: None, causation: None, event }
    };
    let key = request.map(|id| {
        let id = letopis_domain::ids::RequestId::new(id).unwrap();
        RequestKey { id, digest: log.request_hasher().finish() }
    });
    let events = (0..).zip(events).map(new).collect();
    let request =
        AppendRequest { requests: vec![RequestEvents { key, events }], condition: AppendCondition::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(log.append(request)).unwrap();
}

fn received(subject: u128, phone: &str) -> letopis_domain::event::Event {
    let letopis_domain::event::Event::LeadReceived(lead) = sample(EventType::LeadReceived) else { unreachable!() };
    let details = LeadDetails { phones: vec![phone.into()], ..LeadDetails::default() };
    LeadReceived {
        lead: LeadId(Uuid::from_u128(subject)),
        subject: SubjectId(Uuid::from_u128(subject)),
        personal: Personal::with_attributes(details, Attributes::new()),
        ..lead
    }
    .into()
}

/// Writes every type of event, a named request, look-ups, an erasure and a checkpoint.
fn write(folder: &Path) {
    SigningKeys::generate(&folder.join("keys"), "crm.example.com/log").unwrap();
    let log = open(folder);
    for (number, event_type) in (1..).zip(EventType::ALL.iter().filter(|each| **each != EventType::PersonalDataErased))
    {
        append(&log, number, None, vec![sample(*event_type)]);
    }
    append(&log, 1_000, Some("a request"), vec![received(77, PHONE), received(78, "+31205559902")]);
    log.checkpoint().unwrap();
    let subject = SubjectId(Uuid::from_u128(78));
    let erased = PersonalDataErased {
        subject,
        erased: subject.into(),
        ground: ErasureGround::Objection,
        reference: Some("7/2026".to_owned()),
        employee: None,
    };
    append(&log, 1_001, None, vec![erased.into()]);
    log.checkpoint().unwrap();
    log.close().unwrap();
    let said = said(&log);
    drop(log);
    remove_traces_of_the_machine(folder);
    fs::write(folder.join(EXPECTED), serde_json::to_string_pretty(&said).unwrap() + "\n").unwrap();
}

/// RocksDB's own log, locks and options name paths of the machine, and none of them is needed.
fn remove_traces_of_the_machine(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            remove_traces_of_the_machine(&path);
        } else if name == "LOCK" || name == "LOG" || name.starts_with("LOG.") || name.starts_with("OPTIONS-") {
            fs::remove_file(path).unwrap();
        }
    }
}

/// Root and events as JSON.
fn said(log: &RocksLog) -> Value {
    let (size, root) = log.root();
    let events: Vec<Value> = log.read(&Query::all(), Range::ALL).unwrap().iter().map(|event| json_of(event)).collect();
    json!({ "size": size, "root": root.to_string(), "events": events })
}

fn json_of(recorded: &Recorded) -> Value {
    struct AsJson;
    impl PartsSerializer for AsJson {
        type Ok = (Value, Value);
        type Error = serde_json::Error;

        fn serialize<T: Serialize, P: Serialize>(
            self,
            fact: &T,
            personal: Option<&Personal<P>>,
        ) -> Result<Self::Ok, Self::Error> {
            Ok((serde_json::to_value(fact)?, serde_json::to_value(personal)?))
        }
    }
    let (fact, personal) = recorded.event.serialize_parts(AsJson).unwrap();
    let event_type = recorded.event.event_type();
    json!({
        "position": recorded.position.0,
        "type": event_type.name(),
        "version": event_type.current_version(),
        "id": recorded.id.0,
        "recordedAt": recorded.recorded_at,
        "request": recorded.request.as_ref().map(letopis_domain::ids::RequestId::as_str),
        "fact": fact,
        "personal": personal,
    })
}

/// Copies a folder: what is kept is only read.
fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copied(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What is still said as it was: the content of an event that has a later version now is read by that one.
fn assert_says(log: &RocksLog, expected: &Value) {
    let now = said(log);
    assert_eq!((&now["size"], &now["root"]), (&expected["size"], &expected["root"]));
    let (now, then) = (now["events"].as_array().unwrap(), expected["events"].as_array().unwrap());
    assert_eq!(now.len(), then.len());
    for (now, then) in now.iter().zip(then) {
        for field in ["position", "type", "id", "recordedAt", "request"] {
            assert_eq!(now[field], then[field], "{then}");
        }
        if now["version"] == then["version"] {
            assert_eq!(now, then);
        }
    }
}

#[test]
fn every_folder_that_was_ever_written_is_read_and_written() {
    if let Some(name) = std::env::var_os("LETOPIS_WRITE_LOG") {
        let folder = logs().join(name);
        assert!(!folder.exists(), "{} is kept and not written again", folder.display());
        fs::create_dir_all(&folder).unwrap();
        write(&folder);
    }
    let mut kept: Vec<PathBuf> = fs::read_dir(logs()).unwrap().map(|entry| entry.unwrap().path()).collect();
    kept.retain(|path| path.is_dir());
    assert!(!kept.is_empty(), "no folder is kept");
    for folder in kept {
        let expected = serde_json::from_slice(&fs::read(folder.join(EXPECTED)).unwrap()).unwrap();
        let temporary = tempfile::tempdir().unwrap();
        let data = temporary.path().join("data");
        copied(&folder, &data);
        let log = open(&data);
        assert_says(&log, &expected);
        assert_eq!(log.verify(&mut |_, _| {}).problem, None, "{}", folder.display());
        let by_phone = |phone: &str| Query::default().or_item(&[], vec![Tag::lookup("phone", phone)]);
        assert_eq!(log.find(&by_phone(PHONE), Range::ALL).unwrap().len(), 1);
        assert_eq!(log.find(&by_phone("+31205559902"), Range::ALL).unwrap().len(), 0);
        let head = log.head();
        append(&log, 2_000, Some("another request"), vec![received(79, PHONE)]);
        assert_eq!(log.head(), Position(head.0 + 1));
        log.checkpoint().unwrap();
        log.close().unwrap();
        drop(log);
        let log = open(&data);
        assert_eq!(log.verify(&mut |_, _| {}).problem, None, "{}", folder.display());
        assert_eq!(log.find(&by_phone(PHONE), Range::ALL).unwrap().len(), 2);
        let views = Views::open(log, &data.join("views"));
        assert!(views.is_ok(), "{}", folder.display());
    }
}
