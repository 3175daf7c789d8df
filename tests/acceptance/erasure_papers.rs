//! The papers of an erasure: a certificate that verifies offline, and the act and extract of Russian practice.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command_line::{run, stdout};
use crate::harness::TestApp;
use crate::world;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn lead_of(app: &TestApp, name: &str) -> Value {
    let input = json!({ "source": "fair", "name": name, "phones": ["+7 495 555-01-01"], "message": "call me" });
    app.done("receiveLead", input, "lead { id dataSubject { id } }")["lead"].clone()
}

#[test]
fn an_erasure_is_certified_over_graphql() {
    let folder = TestApp::start().into_folder();
    stdout(&run(&["key", "generate", "--name", "crm.example.com/log", "--data", text(folder.path())]));
    let app = TestApp::open(folder);
    let subject = world::id(&lead_of(&app, "Vera Petrova")["dataSubject"]);
    let query = "query($id: ID!) { dataSubject(id: $id) { erasureCertificate } }";
    let certificate = || app.request(query).variables(json!({ "id": subject })).send().data()["dataSubject"].clone();
    assert_eq!(certificate()["erasureCertificate"], Value::Null, "there is nothing to certify yet");
    app.done("eraseSubject", json!({ "subject": subject, "ground": "CONSENT_WITHDRAWN" }), "position");
    let certificate = certificate()["erasureCertificate"].as_str().unwrap().to_owned();
    assert!(certificate.starts_with("letopis erasure certificate 1\norigin crm.example.com/log\n"), "{certificate}");
    let outside = TempDir::new().unwrap();
    let file = outside.path().join("certificate");
    fs::write(&file, certificate).unwrap();
    let key = app.folder().join("keys").join("checkpoint.pub");
    let verify = ["verify-proof", text(&file), "--key", text(&key)];
    assert!(stdout(&run(&verify)).contains("the keys of 1 data subjects were destroyed"));
}

#[test]
fn an_erasure_is_certified_outside_the_log() {
    let folder = TestApp::start().into_folder();
    let data = text(folder.path()).to_owned();
    stdout(&run(&["key", "generate", "--name", "crm.example.com/log", "--data", &data]));
    let app = TestApp::open(folder);
    let lead = lead_of(&app, "Vera Petrova");
    let subject = world::id(&lead["dataSubject"]);
    let outside = TempDir::new().unwrap();
    let before = outside.path().join("before");
    fs::write(&before, app.data("{ log { checkpoint } }")["log"]["checkpoint"].as_str().unwrap()).unwrap();
    let papers = outside.path().join("papers");
    let arguments = [
        "erasure-record",
        "--data",
        &data,
        "--subject",
        &subject,
        "--to",
        text(&papers),
        "--operator",
        "ООО «Вега»",
        "--operator-address",
        "Москва, ул. Полевая, 1",
        "--executor",
        "Анна Орлова, администратор",
        "--person",
        "Вера Петрова",
    ];
    let folder = app.into_folder();
    let refused = run(&arguments);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("records no erasure"), "{refused:?}");
    let app = TestApp::open(folder);
    let erase = json!({ "subject": subject, "ground": "CONSENT_WITHDRAWN", "reference": "2026/17" });
    let erased = app.done("eraseSubject", erase, "position");
    let _folder = app.into_folder();
    let said = stdout(&run(&arguments));
    assert!(said.contains(&format!("at position {} is certified", erased["position"].as_str().unwrap())), "{said}");

    let read = |name: &str| fs::read_to_string(papers.join(name)).unwrap();
    for name in ["certificate.txt", "erasure.tlog-proof", "act.txt", "extract.csv"] {
        assert_eq!(fs::metadata(papers.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    let certificate = read("certificate.txt");
    assert!(certificate.contains("\nground CONSENT_WITHDRAWN\nreference 2026/17\n"), "{certificate}");
    assert!(certificate.contains("\npurged the read model timeline\n"), "{certificate}");
    assert!(!certificate.contains("Vera"), "{certificate}");
    let act = read("act.txt");
    for part in ["ООО «Вега», Москва", "Вера Петрова, псевдонимы", "номера телефонов", "ч. 5 ст. 21", "Анна Орлова"]
    {
        assert!(act.contains(part), "{part}: {act}");
    }
    let extract = read("extract.csv");
    assert!(extract.lines().count() == 2 && extract.contains("текст обращения"), "{extract}");

    let key = Path::new(&data).join("keys").join("checkpoint.pub");
    let verify = |file: &str, checkpoint: &Path| {
        let file = papers.join(file);
        run(&["verify-proof", text(&file), "--key", text(&key), "--checkpoint", text(checkpoint)])
    };
    let said = stdout(&verify("certificate.txt", &before));
    assert!(said.contains("the keys of 1 data subjects were destroyed"), "{said}");
    let forged = certificate.replace("2026/17", "2026/18");
    fs::write(papers.join("forged"), forged).unwrap();
    assert!(!verify("forged", &before).status.success());
    fs::remove_file(papers.join("certificate.txt")).unwrap();
    let again = run(&arguments);
    assert!(!papers.join("certificate.txt").exists(), "all papers are written, or none");
    assert!(String::from_utf8_lossy(&again.stderr).contains("--force"), "papers are not replaced: {again:?}");
}
