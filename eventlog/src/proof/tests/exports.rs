//! Exports and proof files of a log, sound and forged.

use std::fs;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;

use letopis_domain::event::Event;
use letopis_domain::ids::Position;
use letopis_domain::lead::{LeadDetails, LeadReceived};
use letopis_domain::values::{AttributeValue, Personal};
use sha2::Digest;
use uuid::Uuid;

use super::independent;
use crate::contract::{NOW, append, lead, qualified, request};
use crate::environment::SeededEnvironment;
use crate::log::Log;
use crate::proof::*;
use crate::rocks::{Export, Options, ProofError, RocksLog};

const ABOUT: &str = "account:00000000-0000-0000-0000-000000000001";

pub(super) struct World {
    folder: tempfile::TempDir,
    pub log: Arc<RocksLog>,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        SigningKeys::generate(&folder.path().join("keys"), "crm.example.com/log").unwrap();
        Self::open(folder)
    }

    /// Another log that the same keys sign.
    pub fn with_keys_of(other: &Self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("keys")).unwrap();
        for name in [SIGNING_KEYS_FILE, VERIFYING_KEYS_FILE] {
            fs::copy(other.folder.path().join("keys").join(name), folder.path().join("keys").join(name)).unwrap();
        }
        Self::open(folder)
    }

    fn open(folder: tempfile::TempDir) -> Self {
        let env = Arc::new(SeededEnvironment::new(1, NOW));
        let log = RocksLog::open(folder.path(), env, &Options::default()).unwrap();
        Self { folder, log }
    }

    pub fn fill(&self, count: u128) -> Checkpoint {
        append(&*self.log, request((0..count).map(|number| qualified(number, 1)))).unwrap();
        self.log.checkpoint().unwrap()
    }

    pub fn keys(&self) -> VerifyingKeys {
        VerifyingKeys::load(&self.folder.path().join("keys")).unwrap()
    }

    pub fn key_file(&self) -> PathBuf {
        self.folder.path().join("keys").join(VERIFYING_KEYS_FILE)
    }

    fn export(&self, positions: &[u64], checkpoint: &Checkpoint, since: &[Checkpoint]) -> String {
        let positions: Vec<Position> = positions.iter().map(|position| Position(*position)).collect();
        let mut out = Vec::new();
        let export = Export { about: ABOUT, positions: &positions, checkpoint, since };
        let summary = self.log.export(&export, &mut out).unwrap();
        assert_eq!((summary.events, summary.bytes), (positions.len() as u64, out.len() as u64));
        String::from_utf8(out).unwrap()
    }

    /// Verifies with both verifiers, which must agree.
    fn verify(&self, export: &str, trusted: &Checkpoint) -> Result<Audit, AuditError> {
        let found = verify_export(&mut Cursor::new(export), trusted, &self.keys());
        let second = independent::verify(export, Some(trusted.note()), &self.key_file());
        match (&found, second) {
            (Ok(audit), Ok(said)) => assert!(said.starts_with(&format!("{} events about", audit.events)), "{said}"),
            (Err(error), Err(code)) => assert!(independent::codes(error).contains(&code.as_str()), "{error}: {code}"),
            (found, second) => panic!("{found:?}, but the independent verifier: {second:?}"),
        }
        found
    }
}

/// An event with personal values.
fn received(number: u128) -> Event {
    LeadReceived {
        lead: lead(number),
        subject: Uuid::from_u128(number).into(),
        source: Some("fair".to_owned()),
        channel: None,
        campaign: None,
        owner: None,
        amount: None,
        attributes_version: 1,
        personal: Personal::with_attributes(
            LeadDetails { name: Some("Анна".into()), ..LeadDetails::default() },
            [("floor".to_owned(), AttributeValue::Text("3".to_owned()))].into(),
        ),
    }
    .into()
}

/// A log of 400 records of which four are exported, and the lines of that export.
fn exported() -> (World, Checkpoint, Vec<String>) {
    let world = World::new();
    let checkpoint = world.fill(400);
    let export = world.export(&[1, 256, 257, 399], &checkpoint, &[]);
    let lines = export.lines().map(str::to_owned).collect();
    (world, checkpoint, lines)
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|line| line.clone() + "\n").collect()
}

