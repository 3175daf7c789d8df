//! The built binary, serving a data folder as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::Context;

/// In which Linux counts processor time for programs.
const TICKS_PER_SECOND: f64 = 100.0;

/// A server that runs until it is stopped or dropped.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    said: BufReader<ChildStdout>,
}

/// Starts `letopis serve` from beside this binary, and waits until it is ready.
pub fn start(folder: &Path) -> anyhow::Result<Server> {
    let binary = std::env::current_exe()?.with_file_name("letopis");
    let mut child = Command::new(&binary)
        .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("failed to start {}; run `cargo build --workspace` first", binary.display()))?;
    let mut said = BufReader::new(child.stdout.take().context("the server has no standard output")?);
    let mut line = String::new();
    said.read_line(&mut line)?;
    let address = line.trim().strip_prefix("letopis is ready at http://").map(|address| address.trim_end_matches('/'));
    let address = address.with_context(|| format!("the server said '{line}'"))?.parse()?;
    Ok(Server { address, child, said })
}

impl Server {
    /// Processor time that it has used so far, in seconds.
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the process, in brackets, may hold blanks; what follows does not.
        let numbers = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: Vec<f64> = numbers.skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
        Ok(ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
    }

    /// Stops it as an operator would.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let status = Command::new("kill").arg(self.child.id().to_string()).status()?;
        anyhow::ensure!(status.success(), "the server could not be told to stop");
        let mut rest = String::new();
        self.said.read_to_string(&mut rest)?;
        anyhow::ensure!(self.child.wait()?.success(), "the server did not stop cleanly: {rest}");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails when it has ended, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
