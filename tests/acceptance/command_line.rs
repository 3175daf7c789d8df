//! The command line: what `serve` says and how it stops, and that `replay`, `verify` and `rebuild` agree with the API.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::TestApp;
use crate::world;

/// The `letopis` binary, built beside the test binaries.
fn letopis() -> Command {
    let test = std::env::current_exe().unwrap();
    let binary: PathBuf = test.parent().and_then(Path::parent).unwrap().join("letopis");
    assert!(binary.exists(), "{} is missing: run `cargo build --workspace` first, or `make test`", binary.display());
    Command::new(binary)
}

#[track_caller]
fn run(arguments: &[&str]) -> Output {
    letopis().args(arguments).output().unwrap()
}

#[track_caller]
fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn serve(folder: &Path) -> (Child, BufReader<std::process::ChildStdout>, String) {
    let mut child = letopis()
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("letopis is ready at ").expect("serve prints its address").to_owned();
    (child, out, address)
}

fn signal(child: &Child, signal: i32) {
    let status = Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status().unwrap();
    assert!(status.success());
}

#[test]
fn serve_prints_its_address_holds_its_folder_and_stops_cleanly() {
    let folder = TempDir::new().unwrap();
    for stop in [15, 2] {
        let (mut child, mut out, address) = serve(folder.path());
        let mut answer = ureq::get(format!("{address}health/live")).call().unwrap();
        assert_eq!(answer.body_mut().read_to_string().unwrap(), r#"{"status":"live"}"#);
        let other = run(&["verify", "--data", folder.path().to_str().unwrap()]);
        assert_eq!(other.status.code(), Some(3), "{other:?}");
        let said = String::from_utf8_lossy(&other.stderr).into_owned();
        assert!(said.contains("is in use by another process"), "{said}");
        signal(&child, stop);
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert!(child.wait().unwrap().success());
        assert!(rest.contains("letopis stopped cleanly"), "{rest}");
    }
}

#[test]
fn an_address_in_use_is_named() {
    let app = TestApp::start();
    let folder = TempDir::new().unwrap();
    let output = run(&["serve", "--data", folder.path().to_str().unwrap(), "--listen", &app.address().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("failed to listen on"), "{output:?}");
}

/// Leads, a conversion and notes; gives an account and a lead.
fn history(app: &TestApp) -> (String, String) {
    let world = world::found(app);
    let lead = world::lead(app, "web");
    app.done("assignLead", json!({ "lead": lead, "owner": world.seller }), "lead { id }");
    let convert = json!({ "lead": lead, "account": { "new": { "kind": "COMPANY" } }, "contact": { "new": {} } });
    let converted = app.done("convertLead", convert, "lead { conversion { account { id } } }");
    let account = world::id(&converted["lead"]["conversion"]["account"]);
    app.done("updateAccount", json!({ "account": account, "name": "Vega" }), "account { id }");
    world::note(app, &account, "hello");
    (account, lead)
}

#[test]
fn replay_shows_what_timeline_and_entity_show() {
    let app = TestApp::start();
    let (account, lead) = history(&app);
    let query = "query ($id: ID!, $p: Position!) { account(id: $id, asOf: { position: $p }) { name \
        timeline(first: 100) { nodes { position } } } }";
    let head: u64 = app.data("{ log { head } }")["log"]["head"].as_str().unwrap().parse().unwrap();
    let shown: Vec<Value> = (1..=head)
        .map(|position| {
            let variables = json!({ "id": account, "p": position.to_string() });
            app.request(query).variables(variables).send().data()["account"].clone()
        })
        .collect();
    let folder = app.into_folder();
    let data = folder.path().to_str().unwrap();
    for until in 1..=head {
        let arguments = ["replay", "--data", data, "--account", &account, "--json", "--until", &until.to_string()];
        let output = run(&arguments);
        let expected = &shown[usize::try_from(until).unwrap() - 1];
        if expected.is_null() {
            assert_eq!(output.status.code(), Some(1));
            assert!(String::from_utf8_lossy(&output.stderr).contains("there is no account"), "{output:?}");
            continue;
        }
        let lines: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut positions: Vec<&str> = expected["timeline"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| node["position"].as_str().unwrap())
            .collect();
        positions.sort_by_key(|position| position.parse::<u64>().unwrap());
        assert_eq!(lines.iter().map(|line| line["position"].as_str().unwrap()).collect::<Vec<_>>(), positions);
        assert_eq!(lines.last().unwrap()["state"]["personal"]["name"], expected["name"]);
    }
    let text = stdout(&run(&["replay", "--data", data, "--lead", &lead]));
    assert!(text.contains("LeadReceived") && text.contains("status: \"NEW\" → \"CONVERTED\""), "{text}");
}

#[test]
fn verify_and_rebuild_find_the_data_sound() {
    let app = TestApp::start();
    history(&app);
    let folder = app.into_folder();
    let data = folder.path().to_str().unwrap();
    let verified = stdout(&run(&["verify", "--data", data]));
    assert!(verified.contains("the log is sound"), "{verified}");
    let rebuilt = stdout(&run(&["rebuild", "--data", data]));
    assert!(rebuilt.contains("the read models in use said the same"), "{rebuilt}");
}

#[test]
fn the_schema_is_printed() {
    assert_eq!(stdout(&run(&["schema"])), letopis::graphql::sdl());
}
