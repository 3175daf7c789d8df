//! Public GraphQL clients from npm against the real binary: audits of the HTTP specification, graphql-ws, urql, Apollo.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// The `letopis` binary, built beside the test binaries.
fn letopis() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test.parent().and_then(Path::parent).expect("test binaries lie in deps/");
    let binary = profile.join("letopis");
    assert!(binary.exists(), "{} is missing: run `cargo build --workspace` first, or `make test`", binary.display());
    binary
}

/// A server of its own, stopped when dropped.
struct Server {
    child: Child,
    base: String,
    /// Kept open: a server whose standard output is closed cannot say that it stops.
    _said: Lines<BufReader<ChildStdout>>,
    _data: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        let mut child = Command::new(letopis())
            .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("letopis starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut said = BufReader::new(stdout).lines();
        let base = said
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned))
            .expect("serve prints its address when it is ready");
        Self { child, base: base.trim_end_matches('/').to_owned(), _said: said, _data: data }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn public_clients_work_against_the_server() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    assert!(
        folder.join("node_modules").exists(),
        "the packages of the clients are missing: run `scripts/setup.sh test` (it runs `npm ci` in tests/clients)"
    );
    let server = Server::start();
    let output = Command::new("node")
        .arg("run.mjs")
        .arg(&server.base)
        .current_dir(&folder)
        .output()
        .expect("node is installed: run `scripts/setup.sh test`");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "a client failed:\n{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("ok ")).count(), 4, "four clients ran:\n{said}");
}
