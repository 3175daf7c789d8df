//! How fast the read models answer: funnel, rejection audit, lists, totals and timelines, live and as of the past.
//!
//! `bench-query [--stories N]`: one lead and one opportunity per story, about 14 events each.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use letopis_benches::{Latencies, Row, Workload, fill};
use letopis_domain::ids::{AccountId, Position};
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::rocks::{Options, RocksLog};
use letopis_projections::entries::{AccountEntry, LeadEntry};
use letopis_projections::filter::Where;
use letopis_projections::page::{ListQuery, Order, PageRequest};
use letopis_projections::reports::activity_totals::ActivityQuery;
use letopis_projections::reports::audit::AuditQuery;
use letopis_projections::reports::funnel::FunnelQuery;
use letopis_projections::reports::timeline::{TimelineOf, TimelineQuery};
use letopis_projections::value::{Field, Value};
use letopis_projections::{AsOf, Between, View, Views};

/// As in the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How fast the read models answer.
#[derive(Parser)]
struct Arguments {
    /// Where the data goes.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Leads, and as many opportunities.
    #[arg(long, default_value_t = 100_000)]
    stories: u64,
}

/// Events of a story, on average.
const EVENTS_PER_STORY: u64 = 14;
const ROUNDS: usize = 21;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let log = RocksLog::open(folder.path(), Arc::new(SystemEnvironment), &Options::default())?;
    let mut workload = Workload::new(1);
    fill(&*log, &mut workload, arguments.stories * EVENTS_PER_STORY).await?;
    let (views, _) = Views::open(log.clone(), &folder.path().join("views"))?;
    views.rebuild(&mut |_| {})?;
    let now = views.now();
    let past = views.at(Some(AsOf::Position(Position(now.position().0 / 2))), Duration::from_secs(1)).await?;
    let size = format!("{} opportunities / leads, {} events", workload.stories(), now.position());
    for (when, view) in [("live", &now), ("as of the past", &past)] {
        report(&format!("funnel over {size}, {when}"), "≤ 50 ms", || view.sales_funnel(&FunnelQuery::default()))?;
        let by_employee = FunnelQuery { group_by: vec![Field::Employee], ..FunnelQuery::default() };
        report(&format!("funnel by employee, {when}"), "≤ 50 ms", || view.sales_funnel(&by_employee))?;
        report(&format!("rejection audit over {size}, {when}"), "≤ 50 ms", || {
            view.rejection_audit(&AuditQuery::default())
        })?;
        report(&format!("rejection bursts, {when}"), "≤ 50 ms", || view.rejection_bursts(&AuditQuery::default()))?;
        let totals = ActivityQuery {
            group_by: vec![Field::Kind, Field::Direction, Field::Employee],
            ..ActivityQuery::default()
        };
        report(&format!("activity totals by kind, direction, employee, {when}"), "≤ 50 ms", || {
            view.activity_totals(&totals)
        })?;
        let list = ListQuery {
            filter: Where::equals(Field::Source, Value::text("social")),
            order: vec![Order { field: Field::Attribute("score".to_owned()), descending: true }],
            page: PageRequest::first(50),
        };
        report(&format!("leads of one source by an attribute, page of 50, {when}"), "≤ 50 ms", || {
            view.list::<LeadEntry>(&list)
        })?;
    }
    timelines(&now)
}

/// Measures a report and prints its median.
fn report<T, E: std::error::Error + Send + Sync + 'static>(
    what: &str,
    bar: &str,
    ask: impl Fn() -> Result<T, E>,
) -> anyhow::Result<()> {
    let mut taken = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        std::hint::black_box(ask()?);
        taken.push(started.elapsed());
    }
    taken.sort_unstable();
    let measured = format!("p50 {:.1} ms, max {:.1} ms", ms(taken[ROUNDS / 2]), ms(taken[ROUNDS - 1]));
    print(what, bar, measured);
    Ok(())
}

fn print(what: &str, bar: &str, measured: String) {
    Row { what: what.to_owned(), bar: bar.to_owned(), measured, note: String::new() }.print();
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Pages of 50 of the timelines of many accounts, with the events they name.
fn timelines(view: &View) -> anyhow::Result<()> {
    let accounts = view.list::<AccountEntry>(&ListQuery { page: PageRequest::first(5_000), ..ListQuery::default() })?;
    let accounts: Vec<AccountId> = accounts.nodes().into_iter().map(|account| account.id).collect();
    let mut latencies = Latencies::default();
    let started = Instant::now();
    let mut entries = 0;
    for account in &accounts {
        let asked = Instant::now();
        let query = TimelineQuery {
            of: TimelineOf::Account(*account),
            types: Vec::new(),
            period: Between::default(),
            page: PageRequest::last(50),
        };
        let page = view.timeline(&query)?.nodes();
        let positions: Vec<Position> = page.iter().map(|entry| entry.position).collect();
        entries += view.log().get_many(&positions)?.len();
        latencies.record(asked.elapsed());
    }
    let measured = format!(
        "{:.0} pages/s on 1 thread, {:.1} entries each, p50 {} µs, p99 {} µs",
        accounts.len() as f64 / started.elapsed().as_secs_f64(),
        entries as f64 / accounts.len() as f64,
        latencies.quantile(0.5).as_micros(),
        latencies.quantile(0.99).as_micros(),
    );
    print("account timelines with their events, pages of ≤ 50, in process", "–", measured);
    Ok(())
}
