//! Key files, and checkpoints that they sign.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::proof::*;
use crate::tree::Hash;

const ORIGIN: &str = "crm.example.com/log";

fn keys(folder: &Path) -> SigningKeys {
    SigningKeys::load(folder).unwrap().unwrap()
}

fn generated() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    SigningKeys::generate(folder.path(), ORIGIN).unwrap();
    folder
}

#[test]
fn a_key_is_made_once_and_its_secret_is_for_its_owner_alone() {
    let folder = generated();
    let secret = folder.path().join(SIGNING_KEYS_FILE);
    assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read_to_string(&secret).unwrap();
    let refused = SigningKeys::generate(folder.path(), ORIGIN).unwrap_err();
    assert!(matches!(refused, KeyError::Exists(_)), "{refused}");
    assert_eq!(fs::read_to_string(&secret).unwrap(), before);
}

#[test]
fn a_secret_never_gets_into_a_file_that_others_may_read() {
    let folder = tempfile::tempdir().unwrap();
    for left in ["checkpoint.key.new", "checkpoint.pub.new", "checkpoint.new"] {
        fs::write(folder.path().join(left), "left by a crash").unwrap();
        fs::set_permissions(folder.path().join(left), fs::Permissions::from_mode(0o644)).unwrap();
    }
    SigningKeys::generate(folder.path(), ORIGIN).unwrap();
    fs::write(folder.path().join("checkpoint.key.new"), "left by a crash").unwrap();
    SigningKeys::add(folder.path()).unwrap();
    let secret = folder.path().join(SIGNING_KEYS_FILE);
    assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&secret).unwrap().matches("PRIVATE+KEY").count(), 2);
    assert_eq!(fs::read_to_string(folder.path().join("checkpoint.new")).unwrap(), "left by a crash");
}

#[test]
fn a_key_whose_making_was_interrupted_is_made_to_the_end() {
    let folder = generated();
    let (secret, new) = (folder.path().join(SIGNING_KEYS_FILE), folder.path().join("checkpoint.key.new"));
    fs::rename(&secret, &new).unwrap();
    let other_name = SigningKeys::generate(folder.path(), "other.example.com/log").unwrap_err();
    assert!(matches!(other_name, KeyError::Exists(_)), "{other_name}");
    let verifying = SigningKeys::generate(folder.path(), ORIGIN).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join(VERIFYING_KEYS_FILE)).unwrap().trim(), verifying);
    let checkpoint = Checkpoint::sign(&keys(folder.path()), 7, Hash([1; 32])).unwrap();
    Checkpoint::open(checkpoint.note(), &VerifyingKeys::load(folder.path()).unwrap()).unwrap();
    // Public halves without a secret are the history of a log, and nothing to begin anew.
    fs::remove_file(&secret).unwrap();
    assert!(matches!(SigningKeys::generate(folder.path(), ORIGIN), Err(KeyError::Exists(_))));
}

#[test]
fn keys_are_made_in_a_folder_for_their_owner_alone_by_one_at_a_time() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("keys");
    SigningKeys::generate(&folder, ORIGIN).unwrap();
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let other = fs::File::open(&folder).unwrap();
    other.lock().unwrap();
    assert!(matches!(SigningKeys::add(&folder), Err(KeyError::InUse(_))));
    drop(other);
    SigningKeys::add(&folder).unwrap();
}

#[test]
fn a_further_key_brings_back_public_halves_that_were_lost() {
    let folder = generated();
    SigningKeys::add(folder.path()).unwrap();
    let public = folder.path().join(VERIFYING_KEYS_FILE);
    let whole = fs::read_to_string(&public).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    for left in [None, Some(lines[0]), Some(lines[1])] {
        match left {
            None => fs::remove_file(&public).unwrap(),
            Some(left) => fs::write(&public, left).unwrap(),
        }
        let added = SigningKeys::add(folder.path()).unwrap();
        let found = fs::read_to_string(&public).unwrap();
        assert!(lines.iter().all(|line| found.lines().filter(|found| found == line).count() == 1), "{found}");
        assert_eq!(found.lines().last(), Some(&*added));
    }
    assert_eq!(fs::read_to_string(&public).unwrap().lines().count(), 5);
}

#[test]
fn a_name_that_no_note_can_carry_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["", "with space", "with+plus", "with\nline", "with\u{7}bell", &"x".repeat(256)] {
        let refused = SigningKeys::generate(folder.path(), name).unwrap_err();
        assert!(matches!(refused, KeyError::Name(_)), "{name:?}: {refused}");
    }
    assert!(SigningKeys::load(folder.path()).unwrap().is_none());
}

