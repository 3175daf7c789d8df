//! The first start of a server, and keys from the command line while it runs.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command_line::{letopis, run, stdout};

/// A server that runs until this is dropped, and what it said until it was ready.
struct Served {
    child: Child,
    said: Vec<String>,
    address: String,
}

impl Served {
    fn start(folder: &Path) -> Self {
        let mut command = letopis();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data", folder.to_str().unwrap()]);
        let mut child = command.env("LETOPIS_LOG", "warn").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = loop {
            let line = lines.next().expect("the server says that it is ready").unwrap();
            if let Some(address) = line.strip_prefix("letopis is ready at ") {
                break address.to_owned();
            }
            said.push(line);
        };
        Self { child, said, address }
    }

    /// The keys that the server said.
    fn keys(&self) -> Vec<&String> {
        self.said.iter().filter(|line| line.starts_with("letopis_")).collect()
    }

    fn ask(&self, key: &str, query: &str) -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = agent.post(format!("{}graphql", self.address)).header("authorization", format!("Bearer {key}"));
        let mut answer = request.send_json(json!({ "query": query })).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_json().unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const VIEWER: &str = "{ viewer { roles { role } seesEverything } }";

#[test]
fn the_first_start_makes_an_administrator_and_says_the_key_once() {
    let folder = TempDir::new().unwrap();
    let first = Served::start(folder.path());
    let keys = first.keys();
    assert_eq!(keys.len(), 1, "{:?}", first.said);
    let (status, answer) = first.ask(keys[0], VIEWER);
    let everything = json!({ "roles": [{ "role": "ADMINISTRATOR" }], "seesEverything": true });
    assert_eq!((status, &answer["data"]["viewer"]), (200, &everything));
    let key = keys[0].clone();
    drop(first);
    let second = Served::start(folder.path());
    assert!(second.keys().is_empty(), "{:?}", second.said);
    assert_eq!(second.ask(&key, VIEWER).0, 200);
    let kept = std::fs::read_to_string(folder.path().join("api-keys.json")).unwrap();
    assert!(!kept.contains(key.split('_').next_back().unwrap()), "the file holds no key");
}

#[test]
fn keys_are_made_listed_and_revoked_while_the_folder_is_served() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().to_str().unwrap();
    let served = Served::start(folder.path());
    let made = stdout(&run(&["api-key", "create", "--data", data, "--name", "site", "--role", "auditor"]));
    let key = made.trim();
    let mut seen = served.ask(key, VIEWER);
    // The role is an event, which the views take in a moment later.
    for _ in 0..100 {
        if seen.0 == 200 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
        seen = served.ask(key, VIEWER);
    }
    assert_eq!(seen.1["data"]["viewer"]["roles"], json!([{ "role": "AUDITOR" }]));
    let id = key.split('_').nth(1).unwrap();
    let listed = stdout(&run(&["api-key", "list", "--data", data]));
    assert!(listed.contains(id) && listed.contains("site") && !listed.contains(key), "{listed}");
    assert!(stdout(&run(&["api-key", "revoke", "--data", data, id])).contains("revoked"));
    assert_eq!(served.ask(key, VIEWER).0, 401);
    let nobody = run(&["api-key", "create", "--data", data, "--name", "x"]);
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("say --role"), "{nobody:?}");
    let log = "{ accessLog(kind: ADMINISTRATION, first: 100) { nodes { operation } } }";
    let noted = served.ask(served.keys()[0], log).1.to_string();
    for operation in ["api-key create", "api-key list", "api-key revoke"] {
        assert!(noted.contains(operation), "{operation} in {noted}");
    }
}

#[test]
fn a_demonstration_listens_on_this_machine_alone() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().to_str().unwrap();
    let refused = run(&["serve", "--demo", "--listen", "0.0.0.0:0", "--data", data]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("loopback"), "{refused:?}");
}
