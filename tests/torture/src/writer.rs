//! The process that is tortured: writes to a log from several clients at once and says what it is answered.
//!
//! Lines on standard output: `ready`; `try ID` before an append; `ack ID FIRST LAST` once it is durable,
//! `repeated ID FIRST LAST` when it was before, `conflict ID`, `erased ID SUBJECT` and `unkeyed ID REASON` when it was
//! not taken because of somebody's key, `refused REASON`, `error WHAT`; `asof MICROS POSITION`, `checkpoint SIZE ROOT`, `unkept REASON`;
//! at the end `closed` or `unclosed REASON`. Lines on standard input: ids of requests to repeat. The reader of the
//! pipe is the oracle: it lives outside the data folder and survives whatever happens to this process.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use letopis_domain::ids::{Position, SubjectId};
use letopis_domain::query::Query;
use letopis_domain::values::Timestamp;
use letopis_eventlog::environment::Environment;
use letopis_eventlog::error::AppendError;
use letopis_eventlog::log::{Appended, Direction, Log, Range};
use letopis_eventlog::rocks::{Faults, IssueError, Options, RocksLog};
use letopis_projections::{Projector, Views};

use crate::clock::UnsteadyClock;
use crate::plan::{Kind, PERSONS_PER_LEAD, Plan, lead};
use crate::random::Random;

/// Clients that write at the same time.
pub const CLIENTS: u64 = 8;
/// Leads that the clients of one run fight over.
const HOT_LEADS: u64 = 6;
/// How often the read models are stored, so that a crash meets them at it.
const STORE_VIEWS_EVERY: Duration = Duration::from_millis(25);

/// What the writer is told.
#[derive(Clone, Debug)]
pub struct Orders {
    /// The data folder.
    pub folder: PathBuf,
    /// Everything random follows from it.
    pub seed: u64,
    /// The number of the run; requests of different runs differ.
    pub run: u64,
    /// Requests of each client.
    pub requests: u64,
    /// Misbehavior on purpose.
    pub faults: Faults,
    /// How far the clock is off at first, and whether it jumps.
    pub clock: UnsteadyClock,
    /// Whether the read models follow.
    pub has_views: bool,
}

/// How the logs of this harness are opened: tiny generations and many checkpoints, so that the disk is busy.
pub fn options(folder: &Path, faults: Faults) -> Options {
    Options {
        generation_events: 400,
        block_cache_bytes: 8 << 20,
        checkpoint_interval: Duration::from_millis(20),
        ledger: Some(folder.join("apart").join("erasures")),
        faults,
        ..Options::default()
    }
}

/// Writes until every client is done, or the process is.
pub fn run(orders: &Orders) -> anyhow::Result<()> {
    let repeats: Vec<Plan> = std::io::stdin().lines().map_while(Result::ok).filter_map(|id| id.parse().ok()).collect();
    eprintln!("run {}", orders.run);
    let clock = Arc::new(orders.clock.clone());
    let log = match RocksLog::open(&orders.folder, clock.clone(), &options(&orders.folder, orders.faults)) {
        Ok(log) => log,
        Err(error) => return say(&format!("unopened {error}")),
    };
    say("ready")?;
    let is_done = Arc::new(AtomicBool::new(false));
    let views = orders.has_views.then(|| follow(&log, &orders.folder, &is_done));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    runtime.block_on(async {
        let mut clients = tokio::task::JoinSet::new();
        for client in 0..CLIENTS {
            let client = Client {
                log: log.clone(),
                clock: clock.clone(),
                run: orders.run,
                number: client,
                random: Random::new(orders.seed ^ client.wrapping_mul(0x5851_f42d_4c95_7f2d)),
            };
            clients.spawn(client.write(orders.requests));
        }
        repeat(&log, &repeats).await?;
        while let Some(ended) = clients.join_next().await {
            ended??;
        }
        anyhow::Ok(())
    })?;
    is_done.store(true, Ordering::SeqCst);
    if let Some(follower) = views {
        let _ = follower.join();
    }
    match log.close() {
        Ok(()) => say("closed"),
        Err(error) => say(&format!("unclosed {error}")),
    }
}

