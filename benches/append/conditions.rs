//! What a condition on two million events costs, and what it costs the others.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use letopis_benches::{Latencies, Probe, Row, median, spread};
use letopis_domain::event::{Event, EventType};
use letopis_domain::ids::{ActivityId, Position, Tagged};
use letopis_domain::lead::LeadQualified;
use letopis_domain::query::{AppendCondition, Query, Tag};
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::log::{Log, Range};
use letopis_eventlog::rocks::{Options, RocksLog};
use uuid::Uuid;

use crate::clients;
use crate::events::{append, employee, lead, note};
use crate::peer::Peer;
use crate::whole;

const GOOD_CLIENTS: u64 = 16;
const BATCH: u64 = 1_000;
/// Employees whose tags are on 10 % of the events each, never on the same one.
const HOT: [u64; 2] = [1, 2];
/// A lead with 20 events, none of them of a hot employee.
const RARE_LEAD: u64 = 7;

/// How often a case is tried in one turn with the peer, and how often by the peer, which reads the whole log for some.
const TIMES: usize = 100;
const PEER_TIMES: usize = 1;
const TURNS: usize = 3;
/// After a turn that took the peer longer than this it is not asked again.
const PEER_PATIENCE: Duration = Duration::from_secs(5);

/// A condition that holds, and what it may cost.
struct Case {
    name: &'static str,
    /// What the peer calls the same case.
    peer: Option<&'static str>,
    query: Query,
    after: Position,
    bar_ms: f64,
}

/// The other store.
pub struct Beside<'a> {
    /// Its program.
    pub program: &'a Path,
    /// A folder of it that is kept from run to run.
    pub data: Option<&'a Path>,
}

impl Beside<'_> {
    /// Starts it, filled with so many events.
    fn start(&self, folder: &Path, events: u64) -> anyhow::Result<Peer> {
        let own = folder.join("peer");
        let data = self.data.unwrap_or(&own);
        let is_filled = data.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        let mut peer = Peer::start(self.program, data)?;
        if !is_filled {
            peer.fill(events)?;
        }
        Ok(peer)
    }
}

pub fn measure(folder: &Path, events: u64, seconds: f64, peer: Option<Beside<'_>>) -> anyhow::Result<Vec<Row>> {
    let log = RocksLog::open(&folder.join("conditions"), Arc::new(SystemEnvironment), &Options::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let started = Instant::now();
    runtime.block_on(fill(&*log, events))?;
    let fill_rate = events as f64 / started.elapsed().as_secs_f64();
    let mut probe = Probe::new(folder)?;
    let length = Duration::from_secs_f64(seconds);
    let mut rows = vec![Row {
        what: format!("append {events} events in batches of {BATCH}"),
        bar: "—".to_owned(),
        measured: format!("{fill_rate:.0} events/s"),
        note: probe.measure(length / 4)?.to_string(),
    }];
    for case in cases(log.head()) {
        rows.push(one_case(&log, &case, &mut probe, length)?);
    }
    if let Some(peer) = peer {
        let mut peer = peer.start(folder, events)?;
        for case in cases(log.head()) {
            rows.extend(beside(&*log, &case, &mut peer, &runtime)?);
        }
    }
    rows.extend(whole::measure(folder, &log)?);
    Ok(rows)
}

fn cases(head: Position) -> Vec<Case> {
    let hot = |number: u64| employee(number).tag();
    let tags = |tags: Vec<Tag>| Query::default().or_item(&[], tags);
    let case = |name, peer, query, after, bar_ms| Case { name, peer, query, after, bar_ms };
    vec![
        case(
            "hot tag AND rare tag",
            Some("hot-and-rare"),
            tags(vec![hot(HOT[0]), lead(RARE_LEAD).tag()]),
            Position::START,
            1.0,
        ),
        case(
            "rare type AND hot tag",
            Some("rare-type-and-hot"),
            Query::default().or_item(&[EventType::LeadQualified], vec![hot(HOT[0])]),
            Position::START,
            1.0,
        ),
        case(
            "type alone, never seen",
            Some("type-alone"),
            Query::default().or_types(&[EventType::LeadRecycled]),
            Position::START,
            1.0,
        ),
        case("type alone, seen long ago", None, Query::default().or_types(&[EventType::LeadQualified]), head, 1.0),
        case(
            "two tags of 10 % each, nothing in common",
            None,
            tags(vec![hot(HOT[0]), hot(HOT[1])]),
            Position::START,
            50.0,
        ),
    ]
}

/// Every tenth event is of the first hot employee, every tenth of the second; one in 100,000 is a rare type.
async fn fill(log: &dyn Log, events: u64) -> anyhow::Result<()> {
    let mut next = 0;
    while next < events {
        let batch = (next..(next + BATCH).min(events)).map(|number| event(number, events)).collect();
        log.append(append(batch, AppendCondition::default())).await?;
        next += BATCH;
    }
    Ok(())
}

fn event(number: u64, events: u64) -> Event {
    let of = match number % 10 {
        3 => employee(HOT[0]),
        6 => employee(HOT[1]),
        _ => employee(10 + number % 97),
    };
    if number.is_multiple_of(100_000) {
        return LeadQualified { lead: lead(1_000 + number % 50_000), employee: Some(of) }.into();
    }
    let is_rare = number % (events / 20) == 5;
    let about = if is_rare { lead(RARE_LEAD) } else { lead(1_000 + number % 50_000) };
    note(about, of, ActivityId(Uuid::now_v7()))
}

fn one_case(log: &Arc<RocksLog>, case: &Case, probe: &mut Probe, length: Duration) -> anyhow::Result<Row> {
    let mut alone = Latencies::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(bad_client(&**log, case, Instant::now() + length / 2, &mut alone))?;
    let raw = probe.measure(length / 4)?;
    let undisturbed = clients::run(log, GOOD_CLIENTS, length)?;
    let stop = AtomicBool::new(false);
    let disturbed = std::thread::scope(|scope| {
        let bad = scope.spawn(|| -> anyhow::Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            let mut ignored = Latencies::default();
            while !stop.load(Ordering::Relaxed) {
                let soon = Instant::now() + Duration::from_millis(20);
                runtime.block_on(bad_client(&**log, case, soon, &mut ignored))?;
            }
            Ok(())
        });
        let disturbed = clients::run(log, GOOD_CLIENTS, length);
        stop.store(true, Ordering::Relaxed);
        let ended = bad.join();
        ended.map_err(|_| anyhow::anyhow!("the bad client panicked"))??;
        disturbed
    })?;
    let check = check_alone(&**log, case)?;
    let ms = |share| alone.quantile(share).as_secs_f64() * 1e3;
    Ok(Row {
        what: format!("condition on {}: {}", log.head(), case.name),
        bar: format!("≤ {} ms, others not slowed", case.bar_ms),
        measured: format!(
            "{:.2} ms p50, {:.2} ms p99 with its append; check alone {} ms; {GOOD_CLIENTS} others {:.0}/s, beside it {:.0}/s",
            ms(0.5),
            ms(0.99),
            spread(&check, 3),
            undisturbed.rate,
            disturbed.rate,
        ),
        note: raw.to_string(),
    })
}

