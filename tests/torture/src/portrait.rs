//! What a folder says, in a few lines: two folders with the same portrait answer alike.
//!
//! Lines that begin with `named` are the log's own words about damage. All others are what it served.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use letopis_domain::event::EventType;
use letopis_domain::ids::{Position, RequestId};
use letopis_domain::query::Query;
use letopis_eventlog::environment::{Environment, SystemEnvironment};
use letopis_eventlog::error::ReadError;
use letopis_eventlog::log::{Direction, Log, Range};
use letopis_eventlog::rocks::{Faults, RocksLog};
use letopis_projections::Views;

use crate::check::Reader;
use crate::plan::{Kind, Plan, lead};
use crate::writer::options;

/// Farthest that a stamp may lie from the machine's clock, in microseconds.
const STAMP_OFF_MAX: i64 = 60_000_000;

/// Draws the portrait of a folder; the folder takes up one event and is closed.
pub fn draw(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let log = match RocksLog::open(folder, Arc::new(SystemEnvironment), &options(folder, Faults::default())) {
        Ok(log) => log,
        Err(error) => return vec![named(&error)],
    };
    let mut reader = Reader::default();
    match reader.read(&*log) {
        Ok(()) => {
            lines.extend(content(&reader));
            lines.push(requests(&*log, &reader).unwrap_or_else(|error| named(&error)));
        }
        Err(error) => lines.push(named(&error)),
    }
    let ledger: Vec<String> = log.erasures().iter().map(|erased| format!("{erased:?}")).collect();
    lines.push(format!("ledger {}", blake3::hash(ledger.join("\n").as_bytes()).to_hex()));
    lines.push(answers(&*log).unwrap_or_else(|error| named(&error)));
    lines.extend(log.verify(&mut |_, _| {}).problem.map(|problem| named(&problem)));
    lines.extend(views(&log, folder).unwrap_or_else(|error| vec![error]));
    lines.push(stamp(&*log));
    lines.extend(log.close().err().map(|error| named(&error)));
    lines
}

fn named(error: &impl ToString) -> String {
    format!("named {}", error.to_string().replace('\n', " "))
}

/// What a full read gave, held against the plans of the requests.
fn content(reader: &Reader) -> Vec<String> {
    let mut hasher = blake3::Hasher::new();
    let mut found: Vec<_> = reader.found.iter().map(|(id, (first, last))| (first, last, id)).collect();
    found.sort();
    hasher.update(format!("{found:?}{:?}{}", reader.stamps, reader.people.portrait()).as_bytes());
    let mut lines = vec![format!("content {} {}", reader.stamps.len(), hasher.finalize().to_hex())];
    lines.extend(reader.complaints.iter().map(|complaint| format!("wrong {complaint}")));
    lines
}

/// What the index says of every request.
fn requests(log: &dyn Log, reader: &Reader) -> Result<String, ReadError> {
    let mut text = String::new();
    let mut ids: Vec<&String> = reader.found.keys().collect();
    ids.sort();
    for id in ids {
        let Ok(request) = RequestId::new(id.as_str()) else { continue };
        let _ = write!(text, "{:?}", log.find_request(&request)?);
    }
    Ok(format!("requests {}", blake3::hash(text.as_bytes()).to_hex()))
}

/// What the index answers to queries.
fn answers(log: &dyn Log) -> Result<String, ReadError> {
    let mut text = String::new();
    let types = [EventType::CallRecorded, EventType::LeadAssigned, EventType::LeadReceived];
    for number in 0..6 {
        for query in [Query::about(&lead(number), &[]), Query::about(&lead(number), &types[..2])] {
            for direction in [Direction::Forward, Direction::Backward] {
                let range = Range { direction, ..Range::after(Position::START, 50) };
                let _ = write!(text, "{:?}", log.find(&query, range)?);
            }
        }
    }
    for event_type in types {
        let _ = write!(text, "{:?}", log.find(&Query::default().or_types(&[event_type]), Range::ALL)?);
    }
    Ok(format!("answers {}", blake3::hash(text.as_bytes()).to_hex()))
}

fn views(log: &Arc<RocksLog>, folder: &Path) -> Result<Vec<String>, String> {
    let (views, _) = Views::open(log.clone(), &folder.join("views")).map_err(|error| named(&error))?;
    views.catch_up().map_err(|error| named(&error))?;
    let digests = views.now().digests().map_err(|error| named(&error))?;
    // Rejections hold keyed digests of comments: with another key they are others. They must be what a rebuild gives.
    let mut lines: Vec<String> =
        digests.iter().filter(|digest| digest.name != "rejections").map(ToString::to_string).collect();
    let report = views.rebuild(&mut |_| {}).map_err(|error| named(&error))?;
    lines.push(format!("views equal to a rebuild: {:?}", report.is_equal()));
    Ok(lines)
}

/// Whether the log takes a write, and stamps it with about the time it is.
fn stamp(log: &dyn Log) -> String {
    // About somebody new: one of the others may be erased.
    let plan = Plan { kind: Kind::Free, by: [u64::MAX, 0, 0], after: 0, target: 1 << 40, part: [1, 1] };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return "no runtime".to_owned() };
    match runtime.block_on(log.append(plan.append())) {
        Ok(appended) => {
            let off = appended.recorded_at.micros() - SystemEnvironment.now().micros();
            if off.abs() < STAMP_OFF_MAX { "stamps right".to_owned() } else { format!("stamps {off} µs off") }
        }
        Err(error) => named(&error),
    }
}