/// Lets the read models follow the log, and stores them again and again.
fn follow(log: &Arc<RocksLog>, folder: &Path, is_done: &Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    let (log, folder, is_done) = (log.clone(), folder.join("views"), is_done.clone());
    std::thread::spawn(move || {
        let Ok((views, _)) = Views::open(log, &folder) else { return };
        let Ok(projector) = Projector::start(&views) else { return };
        while !is_done.load(Ordering::SeqCst) {
            std::thread::sleep(STORE_VIEWS_EVERY);
            // On a full disk they are behind; the log holds everything.
            let _ = views.close();
        }
        projector.stop();
    })
}

/// Asks again for what an earlier run asked for, as clients do that got no answer.
async fn repeat(log: &RocksLog, repeats: &[Plan]) -> anyhow::Result<()> {
    for plan in repeats {
        if !ask(log, plan).await? {
            break;
        }
    }
    Ok(())
}

/// Appends, says how that went, and whether the log takes more.
async fn ask(log: &RocksLog, plan: &Plan) -> anyhow::Result<bool> {
    announce(plan)?;
    let answer = log.append(plan.append()).await;
    let is_appended = answer.is_ok();
    let goes_on = tell(plan, answer)?;
    if is_appended {
        plan.erases().into_iter().try_for_each(|subject| look_for(log, subject))?;
    }
    Ok(goes_on)
}

/// Somebody whose erasure was acknowledged must be gone at once.
fn look_for(log: &RocksLog, subject: SubjectId) -> anyhow::Result<()> {
    for event in log.read(&Query::about(&subject, &[]), Range::ALL)? {
        if event.event.data_subjects().contains(subject) && !event.event.is_erased() {
            say(&format!("error position {} is readable although {subject} is erased", event.position))?;
        }
    }
    if log.erasures().iter().any(|erased| erased.subject == subject) {
        return Ok(());
    }
    say(&format!("error the ledger does not know that {subject} is erased"))
}

/// Says what is asked for, all parts of it, before it can be anywhere.
fn announce(plan: &Plan) -> anyhow::Result<()> {
    plan.parts().try_for_each(|part| say(&format!("try {}", part.id())))
}

/// Says how an append ended, and whether the log takes more.
fn tell(plan: &Plan, answer: Result<Appended, AppendError>) -> anyhow::Result<bool> {
    match answer {
        Ok(appended) => {
            let mut first = appended.first.0;
            for part in plan.parts() {
                let next = first + part.events().len() as u64;
                say(&format!("ack {} {first} {}", part.id(), next - 1))?;
                first = next;
            }
            if first != appended.last.0 + 1 {
                say(&format!("error {} ends at {}, not at {}", plan.id(), appended.last, first - 1))?;
            }
        }
        Err(AppendError::Repeated(before)) => {
            say(&format!("repeated {} {} {}", plan.id(), before.first, before.last))?;
        }
        Err(AppendError::Conflict(_)) => say(&format!("conflict {}", plan.id()))?,
        Err(AppendError::Erased { subject }) => say(&format!("erased {} {subject}", plan.id()))?,
        // Without a durable key nothing is sealed, and so nothing was appended.
        Err(AppendError::Keys(reason)) => say(&format!("unkeyed {} {}", plan.id(), reason.replace('\n', " ")))?,
        Err(AppendError::ReadOnly(reason)) => {
            say(&format!("refused {}", reason.replace('\n', " ")))?;
            return Ok(false);
        }
        Err(error) => say(&format!("error {}: {}", plan.id(), error.to_string().replace('\n', " ")))?,
    }
    Ok(true)
}

struct Client {
    log: Arc<RocksLog>,
    clock: Arc<UnsteadyClock>,
    run: u64,
    number: u64,
    random: Random,
}

