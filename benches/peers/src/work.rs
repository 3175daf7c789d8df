//! The work: the same events, tags and conditions that `bench-append` gives to Letopis.

use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::bail;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use umadb_dcb::{DcbAppendCondition, DcbEvent, DcbQuery, DcbQueryItem};
use uuid::Uuid;

use crate::store::Store;

const PAYLOAD_BYTES: usize = 256;
const ACCOUNTS: u64 = 10_000;
const USERS: u64 = 50;
const FILL_BATCH: u64 = 1_000;

/// What many clients reached.
pub struct Load {
    pub rate: f64,
    pub p50_micros: f64,
    pub p99_micros: f64,
}

/// A condition on a long history, as in `bench-append`.
#[derive(Clone, Copy)]
pub enum Case {
    /// A tag on every tenth event, and one on twenty.
    HotAndRare,
    /// A type with one event in 100,000, and a tag on every tenth.
    RareTypeAndHot,
    /// A type that never occurs.
    TypeAlone,
}

impl FromStr for Case {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Self> {
        Ok(match name {
            "hot-and-rare" => Self::HotAndRare,
            "rare-type-and-hot" => Self::RareTypeAndHot,
            "type-alone" => Self::TypeAlone,
            other => bail!("there is no case '{other}'"),
        })
    }
}

impl Case {
    fn query(self) -> DcbQuery {
        let item = DcbQueryItem::new();
        DcbQuery::new().item(match self {
            Self::HotAndRare => item.tags([user(1), account(7)]),
            Self::RareTypeAndHot => item.types(["LeadQualified"]).tags([user(1)]),
            Self::TypeAlone => item.types(["LeadRecycled"]),
        })
    }
}

fn stream(number: u64) -> String {
    format!("activity:{}", Uuid::from_u64_pair(3, number))
}

fn account(number: u64) -> String {
    format!("account:{}", Uuid::from_u64_pair(1, number))
}

fn user(number: u64) -> String {
    format!("employee:{}", Uuid::from_u64_pair(2, number))
}

fn event(event_type: &str, tags: [String; 3], random: &mut SmallRng) -> DcbEvent {
    let mut data = vec![0; PAYLOAD_BYTES];
    random.fill(&mut data[..]);
    DcbEvent::new().event_type(event_type).tags(tags).data(data).uuid(Uuid::now_v7())
}

/// Clients that append one after the other, each under the condition that nothing happened to its own stream.
pub async fn append(store: &Store, clients: u64, seconds: f64) -> anyhow::Result<Load> {
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(seconds);
    let mut running = tokio::task::JoinSet::new();
    for client in 0..clients {
        let store = store.clone();
        running.spawn(async move { one_client(&store, client, end).await });
    }
    let mut latencies = Vec::new();
    while let Some(ended) = running.join_next().await {
        latencies.extend(ended??);
    }
    let rate = latencies.len() as f64 / start.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let at = |share: f64| {
        let rank = (share * latencies.len() as f64).ceil() as usize;
        latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default().as_secs_f64() * 1e6
    };
    Ok(Load { rate, p50_micros: at(0.5), p99_micros: at(0.99) })
}

async fn one_client(store: &Store, client: u64, end: Instant) -> anyhow::Result<Vec<Duration>> {
    let mut random = SmallRng::seed_from_u64(client);
    let own = stream(Uuid::now_v7().as_u64_pair().0 ^ client);
    let mut latencies = Vec::new();
    let mut after = None;
    while Instant::now() < end {
        let tags = [own.clone(), account(random.random_range(0..ACCOUNTS)), user(random.random_range(0..USERS))];
        let event = event("NoteRecorded", tags, &mut random);
        let query = DcbQuery::new().item(DcbQueryItem::new().tags([own.clone()]));
        let condition = DcbAppendCondition::new(query).after(after);
        let before = Instant::now();
        after = Some(store.append(vec![event], Some(condition)).await?);
        latencies.push(before.elapsed());
    }
    Ok(latencies)
}

/// Every tenth event is of the first hot user, every tenth of the second; one in 100,000 is of a rare type.
pub async fn fill(store: &Store, events: u64) -> anyhow::Result<f64> {
    let mut random = SmallRng::seed_from_u64(1);
    let start = Instant::now();
    let mut next = 0;
    while next < events {
        let batch = (next..(next + FILL_BATCH).min(events)).map(|number| nth(number, events, &mut random)).collect();
        store.append(batch, None).await?;
        next += FILL_BATCH;
    }
    Ok(events as f64 / start.elapsed().as_secs_f64())
}

fn nth(number: u64, events: u64, random: &mut SmallRng) -> DcbEvent {
    let of = match number % 10 {
        3 => user(1),
        6 => user(2),
        _ => user(10 + number % 97),
    };
    let is_rare_type = number.is_multiple_of(100_000);
    let is_rare_tag = number % (events / 20).max(1) == 5;
    let about = if is_rare_tag { account(7) } else { account(1_000 + number % 50_000) };
    event(if is_rare_type { "LeadQualified" } else { "NoteRecorded" }, [stream(number), about, of], random)
}

/// Medians in milliseconds of reading the first ten matches, and of an append under the condition that nothing new
/// matches.
pub async fn case(store: &Store, case: Case, times: usize) -> anyhow::Result<(f64, f64)> {
    let mut random = SmallRng::seed_from_u64(2);
    let (mut reads, mut appends) = (Vec::new(), Vec::new());
    let matches_something = store.read(case.query(), None, 1)? > 0;
    for number in 0..times {
        let before = Instant::now();
        store.read(case.query(), None, 10)?;
        reads.push(before.elapsed().as_secs_f64() * 1e3);
        let tags = [stream(u64::MAX - number as u64), account(9), user(9)];
        let event = event("NoteRecorded", tags, &mut random);
        let after = if matches_something { store.head()? } else { None };
        let condition = DcbAppendCondition::new(case.query()).after(after);
        let before = Instant::now();
        store.append(vec![event], Some(condition)).await?;
        appends.push(before.elapsed().as_secs_f64() * 1e3);
    }
    Ok((median(reads), median(appends)))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
