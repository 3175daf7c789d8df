//! The listing itself: written by the test that checks it, with `LETOPIS_WRITE_LAYOUTS=1` in the environment.
//!
//! The format is frozen, so what is listed is never rewritten: new types and new versions are added, and whatever
//! else changed is refused.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use letopis_domain::event::{Event, EventType, PersonalBytes};
use serde_json::{Value, json};

use super::trace::{Guide, Tracing};

/// How to write it.
const COMMAND: &str = "LETOPIS_WRITE_LAYOUTS=1 cargo nextest run -p letopis-eventlog -E 'test(layouts)'";
/// More than it takes to see every variant of every enum.
const PASSES_MAX: usize = 100;

/// Where it stands.
fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/log-layouts.json")
}

/// Sees every variant of every enum in turn, and learns every type.
#[derive(Default)]
struct Explorer {
    types: BTreeMap<String, Value>,
    turns: BTreeMap<String, usize>,
}

impl Explorer {
    fn has_seen_all(&self) -> bool {
        let unseen = |layout: &Value| layout["enum"].as_array().is_some_and(|variants| variants.contains(&Value::Null));
        !self.types.values().any(unseen)
    }
}

impl Guide for Explorer {
    fn count(&mut self) -> usize {
        1
    }

    fn is_some(&mut self) -> bool {
        true
    }

    fn variant(&mut self, name: &str, count: usize) -> usize {
        let turn = self.turns.entry(name.to_owned()).or_default();
        *turn += 1;
        (*turn - 1) % count
    }

    fn number(&mut self) -> u64 {
        0
    }

    fn text(&mut self) -> String {
        String::new()
    }

    fn note_struct(&mut self, name: &str, fields: Value) {
        let layout = json!({ "struct": fields });
        let known = self.types.entry(name.to_owned()).or_insert_with(|| layout.clone());
        assert_eq!(*known, layout, "two types are called {name}");
    }

    fn note_variant(&mut self, name: &str, count: usize, index: usize, variant: Value) {
        let known = self.types.entry(name.to_owned()).or_insert_with(|| json!({ "enum": vec![Value::Null; count] }));
        let known = &mut known["enum"][index];
        assert!(known.is_null() || *known == variant, "two types are called {name}");
        *known = variant;
    }
}

/// The layouts of a version: its payload's fields, and its personal part.
fn trace(codec: &Tracing<Explorer>, event_type: EventType, version: u16) -> Value {
    for _ in 0..PASSES_MAX {
        codec.shapes.borrow_mut().clear();
        Event::decode(codec, event_type, version, &[], PersonalBytes::Known(&[])).unwrap();
        if codec.guide.borrow().has_seen_all() {
            let (shapes, types) = (codec.shapes.borrow(), &mut codec.guide.borrow_mut().types);
            let [payload, personal] = shapes.as_slice() else { panic!("{event_type} reads {shapes:?}") };
            let payload = types.remove(payload.as_str().unwrap()).unwrap();
            return json!({ "payload": payload["struct"], "personal": personal });
        }
    }
    panic!("{event_type} has variants that were never seen: {:?}", codec.guide.borrow().types)
}

/// What the listing has to say.
fn traced() -> Value {
    let codec = Tracing::new(Explorer::default());
    let mut events = BTreeMap::new();
    for event_type in EventType::ALL {
        for version in 1..=event_type.current_version() {
            events.insert(format!("{event_type}.v{version}"), trace(&codec, *event_type, version));
        }
    }
    json!({ "format": "letopis layouts 1", "events": events, "types": codec.guide.into_inner().types })
}

/// As text, one line for each event and type.
fn text(listing: &Value) -> String {
    let mut text = format!("{{\n\"format\": {}", listing["format"]);
    for part in ["events", "types"] {
        write!(text, ",\n\"{part}\": {{").unwrap();
        for (count, (name, layout)) in listing[part].as_object().unwrap().iter().enumerate() {
            write!(text, "{}\n\"{name}\": {layout}", if count == 0 { "" } else { "," }).unwrap();
        }
        text.push_str("\n}");
    }
    text + "\n}\n"
}

/// A shape with every name replaced by the layout that it stands for.
fn expanded(shape: &Value, types: &Value) -> Value {
    let of_part = |(kind, part): (&String, &Value)| {
        let entries = part.as_array().into_iter().flatten();
        let part = match kind.as_str() {
            "option" | "list" | "personal" => expanded(part, types),
            "map" => entries.map(|shape| expanded(shape, types)).collect(),
            _ => entries.map(|entry| json!([entry[0], entry.get(1).map(|shape| expanded(shape, types))])).collect(),
        };
        (kind.clone(), part)
    };
    match shape {
        Value::String(name) => types.get(name).map_or_else(|| shape.clone(), |layout| expanded(layout, types)),
        Value::Object(parts) => Value::Object(parts.iter().map(of_part).collect()),
        _ => shape.clone(),
    }
}

/// The versions that are stored differently than a listing says, or are gone.
fn changed<'a>(listed: &'a Value, traced: &Value) -> Vec<&'a str> {
    let events = listed["events"].as_object().unwrap().iter();
    let differs = |(name, entry): &(&String, &Value)| {
        let traced_entry = traced["events"].get(name.as_str());
        traced_entry.map(|entry| expanded(entry, &traced["types"])) != Some(expanded(entry, &listed["types"]))
    };
    events.filter(differs).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn the_listing_has_the_layout_of_every_version_of_every_event() {
    let (traced, path) = (traced(), file());
    let listed = fs::read_to_string(&path);
    let listed =
        listed.unwrap_or_else(|error| panic!("{}: {error}; bring it back from version control", path.display()));
    let changed = changed(&serde_json::from_str(&listed).unwrap(), &traced)
        .iter()
        .map(|name| (*name).to_owned())
        .collect::<Vec<_>>();
    assert!(
        changed.is_empty(),
        "stored differently than {} says: {changed:?}. The format is frozen: a changed layout is a new version of its \
         event, beside the old one, whose struct stays as it was",
        path.display()
    );
    if std::env::var_os("LETOPIS_WRITE_LAYOUTS").is_some() {
        fs::write(&path, text(&traced)).unwrap();
    } else {
        assert!(listed == text(&traced), "{} lacks what was added; this writes it: {COMMAND}", path.display());
    }
}

#[test]
fn a_listed_version_can_neither_change_nor_go_away() {
    let listing = |events: Value, money: Value| json!({ "events": events, "types": { "Money": { "struct": money }, "Kind": { "enum": [["A"], ["B", "Money"]] } } });
    let event = |field: &str, shape: Value| json!({ "payload": [["id", "id"], [field, shape]], "personal": null });
    let amount = json!([["amount", "decimal"]]);
    let kinds = json!({ "option": { "list": "Kind" } });
    let listed = listing(json!({ "Paid.v1": event("kinds", kinds.clone()) }), amount.clone());
    let is_changed = |events: Value, money: &Value| !changed(&listed, &listing(events, money.clone())).is_empty();

    let both = json!({ "Paid.v1": event("kinds", kinds.clone()), "Paid.v2": event("kinds", json!("Kind")) });
    assert!(!is_changed(both.clone(), &amount));
    assert!(is_changed(both, &json!([["amount", "decimal"], ["currency", "currency"]])));
    assert!(is_changed(json!({ "Paid.v1": event("kind", kinds) }), &amount));
    assert!(is_changed(json!({ "Paid.v1": event("kinds", json!({ "list": "Kind" })) }), &amount));
    assert!(is_changed(json!({ "Paid.v2": event("kinds", json!("Kind")) }), &amount));
}
