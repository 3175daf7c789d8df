//! What an auditor gets: a key, checkpoints, an export with proofs that two verifiers accept or refuse; and backups.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::command_line::{run, stdout};
use crate::harness::TestApp;
use crate::world;

/// A data folder with a signing key, the history of an account, and a checkpoint that an auditor holds.
struct Audited {
    folder: std::sync::Arc<TempDir>,
    account: String,
    checkpoint: PathBuf,
    outside: TempDir,
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn audited() -> Audited {
    let app = TestApp::start();
    let folder = app.into_folder();
    let named = ["key", "generate", "--name", "crm.example.com/log", "--data", text(folder.path())];
    let said = stdout(&run(&named));
    assert!(said.starts_with("crm.example.com/log+"), "{said}");
    let app = TestApp::open(std::sync::Arc::clone(&folder));
    let account = world::account(&app, "Vega");
    for number in 0..20 {
        world::note(&app, &account, &format!("note {number}"));
    }
    let outside = TempDir::new().unwrap();
    let checkpoint = outside.path().join("checkpoint");
    let note = app.data("{ log { checkpoint } }")["log"]["checkpoint"].as_str().unwrap().to_owned();
    assert!(note.starts_with("crm.example.com/log\n21\n"), "{note}");
    fs::write(&checkpoint, note).unwrap();
    world::note(&app, &account, "later");
    drop(app);
    Audited { folder, account, checkpoint, outside }
}

impl Audited {
    fn key(&self) -> PathBuf {
        self.folder.path().join("keys").join("checkpoint.pub")
    }

    fn export(&self, name: &str) -> PathBuf {
        let to = self.outside.path().join(name);
        let exported = run(&[
            "export",
            "--data",
            text(self.folder.path()),
            "--account",
            &self.account,
            "--with-proofs",
            "--since",
            text(&self.checkpoint),
            "--to",
            text(&to),
        ]);
        assert!(stdout(&exported).starts_with("22 events"), "{exported:?}");
        to
    }

