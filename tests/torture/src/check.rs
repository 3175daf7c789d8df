//! What must hold of a log, whatever happened to it.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use letopis_domain::event::{Event, EventType, Recorded};
use letopis_domain::ids::{Position, RequestId};
use letopis_domain::query::Tag;
use letopis_domain::values::{TextDigest, Timestamp};
use letopis_eventlog::environment::Environment;
use letopis_eventlog::error::ReadError;
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::{Faults, RocksLog};
use letopis_projections::Views;
use rustc_hash::FxHashMap;

use crate::oracle::Oracle;
use crate::people::{self, People};
use crate::plan::Plan;
use crate::remains::{WrappedKeys, search};
use crate::writer::options;

/// Complaints that are enough.
const COMPLAINTS_MAX: usize = 20;

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// What is wrong; empty when all is well.
    pub complaints: Vec<String>,
    /// Events that the log holds.
    pub events: u64,
}

/// Opens the folder, holds it against the oracle and against itself, and closes it cleanly. With views, the files are
/// searched as well for what must not be in them.
pub fn check(
    folder: &Path,
    oracle: &Oracle,
    keys: &mut WrappedKeys,
    clock: Arc<dyn Environment>,
    with_views: bool,
) -> Checked {
    let log = match RocksLog::open(folder, clock, &options(folder, Faults::default())) {
        Ok(log) => log,
        Err(error) => return Checked { complaints: vec![format!("it does not open: {error}")], events: 0 },
    };
    let mut reader = Reader::default();
    let read = reader.read(&*log);
    reader.complaints.extend(read.err().map(|error| error.to_string()));
    reader.compare(&*log, oracle);
    let people = reader.people.compare(&log, oracle);
    reader.complaints.extend(people.unwrap_or_else(|error| vec![error.to_string()]));
    reader.complaints.extend(people::checkpoints(&log, oracle));
    let verified = log.verify(&mut |_, _| {});
    reader.complaints.extend(verified.problem.map(|problem| problem.to_string()));
    if with_views {
        reader.complaints.extend(views(&log, folder).err());
    }
    reader.complaints.extend(log.close().err().map(|error| error.to_string()));
    reader.complaints.extend(keys.look(folder, &reader.people.erased.keys().copied().collect()));
    if with_views {
        let words = reader.people.erased_words().chain(reader.people.sealed_words());
        let words = words.chain(keys.of(reader.people.erased.keys()));
        let found = search(folder, words).into_iter();
        reader.complaints.extend(found.map(|(file, word)| format!("{word:02x?} is in {}", file.display())));
    }
    reader.complaints.truncate(COMPLAINTS_MAX);
    Checked { complaints: reader.complaints, events: log.head().0 }
}

/// Lets the views catch up from where they were left, and holds them against a rebuild.
pub fn views(log: &Arc<RocksLog>, folder: &Path) -> Result<(), String> {
    let (views, _) = Views::open(log.clone(), &folder.join("views")).map_err(|error| format!("views: {error}"))?;
    views.catch_up().map_err(|error| format!("views: {error}"))?;
    let report = views.rebuild(&mut |_| {}).map_err(|error| format!("views: {error}"))?;
    if report.is_equal() == Some(true) {
        return Ok(());
    }
    let before = report.digests_before.unwrap_or_default();
    let differ = report.digests.iter().filter(|digest| !before.contains(digest)).map(|digest| digest.name);
    Err(format!("the views differ from a rebuild: {}", differ.collect::<Vec<_>>().join(", ")))
}

/// Reads a whole log without its indexes, and keeps what is needed to hold it against what was said.
#[derive(Default)]
pub struct Reader {
    /// What is wrong.
    pub complaints: Vec<String>,
    /// First and last position of every request found.
    pub found: FxHashMap<String, (u64, u64)>,
    /// When each position was recorded.
    pub stamps: Vec<Timestamp>,
    /// What it says of people.
    pub people: People,
    by_tag: FxHashMap<Tag, Vec<(u64, EventType, Vec<Tag>)>>,
    /// The request that is being read, or was read last: its plan and its first position.
    open: Option<(Plan, u64)>,
    left: Vec<letopis_domain::event::NewEvent>,
}