/// Reading ten events that match, and an append under the condition, in turns with the peer.
fn beside(
    log: &dyn Log,
    case: &Case,
    peer: &mut Peer,
    runtime: &tokio::runtime::Runtime,
) -> anyhow::Result<Option<Row>> {
    let Some(name) = case.peer else { return Ok(None) };
    let (mut reads, mut appends, mut their_reads, mut their_appends) = (vec![], vec![], vec![], vec![]);
    let mut is_patient = true;
    for _ in 0..TURNS {
        for _ in 0..TIMES {
            let before = Instant::now();
            log.read(&case.query, Range::after(Position::START, 10))?;
            reads.push(before.elapsed().as_secs_f64() * 1e3);
            let event = note(lead(9), employee(9), ActivityId(Uuid::now_v7()));
            let condition = AppendCondition { fail_if_events_match: case.query.clone(), after: case.after };
            let before = Instant::now();
            runtime.block_on(log.append(append(vec![event], condition)))?;
            appends.push(before.elapsed().as_secs_f64() * 1e3);
        }
        if is_patient {
            let before = Instant::now();
            let (read, append) = peer.case(name, PEER_TIMES)?;
            is_patient = before.elapsed() < PEER_PATIENCE;
            their_reads.push(read);
            their_appends.push(append);
        }
    }
    Ok(Some(Row {
        what: format!("read of ten, and append on condition, beside UmaDB: {}", case.name),
        bar: "≤ 1 ms each".to_owned(),
        measured: format!(
            "read {:.3} ms, append {:.2} ms; UmaDB {} and {}",
            median(&reads),
            median(&appends),
            spread(&their_reads, 3),
            spread(&their_appends, 2),
        ),
        note: format!("medians of {TURNS} turns of {TIMES}, UmaDB {} of {PEER_TIMES}", their_reads.len()),
    }))
}

/// Appends under the case's condition, one after the other.
async fn bad_client(log: &dyn Log, case: &Case, end: Instant, latencies: &mut Latencies) -> anyhow::Result<()> {
    while Instant::now() < end {
        let event = note(lead(9), employee(9), ActivityId(Uuid::now_v7()));
        let condition = AppendCondition { fail_if_events_match: case.query.clone(), after: case.after };
        let before = Instant::now();
        log.append(append(vec![event], condition)).await?;
        latencies.record(before.elapsed());
    }
    Ok(())
}

/// The condition's evaluation without an append, in milliseconds.
fn check_alone(log: &dyn Log, case: &Case) -> anyhow::Result<Vec<f64>> {
    let range = Range::after(case.after, 1);
    let mut took = Vec::new();
    for _ in 0..50 {
        let before = Instant::now();
        anyhow::ensure!(log.find(&case.query, range)?.is_empty(), "the condition must hold");
        took.push(before.elapsed().as_secs_f64() * 1e3);
    }
    Ok(took)
}