#[test]
fn a_checkpoint_reads_as_the_text_that_was_signed() {
    let folder = generated();
    let checkpoint = Checkpoint::sign(&keys(folder.path()), 7, Hash([1; 32])).unwrap();
    let lines: Vec<&str> = checkpoint.note().lines().collect();
    assert_eq!(lines[..4], [ORIGIN, "7", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", ""]);
    assert!(lines[4].starts_with(&format!("— {ORIGIN} ")), "{}", lines[4]);
    let trusted = VerifyingKeys::load(folder.path()).unwrap();
    assert_eq!(Checkpoint::open(checkpoint.note(), &trusted).unwrap(), checkpoint);
}

#[test]
fn a_checkpoint_with_any_changed_character_is_refused() {
    let folder = generated();
    let checkpoint = Checkpoint::sign(&keys(folder.path()), 1_234, Hash([1; 32])).unwrap();
    let trusted = VerifyingKeys::load(folder.path()).unwrap();
    for (at, char) in checkpoint.note().char_indices() {
        let other = if char == '5' { '6' } else { '5' };
        let mut changed = checkpoint.note().to_owned();
        changed.replace_range(at..at + char.len_utf8(), &other.to_string());
        assert!(Checkpoint::open(&changed, &trusted).is_err(), "{changed}");
    }
}

#[test]
fn a_checkpoint_of_another_key_is_not_trusted_even_under_the_same_name() {
    let (folder, other) = (generated(), generated());
    let forged = Checkpoint::sign(&keys(other.path()), 7, Hash([1; 32])).unwrap();
    let trusted = VerifyingKeys::load(folder.path()).unwrap();
    assert_eq!(Checkpoint::open(forged.note(), &trusted), Err(CheckpointError::Untrusted));
}

#[test]
fn a_signed_text_that_is_no_checkpoint_is_not_taken_for_one() {
    let folder = generated();
    let note = keys(folder.path())
        .sign("letopis export manifest 1\n7\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n")
        .unwrap();
    let trusted = VerifyingKeys::load(folder.path()).unwrap();
    let refused = Checkpoint::open(&note, &trusted).unwrap_err();
    assert!(matches!(refused, CheckpointError::OtherLog { .. }), "{refused}");
}

#[test]
fn a_key_is_replaced_by_way_of_checkpoints_that_both_have_signed() {
    let folder = generated();
    let older = VerifyingKeys::load(folder.path()).unwrap();
    let first = Checkpoint::sign(&keys(folder.path()), 1, Hash([1; 32])).unwrap();
    let vkey = SigningKeys::add(folder.path()).unwrap();
    let newer = VerifyingKeys::parse(&vkey, Path::new("vkey")).unwrap();
    let both = Checkpoint::sign(&keys(folder.path()), 2, Hash([2; 32])).unwrap();
    for trusted in [&older, &newer] {
        assert_eq!(Checkpoint::open(both.note(), trusted).unwrap(), both);
    }
    SigningKeys::retire_older(folder.path()).unwrap();
    let last = Checkpoint::sign(&keys(folder.path()), 3, Hash([3; 32])).unwrap();
    assert_eq!(Checkpoint::open(last.note(), &older), Err(CheckpointError::Untrusted));
    assert_eq!(Checkpoint::open(last.note(), &newer).unwrap(), last);
    let all = VerifyingKeys::load(folder.path()).unwrap();
    for checkpoint in [first, both, last] {
        assert_eq!(Checkpoint::open(checkpoint.note(), &all).unwrap(), checkpoint);
    }
}

#[test]
fn a_file_of_keys_is_refused_with_the_line_that_is_none() {
    let vkey = fs::read_to_string(generated().path().join(VERIFYING_KEYS_FILE)).unwrap();
    let refused = VerifyingKeys::parse(&format!("# trusted\n{vkey}nonsense\n"), Path::new("keys")).err().unwrap();
    assert!(matches!(refused, KeyError::Malformed { line: 3, .. }), "{refused}");
    let folder = tempfile::tempdir().unwrap();
    let other = SigningKeys::generate(folder.path(), "other.example.com").unwrap();
    let refused = VerifyingKeys::parse(&format!("{vkey}{other}"), Path::new("keys")).err().unwrap();
    assert!(matches!(refused, KeyError::Mixed { line: 2, .. }), "{refused}");
}