    /// What both verifiers say of a file.
    fn verify(&self, file: &Path) -> [Output; 2] {
        let (file, checkpoint, key) = (text(file), text(&self.checkpoint).to_owned(), self.key());
        let trusted = [file, "--checkpoint", &checkpoint, "--key", text(&key)];
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verifier/verify.py");
        let other = Command::new("python3").arg(script).args(trusted).output().expect("python3 is installed");
        [run(&[&["verify-proof"], &trusted[..]].concat()), other]
    }
}

#[test]
fn two_verifiers_accept_an_export_and_refuse_a_changed_one() {
    let audited = audited();
    let export = audited.export("account.ndjson");
    for said in audited.verify(&export) {
        assert!(said.status.success(), "{said:?}");
    }
    let good = fs::read_to_string(&export).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let without = |left_out: usize| lines.iter().enumerate().filter(move |(at, _)| *at != left_out);
    let removed: String = without(5).map(|(_, line)| format!("{line}\n")).collect();
    let mut swapped = lines.clone();
    swapped.swap(4, 5);
    let swapped: String = swapped.iter().map(|line| format!("{line}\n")).collect();
    let changed = good.replacen("\"occurredAt\":\"20", "\"occurredAt\":\"19", 1);
    for (name, forged) in [("removed", removed), ("swapped", swapped), ("changed", changed)] {
        assert_ne!(forged, good, "{name}");
        let file = audited.outside.path().join(name);
        fs::write(&file, forged).unwrap();
        for said in audited.verify(&file) {
            assert!(!said.status.success(), "{name}: {said:?}");
        }
    }
}

#[test]
fn an_export_goes_on_from_a_checkpoint_that_only_the_auditor_still_has() {
    let audited = audited();
    fs::remove_file(audited.folder.path().join("log").join("checkpoints")).unwrap();
    let export = audited.export("account.ndjson");
    for said in audited.verify(&export) {
        assert!(said.status.success(), "{said:?}");
    }
    let forged = fs::read_to_string(&audited.checkpoint).unwrap().replacen("\n21\n", "\n20\n", 1);
    fs::write(&audited.checkpoint, forged).unwrap();
    let (data, to, since) = (audited.folder.path(), audited.outside.path().join("other"), &audited.checkpoint);
    let export = ["export", "--data", text(data), "--account", &audited.account, "--with-proofs"];
    let refused = run(&[&export[..], &["--since", text(since), "--to", text(&to)]].concat());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is not of this log"), "{refused:?}");
    assert!(!to.exists());
}

#[test]
fn a_single_event_is_proved_over_graphql() {
    let audited = audited();
    let app = TestApp::open(std::sync::Arc::clone(&audited.folder));
    let proof = app.data("{ event(position: \"7\") { proof } }")["event"]["proof"].as_str().unwrap().to_owned();
    let file = audited.outside.path().join("event.tlog-proof");
    fs::write(&file, &proof).unwrap();
    // A proof says nothing of how its checkpoint goes on from another.
    for said in audited.verify(&file) {
        assert!(!said.status.success(), "{said:?}");
        let said = [said.stdout, said.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
        assert!(said.contains("not proved") && !said.contains("is part of the log"), "{said}");
    }
    let note = app.data("{ log { checkpoint } }")["log"]["checkpoint"].as_str().unwrap().to_owned();
    fs::write(&audited.checkpoint, note).unwrap();
    for said in audited.verify(&file) {
        assert!(said.status.success(), "{said:?}");
    }
    let alone = stdout(&run(&["verify-proof", text(&file), "--key", text(&audited.key())]));
    assert!(alone.contains("not proved: that this checkpoint is of the log as others know it"), "{alone}");
    fs::write(&file, proof.replacen("index 6", "index 5", 1)).unwrap();
    for said in audited.verify(&file) {
        assert!(!said.status.success(), "{said:?}");
    }
}

#[test]
fn a_log_is_shown_to_go_on_from_a_checkpoint_by_file_and_over_graphql() {
    let audited = audited();
    let (data, later) = (text(audited.folder.path()).to_owned(), audited.outside.path().join("later"));
    let since = ["checkpoint", "--data", &data, "--since", text(&audited.checkpoint)];
    stdout(&run(&[&since[..], &["--to", text(&later)]].concat()));
    assert!(fs::read_to_string(&later).unwrap().starts_with("old 21\n"));
    for said in audited.verify(&later) {
        assert!(stdout(&said).contains("22 records goes on from the trusted checkpoint"), "{said:?}");
    }
    let alone = run(&["verify-proof", text(&later), "--key", text(&audited.key())]);
    assert!(String::from_utf8_lossy(&alone.stderr).contains("say --checkpoint"), "{alone:?}");
    let next = audited.outside.path().join("next");
    let since = ["checkpoint", "--data", &data, "--since", text(&later), "--to", text(&next)];
    stdout(&run(&since));
    let key = audited.key();
    let with_later = ["verify-proof", text(&next), "--checkpoint", text(&later), "--key", text(&key)];
    assert!(stdout(&run(&with_later)).contains("22 records goes on from"), "one continuation after the other");
    let bare = stdout(&run(&["checkpoint", "--data", &data]));
    assert!(bare.starts_with("crm.example.com/log\n22\n"), "{bare}");
    let app = TestApp::open(std::sync::Arc::clone(&audited.folder));
    let query = "query($since: String!) { log { continuation(since: $since) } }";
    let held = fs::read_to_string(&audited.checkpoint).unwrap();
    let answer = app.request(query).variables(serde_json::json!({ "since": held })).send();
    fs::write(&later, answer.data()["log"]["continuation"].as_str().unwrap()).unwrap();
    for said in audited.verify(&later) {
        assert!(stdout(&said).contains("goes on from the trusted checkpoint"), "{said:?}");
    }
    let forged = held.replacen("\n21\n", "\n20\n", 1);
    let refused = app.request(query).variables(serde_json::json!({ "since": forged })).send();
    assert_eq!(refused.code(), "BAD_USER_INPUT");
    let changed = fs::read_to_string(&later).unwrap().replacen("old 21\n", "old 20\n", 1);
    fs::write(&later, changed).unwrap();
    for said in audited.verify(&later) {
        assert!(!said.status.success(), "{said:?}");
    }
}

#[test]
fn a_log_that_lost_its_end_does_not_go_on_from_the_auditors_checkpoint() {
    let audited = audited();
    let backups = audited.outside.path().join("backups");
    let (data, to) = (text(audited.folder.path()).to_owned(), text(&backups).to_owned());
    let taken = stdout(&run(&["backup", "--data", &data, "--to", &to]));
    assert!(taken.starts_with("backup 1 in "), "{taken}");
    let app = TestApp::open(std::sync::Arc::clone(&audited.folder));
    world::note(&app, &audited.account, "after the backup");
    let note = app.data("{ log { checkpoint } }")["log"]["checkpoint"].as_str().unwrap().to_owned();
    fs::write(&audited.checkpoint, note).unwrap();
    drop(app);
    let shorter = audited.outside.path().join("shorter.ndjson");
    let since = audited.outside.path().join("none");
    assert!(!since.exists());
    // The log as it was, exported by whoever holds its keys.
    let restored = audited.outside.path().join("restored");
    fs::create_dir_all(restored.join("keys")).unwrap();
    for entry in fs::read_dir(audited.folder.path().join("keys")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, restored.join("keys").join(path.file_name().unwrap())).unwrap();
    }
    // A ledger that was kept apart would have the checkpoint beside it, and the restore would be refused.
    let ledger = audited.outside.path().join("ledger");
    fs::copy(restored.join("keys").join("erasures"), &ledger).unwrap();
    let said = stdout(&run(&["restore", "--data", text(&restored), "--from", &to, "--ledger", text(&ledger)]));
    assert!(said.contains("is sound"), "{said}");
    let exported = run(&[
        "export",
        "--data",
        text(&restored),
        "--account",
        &audited.account,
        "--with-proofs",
        "--to",
        text(&shorter),
    ]);
    assert!(exported.status.success(), "{exported:?}");
    for said in audited.verify(&shorter) {
        assert!(!said.status.success(), "{said:?}");
    }
    // Another history of the same length is signed by the same key, and is not the one that the auditor knows.
    let forked = std::sync::Arc::new(TempDir::new().unwrap());
    fs::remove_dir(forked.path()).unwrap();
    fs::rename(&restored, forked.path()).unwrap();
    let app = TestApp::open(std::sync::Arc::clone(&forked));
    world::note(&app, &audited.account, "something else");
    let proof = app.data("{ event(position: \"23\") { proof } }")["event"]["proof"].as_str().unwrap().to_owned();
    let file = audited.outside.path().join("forked.tlog-proof");
    fs::write(&file, &proof).unwrap();
    for said in audited.verify(&file) {
        assert!(!said.status.success(), "{said:?}");
        assert!(String::from_utf8_lossy(&said.stderr).contains("another root"), "{said:?}");
    }
}

#[test]
fn read_models_that_were_damaged_are_not_called_sound() {
    let audited = audited();
    let data = audited.folder.path();
    let views = data.join("views");
    let current = fs::read_to_string(views.join("current")).unwrap();
    let tables = fs::read_dir(views.join(&current)).unwrap().map(|entry| entry.unwrap().path());
    let tables: Vec<PathBuf> = tables.filter(|path| path.extension().is_some_and(|end| end == "sst")).collect();
    assert!(!tables.is_empty());
    for table in tables {
        fs::write(table, "damaged").unwrap();
    }
    let verified = run(&["verify", "--deep", "--data", text(data)]);
    assert_eq!(verified.status.code(), Some(4), "{verified:?}");
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(said.contains("they were damaged, and they were built anew"), "{said}");
    // What was built anew is whole.
    assert!(stdout(&run(&["verify", "--deep", "--data", text(data)])).contains("the log is sound"));
}

#[test]
fn deep_verification_finds_the_read_models_equal_to_a_rebuild() {
    let audited = audited();
    let said = stdout(&run(&["verify", "--deep", "--data", text(audited.folder.path())]));
    assert!(said.contains("the log is sound"), "{said}");
}