#[test]
fn an_export_verifies_and_says_what_it_does_not_prove() {
    let (world, checkpoint, lines) = exported();
    let audit = world.verify(&text(&lines), &checkpoint).unwrap();
    assert_eq!((audit.about.as_str(), audit.events, audit.size, audit.trusted), (ABOUT, 4, 400, 400));
    assert_eq!((audit.unknown, audit.personal), (0, 0));
    assert!(audit.limits()[0].contains("that nothing else is recorded"), "{:?}", audit.limits());
}

#[test]
fn personal_values_are_shown_and_said_not_to_be_compared() {
    let world = World::new();
    append(&*world.log, request([received(1)])).unwrap();
    let checkpoint = world.log.checkpoint().unwrap();
    let export = world.export(&[1], &checkpoint, &[]);
    assert!(export.contains("\"personal\":{"), "{export}");
    let audit = world.verify(&export, &checkpoint).unwrap();
    assert_eq!(audit.personal, 1);
    assert!(audit.limits()[0].starts_with("the personal values of 1 events are sealed"), "{:?}", audit.limits());
}

#[test]
fn an_export_without_events_verifies() {
    let world = World::new();
    let checkpoint = world.fill(3);
    let export = world.export(&[], &checkpoint, &[]);
    assert_eq!(world.verify(&export, &checkpoint).unwrap().events, 0);
}

#[test]
fn an_export_of_a_grown_log_verifies_against_older_checkpoints_that_it_is_proved_from() {
    let world = World::new();
    let empty = world.log.checkpoint().unwrap();
    let older = [empty, world.fill(1), world.fill(299), world.fill(212)];
    let newest = world.fill(100);
    let export = world.export(&[2, 300, 512, 513], &newest, &older);
    for trusted in older.iter().chain([&newest]) {
        assert_eq!(world.verify(&export, trusted).unwrap().trusted, trusted.size());
    }
    let without = world.export(&[2], &newest, &[]);
    let refused = world.verify(&without, &older[1]).unwrap_err();
    assert!(matches!(refused, AuditError::NoConsistencyProof { trusted: 1, size: 612 }), "{refused}");
}

#[test]
fn a_changed_event_is_refused() {
    let (world, checkpoint, lines) = exported();
    let event: serde_json::Value = serde_json::from_str(&lines[2]).unwrap();
    let frame = event["frame"].as_str().unwrap();
    let mut bytes = data_encoding::BASE64.decode(frame.as_bytes()).unwrap();
    bytes[24] ^= 1;
    let body = bytes.len() - 4;
    let checksum = crc32c::crc32c(&bytes[..body]).to_le_bytes();
    bytes[body..].copy_from_slice(&checksum);
    let mut forged = lines;
    forged[2] = forged[2].replace(frame, &data_encoding::BASE64.encode(&bytes));
    let refused = world.verify(&text(&forged), &checkpoint).unwrap_err();
    assert!(matches!(refused, AuditError::Changed(Position(256))), "{refused}");
}

#[test]
fn an_event_that_is_shown_otherwise_than_stored_is_refused() {
    let (world, checkpoint, lines) = exported();
    let lead = "00000000-0000-0000-0000-0000000000ff";
    for (stored, shown) in [
        ("\"type\":\"LeadQualified\"", "\"type\":\"LeadRejected\""),
        ("\"occurredAt\":\"2026", "\"occurredAt\":\"2025"),
        ("\"recordedAt\":\"2026", "\"recordedAt\":\"2025"),
        (lead, "00000000-0000-0000-0000-0000000000fe"),
        ("\"fact\":{", "\"fact\":{ "),
        ("\"actor\":null", "\"actor\":null,\"actor\":null"),
    ] {
        assert!(lines[2].contains(stored), "{}", lines[2]);
        let mut forged = lines.clone();
        forged[2] = forged[2].replace(stored, shown);
        let refused = world.verify(&text(&forged), &checkpoint).unwrap_err();
        assert!(matches!(refused, AuditError::ShownDiffers { position: Position(256), .. }), "{shown}: {refused}");
    }
}

/// The lines with a manifest that the log's own key has signed over them, as a forging operator would.
fn resigned(world: &World, lines: &[String]) -> String {
    let keys = SigningKeys::load(&world.folder.path().join("keys")).unwrap().unwrap();
    let (manifest, before) = lines.split_last().unwrap();
    let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap();
    let (body, _) = manifest["manifest"].as_str().unwrap().rsplit_once("\n\n").unwrap();
    let (body, _) = body.rsplit_once("sha256 ").unwrap();
    let digest = crate::tree::Hash(sha2::Sha256::digest(text(before)).into());
    let note = keys.sign(&format!("{body}sha256 {digest}\n")).unwrap();
    text(before) + &serde_json::json!({ "manifest": note }).to_string() + "\n"
}

