//! Another store beside this one.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// Another store in a process of its own, driven by lines; see `benches/peers`.
pub struct Peer {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Peer {
    /// Starts it with a folder of its own.
    pub fn start(program: &Path, folder: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("failed to start {}; `make bench-peers` builds it", program.display()))?;
        let answers = BufReader::new(child.stdout.take().context("the peer has no output")?);
        Ok(Self { child, answers })
    }

    /// Appends per second of so many clients.
    pub fn append(&mut self, clients: u64, seconds: f64) -> anyhow::Result<f64> {
        let words = self.ask(&format!("append {clients} {seconds}"))?;
        Ok(words.first().context("the peer said no rate")?.to_owned())
    }

    /// Fills it with so many events; how many per second that made.
    pub fn fill(&mut self, events: u64) -> anyhow::Result<f64> {
        self.ask(&format!("fill {events}"))?.first().copied().context("the peer said no rate")
    }

    /// Milliseconds, as medians, of reading ten events and of an append under the case's condition.
    pub fn case(&mut self, name: &str, times: usize) -> anyhow::Result<(f64, f64)> {
        match self.ask(&format!("case {name} {times}"))?[..] {
            [read, append] => Ok((read, append)),
            _ => anyhow::bail!("the peer did not say two figures"),
        }
    }

    /// The numbers that follow the command's own word in the answer; other lines are the peer's own talk.
    fn ask(&mut self, command: &str) -> anyhow::Result<Vec<f64>> {
        let word = command.split(' ').next().unwrap_or_default();
        let stdin = self.child.stdin.as_mut().context("the peer has no input")?;
        writeln!(stdin, "{command}")?;
        stdin.flush()?;
        loop {
            let mut line = String::new();
            anyhow::ensure!(self.answers.read_line(&mut line)? > 0, "the peer stopped at '{command}'");
            if let Some(numbers) = line.trim().strip_prefix(word) {
                return Ok(numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>()?);
            }
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
