//! The load: connections that ask for page after page, each as soon as it has the answer to the one before.
//!
//! It costs little beside the server: requests are made beforehand, and of an answer only the status and the length
//! are looked at, except for the first of each connection, whose entries are counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use letopis_benches::Latencies;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::PAGE;

/// Room for an answer; it grows where that is not enough.
const ANSWER_SIZE: usize = 64 * 1024;

/// A request as it goes over the wire.
pub struct Question(Vec<u8>);

impl Question {
    /// Asks for the last page of an account's timeline.
    pub fn new(address: SocketAddr, account: &str, fields: &str) -> Self {
        let query = format!(
            "query Page($account: ID!) {{ account(id: $account) {{ timeline(last: {PAGE}) {{ nodes {{ {fields} }} }} }} }}"
        );
        let body = serde_json::json!({ "query": query, "variables": { "account": account } }).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Accept: application/graphql-response+json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        Self((head + &body).into_bytes())
    }
}

/// What a round gave.
pub struct Load {
    /// How long each answer took.
    pub latencies: Latencies,
    length: Duration,
}

impl Load {
    /// Answers per second.
    pub fn rate(&self) -> f64 {
        self.latencies.count() as f64 / self.length.as_secs_f64()
    }
}

/// Asks over so many connections for so long.
pub async fn run(
    address: SocketAddr,
    questions: &Arc<[Question]>,
    connections: usize,
    length: Duration,
) -> anyhow::Result<Load> {
    let started = Instant::now();
    let mut asking = JoinSet::new();
    for seed in 0..connections as u64 {
        let questions = Arc::clone(questions);
        asking.spawn(async move { one_connection(address, &questions, seed, started + length).await });
    }
    let mut latencies = Latencies::default();
    while let Some(asked) = asking.join_next().await {
        latencies.add(&asked??);
    }
    Ok(Load { latencies, length: started.elapsed() })
}

async fn one_connection(
    address: SocketAddr,
    questions: &[Question],
    seed: u64,
    end: Instant,
) -> anyhow::Result<Latencies> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut random = SmallRng::seed_from_u64(seed);
    let mut latencies = Latencies::default();
    let mut buffer = Vec::with_capacity(ANSWER_SIZE);
    let mut size_min = 0;
    while Instant::now() < end {
        let question = &questions[random.random_range(0..questions.len())];
        let before = Instant::now();
        stream.write_all(&question.0).await?;
        let body = answer(&mut stream, &mut buffer).await?;
        latencies.record(before.elapsed());
        if size_min == 0 {
            check(body)?;
            size_min = body.len() / 2;
        }
        anyhow::ensure!(body.len() > size_min, "a short answer: {}", String::from_utf8_lossy(body));
    }
    Ok(latencies)
}

/// Counts the entries of an answer.
fn check(body: &[u8]) -> anyhow::Result<()> {
    let text = std::str::from_utf8(body)?;
    let entries = text.matches(r#""recordedAt":"#).count();
    anyhow::ensure!(entries == PAGE && !text.contains(r#""errors""#), "{entries} entries: {text:.2000}");
    Ok(())
}

/// Reads one answer; gives its body.
async fn answer<'a>(stream: &mut TcpStream, buffer: &'a mut Vec<u8>) -> anyhow::Result<&'a [u8]> {
    buffer.clear();
    let body_start = loop {
        anyhow::ensure!(stream.read_buf(buffer).await? > 0, "the server closed the connection");
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = std::str::from_utf8(&buffer[..body_start])?.to_ascii_lowercase();
    anyhow::ensure!(head.starts_with("http/1.1 200 "), "the answer is {head}");
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length:")).context("an answer without length")?;
    let size = body_start + length.trim().parse::<usize>()?;
    while buffer.len() < size {
        anyhow::ensure!(stream.read_buf(buffer).await? > 0, "the server closed the connection");
    }
    Ok(&buffer[body_start..size])
}