impl Reader {
    /// Reads everything.
    pub fn read(&mut self, log: &dyn Log) -> Result<(), ReadError> {
        let scanned = log.scan(Position::START, Position::END, &mut |event| {
            self.event(&event);
            if self.complaints.len() < COMPLAINTS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        scanned?;
        let is_torn = |plan: &Plan| !self.left.is_empty() || plan.part[0] < plan.part[1];
        if let Some(plan) = self.open.take().map(|(plan, _)| plan).filter(is_torn) {
            self.complaints.push(format!("the log ends inside request {}", plan.id()));
        }
        let (read, head) = (self.stamps.len() as u64, log.head().0);
        if read != head && self.complaints.is_empty() {
            self.complaints.push(format!("the head is {head}, but {read} events were read"));
        }
        Ok(())
    }

    fn event(&mut self, event: &Recorded) {
        let position = event.position.0;
        if position != self.stamps.len() as u64 + 1 {
            self.complaints.push(format!("position {position} follows {}", self.stamps.len()));
        }
        if self.stamps.last().is_some_and(|before| *before > event.recorded_at) {
            self.complaints.push(format!("position {position} was recorded before the one before it"));
        }
        self.stamps.push(event.recorded_at);
        self.place(event);
        let tags = event.event.tags().into_vec();
        for tag in &tags {
            self.by_tag.entry(tag.clone()).or_default().push((position, event.event.event_type(), tags.clone()));
        }
    }

    /// Holds an event against the plan of its request.
    fn place(&mut self, event: &Recorded) {
        let position = event.position.0;
        let id = event.request.as_ref().map_or("", RequestId::as_str);
        if self.left.is_empty() {
            self.begin(id, position);
        }
        let Some((plan, first)) = &self.open else { return };
        if plan.id() != id {
            self.complaints.push(format!("request {} is torn at position {position}, where {id} begins", plan.id()));
            self.left.clear();
            self.begin(id, position);
            return;
        }
        self.found.insert(id.to_owned(), (*first, position));
        let Some(mut expected) = self.left.pop() else { return };
        self.people.take_in(position, &expected, &event.event);
        if event.event.is_erased() {
            expected.event.erase();
        }
        let is_same = expected.id == event.id
            && expected.occurred_at == event.occurred_at
            && expected.actor == event.actor
            && expected.correlation == event.correlation
            && expected.event == as_asked(&event.event);
        if !is_same {
            self.complaints.push(format!("the event at position {position} is not what {id} recorded"));
        }
    }

    fn begin(&mut self, id: &str, position: u64) {
        let before = self.open.take().map(|(plan, _)| plan);
        let plan: Plan = match id.parse() {
            Ok(plan) => plan,
            Err(error) => return self.complaints.push(format!("at position {position}: {error}")),
        };
        if self.found.contains_key(id) {
            self.complaints.push(format!("request {id} is there twice, the second time at position {position}"));
        }
        let [part, _] = plan.part;
        let expected = before.map_or(1, |before| if before.part[0] < before.part[1] { before.part[0] + 1 } else { 1 });
        if part != expected {
            self.complaints
                .push(format!("at position {position} stands {id}, but part {expected} of an append is due"));
        }
        if part == 1 {
            self.hold_condition(&plan, position);
        }
        self.left = plan.events();
        self.left.reverse();
        self.open = Some((plan, position));
    }

    /// Nothing between what the client had seen and its append may match its query.
    fn hold_condition(&mut self, plan: &Plan, first: u64) {
        for item in plan.items() {
            let Some(rarest) =
                item.tags.iter().map(|tag| self.by_tag.get(tag)).min_by_key(|list| list.map_or(0, Vec::len))
            else {
                continue;
            };
            let newer = rarest.into_iter().flatten().rev().take_while(|(position, ..)| *position > plan.after);
            let clash = newer.clone().find(|(_, event_type, tags)| item.matches(*event_type, tags));
            if let Some((position, event_type, _)) = clash {
                let id = plan.id();
                self.complaints.push(format!(
                    "{id} at position {first} was appended although the {event_type} at position {position} forbids it"
                ));
            }
        }
    }

    /// Holds what was read against what clients were told.
    fn compare(&mut self, log: &dyn Log, oracle: &Oracle) {
        let mut complaints = std::mem::take(&mut self.complaints);
        complaints.extend(oracle.complaints.iter().cloned());
        for (id, places) in &oracle.acknowledged {
            match self.found.get(id) {
                Some(found) if found == places => {}
                found => complaints.push(format!("acknowledged {id} at {places:?}, found {found:?}")),
            }
        }
        for (id, places) in &self.found {
            if !oracle.tried.contains(id) {
                complaints.push(format!("{id} at {places:?} was never asked for"));
            }
            if oracle.conflicted.contains(id) {
                complaints.push(format!("{id} at {places:?} is there, although its client was refused"));
            }
            let known = RequestId::new(id.as_str()).map(|id| log.find_request(&id));
            match known {
                Ok(Ok(Some(known))) if (known.first.0, known.last.0) == *places => {}
                other => complaints.push(format!("{id} stands at {places:?}, the index says {other:?}")),
            }
        }
        for (at, position) in &oracle.instants {
            let at = Timestamp::from_micros(*at);
            let now = self.stamps.partition_point(|stamp| *stamp <= at) as u64;
            if now != *position {
                complaints.push(format!("up to {at} there was position {position}, now there is {now}"));
            }
        }
        complaints.truncate(COMPLAINTS_MAX);
        self.complaints = complaints;
    }
}

/// An event without what the log added to it.
fn as_asked(event: &Event) -> Event {
    let mut event = event.clone();
    if let Event::LeadRejected(rejected) = &mut event {
        rejected.comment_digest = TextDigest::default();
    }
    event
}
