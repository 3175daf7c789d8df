//! A process to be killed: writes to a log from several clients at once and prints every acknowledgement.
//!
//! `crash-writer FOLDER RUN [acknowledge-before-write]`. Lines on standard output: `ready`, then `ack ID FIRST
//! LAST` once the log acknowledged the request, `refused REASON` when it takes no more writes. The reader of the
//! pipe is the oracle: it lives outside the data folder and survives the kill.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use letopis_domain::event::NewEvent;
use letopis_domain::ids::{EmployeeId, EventId, LeadId, RequestId};
use letopis_domain::lead::LeadQualified;
use letopis_domain::query::AppendCondition;
use letopis_domain::values::Timestamp;
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::error::AppendError;
use letopis_eventlog::log::{AppendRequest, Log, RequestEvents, RequestKey};
use letopis_eventlog::rocks::{Faults, Options, RocksLog};
use uuid::Uuid;

const CLIENTS: u64 = 8;
/// Requests after which a client stops by itself: nobody killed the process.
const REQUESTS_MAX: u64 = 100_000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = arguments.get(1).context("a folder is needed")?;
    let run = arguments.get(2).context("the name of the run is needed")?.clone();
    let acknowledge_before_write = arguments.get(3).is_some_and(|fault| fault == "acknowledge-before-write");
    let faults = Faults { acknowledge_before_write, ..Faults::default() };
    let options = Options { generation_events: 2_000, faults, ..Options::default() };
    let log = RocksLog::open(Path::new(folder), Arc::new(SystemEnvironment), &options)?;
    say("ready")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    runtime.block_on(async {
        let mut clients = tokio::task::JoinSet::new();
        for client in 0..CLIENTS {
            let (log, run) = (log.clone(), run.clone());
            clients.spawn(async move { write(&*log, &run, client).await });
        }
        while let Some(ended) = clients.join_next().await {
            ended??;
        }
        anyhow::Ok(())
    })
}

/// Appends one request after the other until the log takes no more.
async fn write(log: &dyn Log, run: &str, client: u64) -> anyhow::Result<()> {
    for number in 0..REQUESTS_MAX {
        let id = format!("{run}/{client}/{number}");
        match log.append(request(&id, client, number)?).await {
            Ok(appended) => say(&format!("ack {id} {} {}", appended.first, appended.last))?,
            Err(AppendError::ReadOnly(reason)) => {
                say(&format!("refused {reason}"))?;
                // Once more: it must stay refused.
                match log.append(request(&format!("{id} again"), client, number)?).await {
                    Err(AppendError::ReadOnly(_)) => return Ok(()),
                    other => anyhow::bail!("a log that refused writes answered {other:?}"),
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// One to three events about a lead of this client.
fn request(id: &str, client: u64, number: u64) -> anyhow::Result<AppendRequest> {
    let lead = LeadId(Uuid::from_u64_pair(client, number % 50));
    let event = || NewEvent {
        id: EventId(Uuid::now_v7()),
        occurred_at: Timestamp::from_micros(0),
        actor: None,
        correlation: None,
        causation: None,
        event: LeadQualified { lead, employee: Some(EmployeeId(Uuid::from_u128(client.into()))) }.into(),
    };
    let key = RequestKey { id: RequestId::new(id)?, digest: [7; 16] };
    let events = (0..=number % 3).map(|_| event()).collect();
    let requests = vec![RequestEvents { key: Some(key), events }];
    Ok(AppendRequest { requests, condition: AppendCondition::default() })
}

/// Writes a line at once: what is in the pipe survives the process.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
