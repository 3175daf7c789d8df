//! The writing process, seen from outside.

use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use letopis_domain::ids::{Position, RequestId};
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::{Options, RocksLog};
use rustc_hash::FxHashMap;

/// A request that the log acknowledged.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    pub id: String,
    pub first: u64,
    pub last: u64,
}

/// What the child said before it ended.
#[derive(Default, Debug)]
pub struct Heard {
    pub acknowledged: Vec<Acknowledged>,
    pub refusals: Vec<String>,
}

/// The command that runs the writer.
pub fn writer(folder: &Path, run: &str, fault: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crash-writer"));
    command.arg(folder).arg(run).args(fault);
    command
}

/// Runs the writer, kills it after so many acknowledgements (none = as soon as it runs), and reads what is left
/// in the pipe. Without a number of acknowledgements to wait for it may be killed while it opens the log.
pub fn run_and_kill(mut command: Command, kill_after: Option<usize>) -> Heard {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut heard = Heard::default();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).split(b'\n');
    if let Some(count) = kill_after {
        while heard.acknowledged.len() < count {
            let Some(line) = lines.next() else { panic!("the writer ended by itself: {heard:?}") };
            hear(&line.unwrap(), &mut heard);
        }
    }
    kill(&mut child);
    for line in lines {
        hear(&line.unwrap(), &mut heard);
    }
    heard
}

/// Runs the writer until it ends by itself.
pub fn run_to_end(mut command: Command) -> Heard {
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut heard = Heard::default();
    for line in output.stdout.lines() {
        hear(line.unwrap().as_bytes(), &mut heard);
    }
    heard
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A last line that was cut by the kill acknowledges nothing.
fn hear(line: &[u8], heard: &mut Heard) {
    let line = String::from_utf8_lossy(line);
    let mut words = line.split(' ');
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some("ack"), Some(id), Some(first), Some(last)) => {
            if let (Ok(first), Ok(last)) = (first.parse(), last.parse()) {
                heard.acknowledged.push(Acknowledged { id: id.to_owned(), first, last });
            }
        }
        (Some("refused"), ..) => heard.refusals.push(line.into_owned()),
        _ => {}
    }
}

/// Opens the folder and says what does not fit what was acknowledged; empty when all is well.
pub fn complaints(folder: &Path, acknowledged: &[Acknowledged]) -> Vec<String> {
    let log = match RocksLog::open(folder, Arc::new(SystemEnvironment), &Options::default()) {
        Ok(log) => log,
        Err(error) => return vec![format!("it does not open: {error}")],
    };
    let mut complaints = Vec::new();
    for each in acknowledged {
        let found = log.find_request(&RequestId::new(each.id.as_str()).unwrap()).unwrap();
        match found {
            Some(found) if (found.first.0, found.last.0) == (each.first, each.last) => {}
            found => complaints.push(format!("acknowledged {each:?}, found {found:?}")),
        }
    }
    complaints.extend(scan(&*log));
    complaints.extend(log.verify(&mut |_, _| {}).problem.map(|problem| problem.to_string()));
    complaints
}

/// Holes, and requests that are there twice.
fn scan(log: &dyn Log) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut expected = 1;
    let mut last_of: FxHashMap<RequestId, u64> = FxHashMap::default();
    let scanned = log.scan(Position::START, Position::END, &mut |event| {
        let position = event.position.0;
        if position != expected {
            complaints.push(format!("position {position} follows {}", expected - 1));
        }
        expected = position + 1;
        let earlier = event.request.and_then(|request| last_of.insert(request, position));
        if earlier.is_some_and(|earlier| earlier + 1 != position) {
            complaints.push(format!("the request of position {position} was there before, at {earlier:?}"));
        }
        ControlFlow::Continue(())
    });
    complaints.extend(scanned.err().map(|error| error.to_string()));
    complaints
}
