//! What Merkle tree and sealing cost: the same appends with both and without, in turns, and a peer's beside them.
//!
//! An append is one event of 256 incompressible bytes with the tags of its own stream, of one of 10,000 accounts and of
//! one of 50 users, under the condition that nothing happened to the stream since its last event. With sealing the bytes
//! are personal and the account is the data subject, whose tag comes on top; without it they stand in the clear.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use letopis_benches::{Latencies, Probe, Row, median, spread};
use letopis_domain::activity::{ActivityText, Direction, NoteRecorded, Subjects};
use letopis_domain::event::Event;
use letopis_domain::ids::{AccountId, ActivityId, Position, SubjectId};
use letopis_domain::privacy::DataSubjects;
use letopis_domain::query::{AppendCondition, Query};
use letopis_domain::values::{Personal, PlainText};
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::{Faults, Options, RocksLog};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use crate::events::{append, employee};
use crate::peer::Peer;

const MANY: u64 = 64;
const PAYLOAD_BYTES: usize = 256;
const ACCOUNTS: u64 = 10_000;
const USERS: u64 = 50;
const BATCH: u64 = 1_000;

/// A log, and whether its events are sealed.
struct Candidate {
    log: Arc<RocksLog>,
    is_sealed: bool,
}

pub fn measure(folder: &Path, rounds: usize, seconds: f64, peer: Option<&Path>) -> anyhow::Result<Vec<Row>> {
    let with = Candidate::open(&folder.join("sealed"), true)?;
    let without = Candidate::open(&folder.join("plain"), false)?;
    let mut peer = peer.map(|program| Peer::start(program, &folder.join("peer"))).transpose()?;
    let mut probe = Probe::new(folder)?;
    let length = Duration::from_secs_f64(seconds);
    let (mut many, mut plain, mut share, mut one, mut raw) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut peer_many, mut peer_one, mut times_many, mut times_one) = (vec![], vec![], vec![], vec![]);
    for round in 0..=rounds {
        let before = probe.measure(length / 4)?;
        let crowd = with.run(MANY, length)?;
        let bare = without.run(MANY, length)?;
        let theirs = peer.as_mut().map(|peer| peer.append(MANY, seconds)).transpose()?;
        let single = with.run(1, length)?;
        let their_single = peer.as_mut().map(|peer| peer.append(1, seconds)).transpose()?;
        if round == 0 {
            continue; // Warms up caches and files.
        }
        many.push(crowd);
        plain.push(bare);
        share.push(100.0 * crowd / bare);
        one.push(single);
        raw.push(before.p50.as_secs_f64() * 1e6);
        if let (Some(theirs), Some(their_single)) = (theirs, their_single) {
            peer_many.push(theirs);
            peer_one.push(their_single);
            times_many.push(crowd / theirs);
            times_one.push(single / their_single);
        }
    }
    let note = format!("raw p50 {} µs", spread(&raw, 0));
    let mut rows = vec![Row {
        what: "durable conditional append with tree and sealing, 256 bytes, 64 clients".to_owned(),
        bar: "≥ 75 % of the same without both".to_owned(),
        measured: format!("{}/s, without {}/s, {} %", spread(&many, 0), spread(&plain, 0), spread(&share, 0)),
        note: note.clone(),
    }];
    if !times_many.is_empty() {
        let row = |what: &str, bar: &str, ours: &[f64], theirs: &[f64], times: &[f64]| Row {
            what: what.to_owned(),
            bar: bar.to_owned(),
            measured: format!("{:.0}/s, UmaDB {}/s, {} times", median(ours), spread(theirs, 0), spread(times, 2)),
            note: note.clone(),
        };
        rows.push(row("the same beside UmaDB, 64 clients", "≥ 3 times", &many, &peer_many, &times_many));
        rows.push(row("the same beside UmaDB, 1 client", "≥ 1 time", &one, &peer_one, &times_one));
    }
    Ok(rows)
}

impl Candidate {
    /// Opens a log in which every account is known already, so that every data subject has its key.
    fn open(folder: &Path, is_sealed: bool) -> anyhow::Result<Self> {
        let faults = Faults { skip_tree: !is_sealed, ..Faults::default() };
        let options = Options { faults, ..Options::default() };
        let log = RocksLog::open(folder, Arc::new(SystemEnvironment), &options)?;
        let candidate = Self { log, is_sealed };
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let mut random = SmallRng::seed_from_u64(1);
        for batch in 0..ACCOUNTS / BATCH {
            let accounts = batch * BATCH..(batch + 1) * BATCH;
            let stream = ActivityId(Uuid::now_v7());
            let events = accounts.map(|account| candidate.event(stream, account, &mut random)).collect();
            runtime.block_on(candidate.log.append(append(events, AppendCondition::default())))?;
        }
        Ok(candidate)
    }

    /// Appends per second of so many clients.
    fn run(&self, clients: u64, length: Duration) -> anyhow::Result<f64> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
        let start = Instant::now();
        let latencies = runtime.block_on(async {
            let mut running = tokio::task::JoinSet::new();
            for client in 0..clients {
                let candidate = Self { log: Arc::clone(&self.log), is_sealed: self.is_sealed };
                running.spawn(async move { candidate.one_client(client, start + length).await });
            }
            let mut all = Latencies::default();
            while let Some(latencies) = running.join_next().await {
                all.add(&latencies??);
            }
            anyhow::Ok(all)
        })?;
        Ok(latencies.count() as f64 / start.elapsed().as_secs_f64())
    }

    async fn one_client(&self, client: u64, end: Instant) -> anyhow::Result<Latencies> {
        let mut random = SmallRng::seed_from_u64(client);
        let mut latencies = Latencies::default();
        let stream = ActivityId(Uuid::now_v7());
        let mut after = Position::START;
        while Instant::now() < end {
            let event = self.event(stream, random.random_range(0..ACCOUNTS), &mut random);
            let condition = AppendCondition { fail_if_events_match: Query::about(&stream, &[]), after };
            let request = append(vec![event], condition);
            let before = Instant::now();
            after = self.log.append(request).await?.last;
            latencies.record(before.elapsed());
        }
        Ok(latencies)
    }

    fn event(&self, stream: ActivityId, account: u64, random: &mut SmallRng) -> Event {
        let text: String = (0..PAYLOAD_BYTES).map(|_| char::from(random.random_range(b' '..=b'~'))).collect();
        let account = AccountId(Uuid::from_u64_pair(1, account));
        let note = NoteRecorded {
            activity: stream,
            subjects: Subjects { account: Some(account), ..Subjects::default() },
            employee: Some(employee(random.random_range(0..USERS))),
            kind: None,
            direction: Direction::Internal,
            data_subjects: DataSubjects::NOBODY,
            personal: Personal::default(),
        };
        if !self.is_sealed {
            return NoteRecorded { kind: Some(text), ..note }.into();
        }
        let text = ActivityText { body: Some(PlainText(text)), ..ActivityText::default() };
        let data_subjects = SubjectId(account.0).into();
        NoteRecorded { data_subjects, personal: Personal::Known(text), ..note }.into()
    }
}