#[test]
fn personal_values_beside_an_event_that_has_none_are_refused_even_when_they_are_signed() {
    let (world, checkpoint, lines) = exported();
    assert!(world.verify(&resigned(&world, &lines), &checkpoint).is_ok());
    for shown in [r#""personal":{"name":"Вера"}"#, r#""personal":"erased""#] {
        let mut forged = lines.clone();
        forged[2] = forged[2].replace(r#""personal":null"#, shown);
        let refused = world.verify(&resigned(&world, &forged), &checkpoint).unwrap_err();
        assert!(matches!(refused, AuditError::ShownDiffers { position: Position(256), .. }), "{refused}");
    }
}

#[test]
fn a_removed_event_is_refused_also_when_the_manifest_is_adapted() {
    let (world, checkpoint, lines) = exported();
    let mut removed = lines.clone();
    removed.remove(2);
    let refused = world.verify(&text(&removed), &checkpoint).unwrap_err();
    assert!(matches!(refused, AuditError::EventsMissing { stated: 4, found: 3 }), "{refused}");
    removed[4] = removed[4].replace("events 4", "events 3");
    let refused = world.verify(&text(&removed), &checkpoint).unwrap_err();
    assert!(matches!(refused, AuditError::Manifest(CheckpointError::Forged { .. })), "{refused}");
}

#[test]
fn a_reordered_pair_and_a_repeated_event_are_refused() {
    let (world, checkpoint, lines) = exported();
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    let refused = world.verify(&text(&swapped), &checkpoint).unwrap_err();
    assert!(matches!(refused, AuditError::OutOfOrder { position: Position(256), after: Position(257) }), "{refused}");
    let mut renumbered = lines.clone();
    renumbered[2] = lines[3].replace("\"position\":257", "\"position\":256");
    renumbered[3] = lines[2].replace("\"position\":256", "\"position\":257");
    let refused = world.verify(&text(&renumbered), &checkpoint).unwrap_err();
    assert!(matches!(refused, AuditError::Changed(Position(256))), "{refused}");
    let mut repeated = lines;
    repeated.insert(2, repeated[2].clone());
    let refused = world.verify(&text(&repeated), &checkpoint).unwrap_err();
    assert!(matches!(refused, AuditError::OutOfOrder { .. }), "{refused}");
}

#[test]
fn an_event_of_another_export_does_not_fit_in() {
    let (world, checkpoint, lines) = exported();
    let other = world.export(&[7], &checkpoint, &[]);
    let mut added = lines;
    added.insert(2, other.lines().nth(1).unwrap().to_owned());
    let refused = world.verify(&text(&added), &checkpoint).unwrap_err();
    assert!(matches!(refused, AuditError::EventsMissing { stated: 4, found: 5 }), "{refused}");
}

#[test]
fn a_forged_checkpoint_is_refused() {
    let (world, checkpoint, lines) = exported();
    let mut forged = lines.clone();
    forged[0] = forged[0].replace(&checkpoint.root().to_string(), &crate::tree::Hash([7; 32]).to_string());
    let refused = world.verify(&text(&forged), &checkpoint).unwrap_err();
    assert!(matches!(refused, AuditError::Checkpoint(CheckpointError::Forged { .. })), "{refused}");
    let other = World::new();
    let refused = other.verify(&text(&lines), &other.fill(400)).unwrap_err();
    assert!(matches!(refused, AuditError::Checkpoint(CheckpointError::Untrusted)), "{refused}");
}

#[test]
fn a_truncated_log_and_a_rewritten_one_are_refused() {
    let (world, older, lines) = exported();
    let newer = world.fill(1);
    let refused = world.verify(&text(&lines), &newer).unwrap_err();
    assert!(matches!(refused, AuditError::Truncated { found: 400, trusted: 401 }), "{refused}");

    // The operator begins the log anew under the same key, with other records.
    let rewritten = World::with_keys_of(&world);
    let same_size = rewritten.fill(400);
    let export = rewritten.export(&[1], &same_size, &[]);
    let refused = world.verify(&export, &older).unwrap_err();
    assert!(matches!(refused, AuditError::Inconsistent { trusted: 400, size: 400 }), "{refused}");
    let grown = rewritten.fill(50);
    let export = rewritten.export(&[1], &grown, &[same_size]);
    let refused = world.verify(&export, &older).unwrap_err();
    assert!(matches!(refused, AuditError::Inconsistent { trusted: 400, size: 450 }), "{refused}");
}

#[test]
fn a_file_that_is_cut_short_or_goes_on_is_refused() {
    let (world, checkpoint, lines) = exported();
    let refused = world.verify(&text(&lines[..5]), &checkpoint).unwrap_err();
    assert!(matches!(refused, AuditError::Incomplete), "{refused}");
    let refused = world.verify("", &checkpoint).unwrap_err();
    assert!(matches!(refused, AuditError::Incomplete), "{refused}");
    let more = text(&lines) + "{}\n";
    let refused = world.verify(&more, &checkpoint).unwrap_err();
    assert!(matches!(refused, AuditError::Malformed { line: 7, .. }), "{refused}");
}

#[test]
fn any_changed_byte_of_an_export_is_noticed() {
    let world = World::new();
    let checkpoint = world.fill(5);
    let export = world.export(&[1, 4], &checkpoint, &[]);
    for at in 0..export.len() {
        let mut bytes = export.clone().into_bytes();
        bytes[at] ^= 1;
        let found = verify_export(&mut Cursor::new(&bytes), &checkpoint, &world.keys());
        assert!(found.is_err(), "byte {at} of {export}");
    }
}

#[test]
fn a_proof_file_verifies_and_forged_ones_do_not() {
    let world = World::new();
    let checkpoint = world.fill(300);
    for position in [1, 2, 255, 256, 257, 300] {
        let text = world.log.prove(Position(position), &checkpoint).unwrap().to_text();
        let proof = TlogProof::parse(&text).unwrap();
        assert_eq!(proof.to_text(), text);
        assert_eq!(proof.index, position - 1);
        assert_eq!(proof.verify(&world.keys()).unwrap(), checkpoint);
        let keys = world.folder.path().join("keys").join(VERIFYING_KEYS_FILE);
        let said = independent::verify(&text, None, &keys).unwrap();
        assert_eq!(said, format!("the record at position {position} is in the log of 300 records\n"));
        let moved = text.replace(&format!("index {}\n", position - 1), "index 7\n");
        assert_eq!(independent::verify(&moved, None, &keys), Err("changed".to_owned()));
        assert_eq!(
            TlogProof::parse(&moved).unwrap().verify(&world.keys()),
            Err(TlogProofError::NotIncluded(Position(8)))
        );
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8(bytes).map(|text| TlogProof::parse(&text));
            let is_refused = changed.is_ok_and(|parsed| parsed.is_ok_and(|proof| proof.verify(&world.keys()).is_ok()));
            assert!(!is_refused, "byte {at} of {text}");
        }
    }
}

