//! Certificates of erasures, sound and forged.

use std::sync::Arc;

use letopis_domain::ids::Position;

use crate::contract::{NOW, append, erased, received, request, subject};
use crate::environment::SeededEnvironment;
use crate::proof::*;
use crate::rocks::{Certified, CertifyError, Options, RocksLog};

struct World {
    folder: tempfile::TempDir,
    log: Arc<RocksLog>,
    keys: VerifyingKeys,
}

impl World {
    /// A log with two people, one of whom is erased after a checkpoint.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        SigningKeys::generate(&keys, "crm.example.com/log").unwrap();
        let env = Arc::new(SeededEnvironment::new(1, NOW));
        let log = RocksLog::open(folder.path(), env, &Options::default()).unwrap();
        append(&*log, request([received(1, 1, "+31 20 555 01 01"), received(2, 2, "+31 20 555 01 02")])).unwrap();
        log.checkpoint().unwrap();
        append(&*log, request([received(3, 1, "+31 20 555 01 01")])).unwrap();
        append(&*log, request([erased(&[1])])).unwrap();
        Self { folder, log, keys: VerifyingKeys::load(&keys).unwrap() }
    }

    fn certified(&self) -> Certified {
        self.log.certify_erasure(Position(4), &["timeline"]).unwrap()
    }
}

#[test]
fn a_certificate_says_whose_keys_are_gone_and_binds_itself_to_the_log() {
    let world = World::new();
    let Certified { certificate, note, proof } = world.certified();
    assert_eq!(Certificate::open(&note, &world.keys, None).unwrap(), certificate);
    assert_eq!((certificate.before.size, certificate.after.size), (2, 4));
    assert_eq!(certificate.subjects.len(), 1);
    assert_eq!(certificate.subjects[0].0, subject(1));
    assert!(certificate.subjects[0].1.bytes().any(|byte| byte != b'0'), "{certificate:?}");
    assert!(certificate.purged.contains(&"the read model timeline".to_owned()));
    assert_eq!(proof.verify(&world.keys).unwrap().size(), 4);
    for trusted in world.log.checkpoints().unwrap() {
        assert!(Certificate::open(&note, &world.keys, Some(&trusted)).is_ok(), "{trusted:?}");
    }
    append(&*world.log, request([received(4, 2, "+31 20 555 01 02")])).unwrap();
    let later = world.log.checkpoint().unwrap();
    let refused = Certificate::open(&note, &world.keys, Some(&later)).unwrap_err();
    assert_eq!(refused, CertificateError::NotCompared { before: 2, after: 4, trusted: 5 });
}

#[test]
fn a_forged_certificate_is_refused() {
    let world = World::new();
    let note = world.certified().note;
    for at in 0..note.len() {
        let mut bytes = note.clone().into_bytes();
        bytes[at] ^= 1;
        let found = String::from_utf8(bytes).map(|text| Certificate::open(&text, &world.keys, None));
        assert!(!matches!(found, Ok(Ok(_))), "byte {at} of {note}");
    }
    let other = World::new();
    let refused = Certificate::open(&note, &other.keys, None).unwrap_err();
    assert_eq!(refused, CertificateError::Signature(CheckpointError::Untrusted));
    let certificate = world.certified().certificate;
    let keys = SigningKeys::load(&world.folder.path().join("keys")).unwrap().unwrap();
    let beyond = Certificate { position: Position(9), ..certificate.clone() }.sign(&keys).unwrap();
    let refused = Certificate::open(&beyond, &world.keys, None).unwrap_err();
    assert_eq!(refused, CertificateError::Inconsistent { before: 2, after: 4 });
    let unproved = Certificate { consistency: Vec::new(), ..certificate }.sign(&keys).unwrap();
    assert_eq!(Certificate::open(&unproved, &world.keys, None).unwrap_err(), refused);
}

#[test]
fn only_an_erasure_is_certified() {
    let world = World::new();
    for position in [1, 3, 5] {
        let refused = world.log.certify_erasure(Position(position), &[]).unwrap_err();
        assert!(matches!(refused, CertifyError::NoErasure(Position(found)) if found == position), "{refused}");
    }
}