impl Client {
    async fn write(mut self, requests: u64) -> anyhow::Result<()> {
        for number in 0..requests {
            let plan = self.plan(number)?;
            if !ask(&self.log, &plan).await? {
                return self.insist(number).await;
            }
            if self.random.once_in(24) {
                self.ask_for_a_checkpoint()?;
            }
            if self.random.once_in(16) {
                self.ask_for_an_instant().await?;
            }
        }
        Ok(())
    }

    /// A log that refused must go on refusing.
    async fn insist(&mut self, number: u64) -> anyhow::Result<()> {
        let plan = self.plan(number + 1_000_000)?;
        announce(&plan)?;
        let answer = self.log.append(plan.append()).await;
        match answer {
            Err(AppendError::ReadOnly(_)) => Ok(()),
            other => say(&format!("error a log that refused writes answered {other:?}")),
        }
    }

    /// Asks about an instant, and tells the answer unless the clock jumped meanwhile: then the log may take the instant
    /// for one to come, of which it can only say what is there now.
    async fn ask_for_an_instant(&mut self) -> anyhow::Result<()> {
        let jumps = self.clock.jumps();
        let back = i64::try_from(self.random.of_any_magnitude(100_000)).unwrap_or_default();
        let at = self.clock.now().micros() - back;
        match self.log.position_at(Timestamp::from_micros(at)).await {
            Ok(position) if self.clock.jumps() == jumps => say(&format!("asof {at} {position}")),
            // After a failed write nobody knows.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn ask_for_a_checkpoint(&self) -> anyhow::Result<()> {
        match self.log.checkpoint() {
            Ok(checkpoint) => say(&format!("checkpoint {} {}", checkpoint.size(), checkpoint.root())),
            // On a bad disk none can be kept, and so none leaves.
            Err(error @ (IssueError::Keep { .. } | IssueError::Failed(_))) => say(&format!("unkept {error}")),
            Err(error) => say(&format!("error no checkpoint was made: {error}")),
        }
    }

    fn plan(&mut self, number: u64) -> anyhow::Result<Plan> {
        let by = [self.run, self.number, number];
        let hot = self.run / 3 * HOT_LEADS + self.random.below(HOT_LEADS);
        let plan = |kind, after, target| Plan { kind, by, after, target, part: [1, 1] };
        Ok(match self.random.below(40) {
            0..9 => plan(Kind::Claim, 0, 1_000_000 + self.run * 10_000 + number),
            9..20 => {
                let query = Query::about(&lead(hot), &[]);
                let range = Range { direction: Direction::Backward, ..Range::after(Position::START, 1) };
                let last = self.log.find(&query, range)?.first().map_or(0, |found| found.position.0);
                plan(Kind::Stream, last, hot)
            }
            20..27 => plan(Kind::Wide, self.log.head().0, hot),
            27..30 => plan(Kind::People, 0, hot),
            38 => {
                let claimed = 1_000_000 + self.run * 10_000 + self.random.below(number + 1);
                let lead = if self.random.once_in(2) { hot } else { claimed };
                plan(Kind::Erase, 0, lead * PERSONS_PER_LEAD + self.random.below(PERSONS_PER_LEAD))
            }
            39 => plan(Kind::Bulk, 0, hot),
            _ => Plan { part: [1, 1 + self.random.below(3)], ..plan(Kind::Free, 0, hot) },
        })
    }
}

/// Writes a line at once: what is in the pipe survives the process.
fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    Ok(out.flush()?)
}

/// Reads lines until the other side is gone; a last line that was cut says nothing.
pub fn lines(out: impl std::io::Read) -> impl Iterator<Item = String> {
    let mut out = std::io::BufReader::new(out);
    std::iter::from_fn(move || {
        let mut line = String::new();
        let size = out.read_line(&mut line).ok()?;
        (size > 0 && line.ends_with('\n')).then(|| line.trim_end().to_owned())
    })
}
