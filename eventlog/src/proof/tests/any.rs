//! Files that nobody signed: whatever is read, it is refused with a reason or it is what was signed.

use std::io::Cursor;
use std::path::Path;
use std::sync::OnceLock;

use letopis_domain::ids::Position;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::contract::{NOW, append, qualified, request};
use crate::environment::SeededEnvironment;
use crate::proof::*;
use crate::rocks::{Export, Options, RocksLog};

/// Good files of one log.
struct Corpus {
    keys: VerifyingKeys,
    keys_text: String,
    checkpoint: Checkpoint,
    export: String,
    proof: String,
    older: Checkpoint,
    continuation: String,
}

fn corpus() -> &'static Corpus {
    static CORPUS: OnceLock<Corpus> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        SigningKeys::generate(&keys, "crm.example.com/log").unwrap();
        let env = std::sync::Arc::new(SeededEnvironment::new(1, NOW));
        let log = RocksLog::open(folder.path(), env, &Options::default()).unwrap();
        append(&*log, request((0..9).map(|number| qualified(number, 1)))).unwrap();
        let older = log.checkpoint().unwrap();
        append(&*log, request((0..9).map(|number| qualified(number, 1)))).unwrap();
        let checkpoint = log.checkpoint().unwrap();
        let mut out = Vec::new();
        let positions = [Position(2), Position(9), Position(10)];
        let export = Export {
            about: "lead",
            positions: &positions,
            checkpoint: &checkpoint,
            since: std::slice::from_ref(&older),
        };
        log.export(&export, &mut out).unwrap();
        Corpus {
            keys: VerifyingKeys::load(&keys).unwrap(),
            keys_text: std::fs::read_to_string(keys.join(VERIFYING_KEYS_FILE)).unwrap(),
            export: String::from_utf8(out).unwrap(),
            proof: log.prove(Position(7), &checkpoint).unwrap().to_text(),
            continuation: log.continuation(&older).unwrap().to_text(),
            checkpoint,
            older,
        }
    })
}

/// A change of a file.
#[derive(Clone, Debug)]
enum Edit {
    Cut(Index),
    Remove(Index, Index),
    Repeat(Index, Index),
    Put(Index, Vec<u8>),
    Flip(Index, u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        any::<Index>().prop_map(Edit::Cut),
        any::<[Index; 2]>().prop_map(|[from, to]| Edit::Remove(from, to)),
        any::<[Index; 2]>().prop_map(|[from, to]| Edit::Repeat(from, to)),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Edit::Put(at, bytes)),
        (any::<Index>(), 0_u8..8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
    ]
}

fn edited(text: &str, edits: &[Edit]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits {
        let size = bytes.len() + 1;
        let range = |one: &Index, other: &Index| {
            let (one, other) = (one.index(size), other.index(size));
            one.min(other)..one.max(other)
        };
        match edit {
            Edit::Cut(at) => bytes.truncate(at.index(size)),
            Edit::Remove(from, to) => drop(bytes.drain(range(from, to))),
            Edit::Repeat(from, to) => {
                let again = bytes[range(from, to)].to_vec();
                bytes.extend(again);
            }
            Edit::Put(at, new) => {
                let at = at.index(size);
                bytes.splice(at..at, new.iter().copied());
            }
            Edit::Flip(at, bit) if size > 1 => bytes[at.index(size - 1)] ^= 1 << bit,
            Edit::Flip(..) => {}
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_export_is_what_was_signed_or_refused(edits in prop::collection::vec(edit(), 1..4)) {
        let Corpus { keys, checkpoint, export, .. } = corpus();
        let bytes = edited(export, &edits);
        let found = verify_export(&mut Cursor::new(&bytes), checkpoint, keys);
        prop_assert_eq!(found.is_ok(), bytes == export.as_bytes());
    }

    #[test]
    fn a_proof_file_is_what_was_made_or_refused(edits in prop::collection::vec(edit(), 1..4)) {
        let Corpus { keys, proof, .. } = corpus();
        let Ok(text) = String::from_utf8(edited(proof, &edits)) else { return Ok(()) };
        let is_good = TlogProof::parse(&text).is_ok_and(|proof| proof.verify(keys).is_ok());
        prop_assert_eq!(is_good, text == *proof);
    }

    #[test]
    fn a_continuation_is_what_was_proved_or_refused(edits in prop::collection::vec(edit(), 1..4)) {
        let Corpus { keys, older, checkpoint, continuation, .. } = corpus();
        let Ok(text) = String::from_utf8(edited(continuation, &edits)) else { return Ok(()) };
        let read = Continuation::parse(&text).and_then(|read| Ok((read.verify(older, keys)?, read)));
        // A note may carry signatures of others; what is signed must be the same.
        if let Ok((later, read)) = read {
            prop_assert_eq!(later.root(), checkpoint.root());
            prop_assert_eq!(read.proof, Continuation::parse(continuation).unwrap().proof);
        }
    }

    #[test]
    fn a_checkpoint_is_what_was_signed_or_refused(edits in prop::collection::vec(edit(), 1..4)) {
        let Corpus { keys, checkpoint, .. } = corpus();
        let Ok(text) = String::from_utf8(edited(checkpoint.note(), &edits)) else { return Ok(()) };
        let opened = Checkpoint::open(&text, keys);
        // A note may carry signatures of others; what is signed must be the same.
        prop_assert!(opened.is_err() || opened.is_ok_and(|opened| opened.root() == checkpoint.root()));
    }

    #[test]
    fn keys_are_read_or_refused(edits in prop::collection::vec(edit(), 1..4)) {
        if let Ok(text) = String::from_utf8(edited(&corpus().keys_text, &edits)) {
            let read = VerifyingKeys::parse(&text, Path::new("keys"));
            prop_assert!(read.err().is_none_or(|refused| !refused.to_string().is_empty()));
        }
    }

    #[test]
    fn any_text_is_refused(text in any::<String>()) {
        let Corpus { keys, checkpoint, .. } = corpus();
        prop_assert!(verify_export(&mut Cursor::new(text.as_bytes()), checkpoint, keys).is_err());
        prop_assert!(TlogProof::parse(&text).is_err());
        prop_assert!(Checkpoint::open(&text, keys).is_err());
    }
}
