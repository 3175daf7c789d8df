//! Every personal field of every event is gone from every file with the person: a text of its own is put into each.

use letopis_domain::event::{Event, EventType, PayloadCodec, PersonalBytes};
use letopis_domain::ids::SubjectId;
use letopis_domain::privacy::{DataSubjects, ErasureGround, PersonalDataErased};
use letopis_domain::samples::sample;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::erasure::{assert_sound, files_with, open_searchable, random_text, wait_for_scrubs};
use super::*;

struct Json;

impl PayloadCodec for Json {
    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, String> {
        serde_json::to_vec(value).map_err(|error| error.to_string())
    }

    fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}

/// The texts that were put into fields, each with the name of its field.
#[derive(Default)]
struct Marks(Vec<(String, String)>);

impl Marks {
    fn text(&mut self, field: &str) -> String {
        let text = random_text(field);
        self.0.push((field.to_owned(), text.clone()));
        text
    }

    /// Puts a text of its own in the place of every text, keys of attributes among them.
    fn mark(&mut self, field: &str, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(field),
            Value::Array(entries) => entries.iter_mut().for_each(|entry| self.mark(field, entry)),
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    self.mark(&format!("{field}.{name}"), value);
                }
                if field.ends_with(".attributes") {
                    let keyed = std::mem::take(fields).into_iter();
                    *fields = keyed.map(|(_, value)| (self.text(field), value)).collect::<Map<_, _>>();
                }
            }
            _ => {}
        }
    }

    /// The sample of a type with a text of its own in every personal field; none if it has no such field.
    fn marked(&mut self, event_type: EventType) -> Option<Event> {
        let encoded = sample(event_type).encode(&Json).unwrap();
        let mut personal: Value = serde_json::from_slice(encoded.personal.as_deref()?).unwrap();
        self.mark(event_type.name(), &mut personal);
        let personal = serde_json::to_vec(&personal).unwrap();
        let personal = PersonalBytes::Known(&personal);
        Some(Event::decode(&Json, event_type, encoded.version, &encoded.payload, personal).unwrap())
    }
}

fn erasure(subject: SubjectId) -> Event {
    let (erased, ground) = (subject.into(), ErasureGround::Objection);
    PersonalDataErased { subject, erased, ground, reference: None, employee: None }.into()
}

#[test]
fn nothing_of_any_personal_field_is_in_any_file_after_the_erasure() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_searchable(folder.path());
    let mut marks = Marks::default();
    let events: Vec<Event> = EventType::ALL.iter().filter_map(|event_type| marks.marked(*event_type)).collect();
    let people: DataSubjects = events.iter().flat_map(|event| event.data_subjects().as_slice().to_vec()).collect();
    assert!(events.len() >= 24 && marks.0.len() > 60, "{} fields of {} events", marks.0.len(), events.len());
    for event in &events {
        append(&*log, request([event.clone()])).unwrap();
    }
    let told = log.read(&Query::all(), Range::ALL).unwrap();
    assert!(told.iter().all(|event| !event.event.is_erased()));
    for person in people.as_slice() {
        append(&*log, request([erasure(*person)])).unwrap();
    }
    let check = |log: &RocksLog| {
        for (field, text) in &marks.0 {
            assert_eq!(files_with(folder.path(), text.as_bytes()), [""; 0], "{field}");
        }
        let erased = log.read(&Query::all(), Range::ALL).unwrap();
        assert!(erased.iter().take(events.len()).all(|event| event.event.is_erased()));
        assert_sound(log);
    };
    wait_for_scrubs(&log, 1);
    check(&log);
    drop(log);
    check(&open_searchable(folder.path()));
}
