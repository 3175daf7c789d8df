//! The tortured process, seen from outside.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::oracle::{End, Oracle};
use crate::writer::lines;

/// When the writer is killed.
#[derive(Clone, Copy, Debug)]
pub enum Kill {
    /// It is left alone.
    Never,
    /// As soon as so many requests were answered.
    Answers(usize),
    /// So long after it was started, which may be while it opens the log.
    After(Duration),
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    /// How it ended, by its own words.
    pub end: End,
    /// Its reason.
    pub reason: String,
    /// How it ended, by the kernel's.
    pub status: ExitStatus,
}

/// The program that plays the writer: this one, or the one that was built beside a test.
pub fn program() -> PathBuf {
    let this = std::env::current_exe().expect("a running program has a path");
    if this.file_stem().is_some_and(|name| name == "torture") {
        return this;
    }
    let folder = this.parent().and_then(Path::parent).expect("test binaries lie below the profile's folder");
    folder.join("torture")
}

/// Runs the writer, kills it when it is time, and lets the oracle hear what it said, to the last whole line.
pub fn run(mut command: Command, oracle: &mut Oracle, repeats: &[String], kill: Kill) -> anyhow::Result<Ran> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // It may be dead already.
        let _ = input.write_all(repeats.join("\n").as_bytes());
    }
    let Some(output) = child.stdout.take() else { anyhow::bail!("the pipe was not made") };
    let (end, reason) = match kill {
        Kill::Never => oracle.hear(lines(output), |_| {}),
        Kill::Answers(count) => {
            let mut is_alive = true;
            oracle.hear(lines(output), |answers| {
                if std::mem::take(&mut is_alive) {
                    is_alive = answers < count;
                    if !is_alive {
                        kill_now(&mut child);
                    }
                }
            })
        }
        Kill::After(delay) => std::thread::scope(|scope| {
            let hearing = scope.spawn(|| oracle.hear(lines(output), |_| {}));
            std::thread::sleep(delay);
            kill_now(&mut child);
            hearing.join().unwrap_or_default()
        }),
    };
    let status = child.wait()?;
    Ok(Ran { end, reason, status })
}

/// With SIGKILL; it may have ended by itself.
fn kill_now(child: &mut Child) {
    let _ = child.kill();
}
