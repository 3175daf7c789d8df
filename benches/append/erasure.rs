//! What the erasure of a person costs: until nobody reads their data any more, and until no file has a trace of them.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use letopis_benches::{Probe, Row, spread};
use letopis_domain::ids::{ActivityId, Position, SubjectId};
use letopis_domain::lead::{LeadDetails, LeadReceived};
use letopis_domain::privacy::{ErasureGround, PersonalDataErased};
use letopis_domain::query::AppendCondition;
use letopis_domain::values::{Personal, Phone};
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::log::Log;
use letopis_eventlog::rocks::{Options, RocksLog};
use letopis_projections::{AsOf, Projector, Views};
use uuid::Uuid;

use crate::events::{append, employee, lead, note};

/// Events of the person who is erased.
const EVENTS: u64 = 1_000;
/// People between whose events they lie.
const OTHERS: u64 = 50;
const PATIENCE: Duration = Duration::from_mins(1);

pub fn measure(folder: &Path, rounds: usize) -> anyhow::Result<Vec<Row>> {
    let mut probe = Probe::new(folder)?;
    let (mut fenced, mut forgotten, mut purged) = (vec![], vec![], vec![]);
    for round in 0..rounds {
        let took = erase(&folder.join(format!("erasure-{round}")))?;
        fenced.push(took.fenced.as_secs_f64() * 1e3);
        forgotten.push(took.forgotten.as_secs_f64() * 1e3);
        purged.push(took.purged.as_secs_f64() * 1e3);
    }
    let raw = probe.measure(Duration::from_secs(1))?.to_string();
    let row = |what: &str, bar: &str, took: &[f64]| Row {
        what: format!("erasure of a person with {EVENTS} events: {what}"),
        bar: bar.to_owned(),
        measured: format!("{} ms", spread(took, 1)),
        note: raw.clone(),
    };
    Ok(vec![
        row("fence, key and look-ups", "≤ 100 ms", &fenced),
        row("every read model as well", "≤ 5 s", &forgotten),
        row("every file, with a clean stop", "≤ 5 s", &purged),
    ])
}

/// How long it took from the request on.
struct Took {
    fenced: Duration,
    forgotten: Duration,
    purged: Duration,
}

fn erase(folder: &Path) -> anyhow::Result<Took> {
    let log = RocksLog::open(folder, Arc::new(SystemEnvironment), &Options::default())?;
    let (views, _) = Views::open(Arc::<RocksLog>::clone(&log), &folder.join("views"))?;
    let projector = Projector::start(&views)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let subject = fill(&log, &runtime)?;
    runtime.block_on(views.at(Some(AsOf::Position(log.head())), PATIENCE))?;
    let fact = PersonalDataErased {
        subject,
        erased: subject.into(),
        ground: ErasureGround::Objection,
        reference: None,
        employee: None,
    };
    let before = Instant::now();
    let appended = runtime.block_on(log.append(append(vec![fact.into()], AppendCondition::default())))?;
    let fenced = before.elapsed();
    runtime.block_on(views.at(Some(AsOf::Position(appended.last)), PATIENCE))?;
    let forgotten = before.elapsed();
    projector.stop();
    // A clean stop waits for the files that are rewritten.
    log.close()?;
    Ok(Took { fenced, forgotten, purged: before.elapsed() })
}

/// The person's events among those of others, each with a number by which they are found.
fn fill(log: &RocksLog, runtime: &tokio::runtime::Runtime) -> anyhow::Result<SubjectId> {
    for number in 0..=OTHERS {
        let received = LeadReceived {
            lead: lead(number),
            subject: SubjectId(lead(number).0),
            source: None,
            channel: None,
            campaign: None,
            owner: None,
            amount: None,
            attributes_version: 0,
            personal: Personal::with_attributes(
                LeadDetails { phones: vec![Phone(format!("+31 20 555 {number:04}"))], ..LeadDetails::default() },
                std::collections::BTreeMap::new(),
            ),
        };
        runtime.block_on(log.append(append(vec![received.into()], AppendCondition::default())))?;
    }
    for number in 0..EVENTS {
        let of_one = [0, 1 + number % OTHERS].map(|who| note(lead(who), employee(1), ActivityId(Uuid::now_v7())));
        runtime.block_on(log.append(append(of_one.into(), AppendCondition::default())))?;
    }
    anyhow::ensure!(log.head() > Position(EVENTS), "the log was filled");
    Ok(SubjectId(lead(0).0))
}