#[test]
fn what_a_checkpoint_does_not_cover_is_not_proved() {
    let world = World::new();
    let older = world.fill(3);
    let newer = world.fill(3);
    let refused = world.log.prove(Position(4), &older).unwrap_err();
    assert!(matches!(refused, ProofError::NotCovered { position: Position(4), size: 3 }), "{refused}");
    let refused = world.log.prove(Position(0), &older).unwrap_err();
    assert!(matches!(refused, ProofError::NotCovered { .. }), "{refused}");
    let refused = world.log.prove_consistency(&newer, &older).unwrap_err();
    assert!(matches!(refused, ProofError::NotOlder { older: 6, size: 3 }), "{refused}");
    assert!(world.log.prove_consistency(&older, &newer).unwrap().proves(&older, &newer));
    let strange = World::new();
    let refused = world.log.prove(Position(1), &strange.fill(6)).unwrap_err();
    assert!(matches!(refused, ProofError::OtherRoot { size: 6 }), "{refused}");
    let refused = world.log.prove(Position(1), &strange.fill(1)).unwrap_err();
    assert!(matches!(refused, ProofError::Ahead { size: 7, head: 6 }), "{refused}");
}

#[test]
fn a_log_without_a_key_vouches_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let env = Arc::new(SeededEnvironment::new(1, NOW));
    let log = RocksLog::open(folder.path(), env, &Options::default()).unwrap();
    append(&*log, request([qualified(1, 1)])).unwrap();
    let refused = log.checkpoint().unwrap_err();
    assert!(refused.to_string().contains("letopis key generate"), "{refused}");
    assert_eq!(log.last_checkpoint(), None);
    assert_eq!(log.head(), Position(1));
}
