//! The command line: what `serve` says and how it stops, and that `verify` and `rebuild` find its data sound.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::json;
use tempfile::TempDir;

use crate::harness::TestApp;
use crate::world;

/// The `letopis` binary, built beside the test binaries.
pub fn letopis() -> Command {
    let test = std::env::current_exe().unwrap();
    let binary: PathBuf = test.parent().and_then(Path::parent).unwrap().join("letopis");
    assert!(binary.exists(), "{} is missing: run `cargo build --workspace` first, or `make test`", binary.display());
    Command::new(binary)
}

#[track_caller]
pub fn run(arguments: &[&str]) -> Output {
    letopis().args(arguments).output().unwrap()
}

#[track_caller]
pub fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn serve(folder: &Path) -> (Child, BufReader<std::process::ChildStdout>, String) {
    let mut child = letopis()
        .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"])
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
        let nobody = "00000000-0000-0000-0000-000000000001";
        let other = run(&["replay", "--account", nobody, "--data", folder.path().to_str().unwrap()]);
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
    let output =
        run(&["serve", "--demo", "--data", folder.path().to_str().unwrap(), "--listen", &app.address().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("failed to listen on"), "{output:?}");
}

/// Leads, a conversion and a note.
fn history(app: &TestApp) {
    let world = world::found(app);
    let lead = world::lead(app, "web");
    app.done("assignLead", json!({ "lead": lead, "owner": world.seller }), "lead { id }");
    let account = json!({ "new": { "kind": "COMPANY", "name": "Vega" } });
    let convert = json!({ "lead": lead, "account": account, "contact": { "new": {} } });
    let converted = app.done("convertLead", convert, "lead { conversion { account { id } } }");
    world::note(app, &world::id(&converted["lead"]["conversion"]["account"]), "hello");
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
fn only_what_writes_creates_a_data_folder() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("no-such-folder");
    let data = missing.to_str().unwrap();
    for command in [vec!["verify"], vec!["rebuild"], vec!["replay", "--account", "account:x"]] {
        let output = run(&[&command[..], &["--data", data]].concat());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(&format!("there is no data folder at {data}")), "{said}");
        assert!(!missing.exists(), "{command:?} left something behind");
    }
}

#[test]
fn views_that_are_behind_the_log_catch_up_before_a_rebuild_compares() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().to_str().unwrap();
    stdout(&run(&["demo", "--data", data]));
    let rebuilt = stdout(&run(&["rebuild", "--data", data]));
    assert!(rebuilt.contains("the read models in use said the same"), "{rebuilt}");
}

#[test]
fn a_folder_that_is_served_is_rebuilt_by_its_server() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().to_str().unwrap();
    stdout(&run(&["demo", "--data", data]));
    let (mut child, mut out, address) = serve(folder.path());
    let socket = folder.path().join("control.sock");
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let rebuilt = stdout(&run(&["rebuild", "--data", data]));
    assert!(rebuilt.contains("the read models in use said the same"), "{rebuilt}");
    assert_eq!(rebuilt.lines().filter(|line| line.contains(" rows ")).count(), 15, "{rebuilt}");
    let query = json!({ "query": "{ leads { totalCount } }" });
    let mut answer = ureq::post(format!("{address}graphql")).send_json(query).unwrap();
    let answer = answer.body_mut().read_to_string().unwrap();
    assert!(answer.contains("totalCount") && !answer.contains("errors"), "{answer}");
    signal(&child, 15);
    out.read_to_string(&mut String::new()).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(!socket.exists());
}

#[test]
fn the_schema_is_printed() {
    assert_eq!(stdout(&run(&["schema"])), letopis::graphql::sdl());
}
