//! Rounds: a writer runs under a fault, and the log is held against the oracle; folder after folder.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use letopis_eventlog::environment::Environment;
use letopis_eventlog::proof::SigningKeys;
use letopis_eventlog::rocks::CrashPoint;

use crate::check::check;
use crate::child::{Kill, Ran, program, run};
use crate::clock::UnsteadyClock;
use crate::fault::Fault;
use crate::flip;
use crate::oracle::{End, Oracle};
use crate::plan::Plan;
use crate::random::Random;
use crate::remains::WrappedKeys;
use crate::shim::{Disk, POWER_CUT, subject};

/// Events from which on a folder is full enough.
const EVENTS_MAX: u64 = 30_000;
/// Requests that a run repeats.
const REPEATS: usize = 24;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Job {
    /// What is done to the logs.
    pub fault: Fault,
    /// Everything random follows from it.
    pub seed: u64,
    /// How often.
    pub rounds: u64,
    /// When to stop although rounds are left.
    pub until: Option<Instant>,
    /// Where the data folders are made.
    pub folder: PathBuf,
    /// Further arguments of the writer: negative controls.
    pub controls: Vec<String>,
    /// Whether syncs do nothing, in power cuts: a negative control.
    pub syncs_lie: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Rounds that were gone through.
    pub rounds: u64,
    /// Requests that were acknowledged.
    pub acknowledged: u64,
    /// Bits that were flipped and named, or the like: what happened, and how often.
    pub tally: std::collections::BTreeMap<String, u64>,
    /// What is wrong with the log.
    pub findings: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Outcome {
    /// Counts what happened.
    pub fn count(&mut self, what: impl Into<String>) {
        *self.tally.entry(what.into()).or_default() += 1;
    }
}

impl Job {
    /// So many rounds of a fault, below the folder for temporary files.
    pub fn new(fault: Fault, seed: u64, rounds: u64) -> Self {
        let folder = std::env::temp_dir();
        Self { fault, seed, rounds, until: None, folder, controls: Vec::new(), syncs_lie: false }
    }
}

/// Goes through the rounds. A folder with a finding is kept, and the next one begun.
pub fn torment(job: &Job) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let mut outcome = Outcome::default();
    let mut random = Random::new(job.seed);
    while outcome.rounds < job.rounds && job.until.is_none_or(|until| Instant::now() < until) {
        let place = tempfile::Builder::new().prefix("torture-").tempdir_in(&job.folder)?;
        let before = outcome.findings.len();
        let rounds = job.fault.rounds_per_folder().min(job.rounds - outcome.rounds);
        if job.fault == Fault::BitFlip {
            flip::flip_bits(job, place.path(), &mut random, rounds, &mut outcome)?;
        } else {
            Folder::new(place.path(), job)?.suffer(&mut random, rounds, &mut outcome)?;
        }
        if outcome.findings.len() > before {
            let kept = place.keep();
            outcome.findings.push(format!("the folder is kept: {}", kept.display()));
        }
    }
    outcome.elapsed = started.elapsed();
    Ok(outcome)
}

/// Makes a data folder with a key that signs checkpoints.
pub fn prepare(data: &Path) -> anyhow::Result<()> {
    SigningKeys::generate(&data.join("keys"), "torture.example/log")?;
    Ok(())
}

/// The command that runs a writer.
pub fn writer(data: &Path, seed: u64, run: u64, requests: u64) -> Command {
    let mut command = Command::new(program());
    command.arg("write").arg(data);
    command.args(["--seed", &seed.to_string(), "--run", &run.to_string(), "--requests", &requests.to_string()]);
    command
}

/// A data folder, and everything that was ever said about it.
struct Folder<'a> {
    job: &'a Job,
    place: &'a Path,
    data: PathBuf,
    oracle: Oracle,
    keys: WrappedKeys,
    /// Where a run whose sync failed has left what is not on disk; the next one suffers for it.
    doomed: PathBuf,
    runs: u64,
    off_micros: i64,
}

/// What one run is subject to.
struct Ordeal {
    command: Command,
    kill: Kill,
    is_disk_bad: bool,
}

impl<'a> Folder<'a> {
    fn new(place: &'a Path, job: &'a Job) -> anyhow::Result<Self> {
        let data = place.join("data");
        prepare(&data)?;
        let (oracle, keys) = (Oracle::default(), WrappedKeys::default());
        Ok(Self { job, place, data, oracle, keys, doomed: place.join("doomed"), runs: 0, off_micros: 0 })
    }

    fn suffer(&mut self, random: &mut Random, rounds: u64, outcome: &mut Outcome) -> anyhow::Result<()> {
        for round in 0..rounds {
            let ran = self.round(random, outcome)?;
            let is_last = round + 1 == rounds;
            // Now and then the next writer finds the folder as the fault left it.
            let is_doomed = self.doomed.exists() && !is_last;
            let is_checked = !is_doomed && (is_last || ran.end == End::Unopened || !random.once_in(3));
            let mut complaints = std::mem::take(&mut self.oracle.complaints);
            // As the fault left it: what is opened finishes what was begun.
            complaints.extend(self.keys.look(&self.data, &self.oracle.erased()));
            let mut events = 0;
            if is_checked {
                let with_views = is_last || random.once_in(5);
                let clock: Arc<dyn Environment> = Arc::new(UnsteadyClock::new(self.off_micros, None));
                let checked = check(&self.data, &self.oracle, &mut self.keys, clock, with_views);
                complaints.extend(checked.complaints);
                events = checked.events;
            }
            outcome.rounds += 1;
            if !complaints.is_empty() {
                let (fault, seed) = (self.job.fault.name(), self.job.seed);
                let round = outcome.rounds;
                let finding = format!("{fault}, seed {seed}, round {round}: {}", complaints.join("\n    "));
                outcome.findings.push(finding);
            }
            if !complaints.is_empty() || events > EVENTS_MAX {
                break;
            }
        }
        outcome.acknowledged += self.oracle.order.len() as u64;
        Ok(())
    }

    /// One run of the writer.
    fn round(&mut self, random: &mut Random, outcome: &mut Outcome) -> anyhow::Result<Ran> {
        let seed = random.next();
        let Ordeal { mut command, kill, is_disk_bad } = self.ordeal(random, seed)?;
        command.args(&self.job.controls);
        command.stderr(File::options().create(true).append(true).open(self.place.join("stderr.txt"))?);
        let repeats = self.repeats(random);
        self.runs += 1;
        let (refusals, excused) = (self.oracle.refusals.len(), self.oracle.excused.len());
        let ran = run(command, &mut self.oracle, &repeats, kill)?;
        outcome.count(match (ran.end, ran.status.code(), ran.status.signal()) {
            (End::Closed | End::Unclosed, Some(POWER_CUT), _) => "the power was cut at the end".to_owned(),
            (End::Unopened, Some(POWER_CUT), _) => "not opened, and the power was cut".to_owned(),
            (_, Some(POWER_CUT), _) => "the power was cut".to_owned(),
            (_, _, Some(signal)) => format!("killed by signal {signal}"),
            (End::Closed, ..) => "closed".to_owned(),
            (End::Unclosed, ..) => "not closed cleanly".to_owned(),
            (End::Unopened, ..) => "not opened".to_owned(),
            (End::Silent, code, _) => format!("ended with {code:?}"),
        });
        if self.oracle.refusals.len() > refusals {
            outcome.count("writes were refused");
        }
        self.judge(&ran, is_disk_bad, refusals);
        let excused = self.oracle.excused.split_off(excused);
        self.oracle.complaints.extend(excused.into_iter().filter(|_| !is_disk_bad));
        if ran.end != End::Closed && self.job.fault == Fault::Clock {
            // A crash forgets what was asked, and with a clock that is set back the answer may change.
            self.oracle.instants.clear();
        }
        Ok(ran)
    }

    /// A run may end only as its fault allows, and must say why.
    fn judge(&mut self, ran: &Ran, is_disk_bad: bool, refusals: usize) {
        let expects_signal = match self.job.fault {
            Fault::Kill | Fault::Clock => Some(9),
            Fault::NamedKill => Some(6),
            _ => None,
        };
        let is_expected = ran.status.success()
            || ran.status.code() == Some(POWER_CUT)
            || (ran.status.signal().is_some() && ran.status.signal() == expects_signal);
        if !is_expected {
            self.oracle.complaints.push(format!("the writer ended with {}", ran.status));
        }
        if matches!(ran.end, End::Unopened | End::Unclosed) && !is_disk_bad {
            self.oracle.complaints.push(format!("the log was {:?}: {}", ran.end, ran.reason));
        }
        let said = self.oracle.refusals[refusals..].iter().chain([&ran.reason]).filter(|reason| !reason.is_empty());
        let vague: Vec<_> = said
            .filter(|reason| !reason.contains("No space left") && !reason.contains("Input/output error"))
            .map(|reason| format!("a reason that says nothing of the disk: {reason}"))
            .collect();
        self.oracle.complaints.extend(vague);
    }

    fn ordeal(&mut self, random: &mut Random, seed: u64) -> anyhow::Result<Ordeal> {
        let (fault, syncs_lie) = (self.job.fault, self.job.syncs_lie);
        let requests = match fault {
            Fault::Kill => 100,
            Fault::PowerCut => 5 + random.below(30),
            _ => 10 + random.below(50),
        };
        let mut command = writer(&self.data, seed, self.runs, requests);
        let mut kill = Kill::Never;
        let mut is_disk_bad = matches!(fault, Fault::Full | Fault::SyncFails);
        match fault {
            Fault::Kill => kill = moment(random),
            Fault::Clock => {
                if random.once_in(3) {
                    kill = moment(random);
                }
                let hours = i64::try_from(random.below(48)).unwrap_or_default() - 24;
                self.off_micros = hours * 3_600_000_000 + 1;
                let jumps = if random.once_in(2) { "/50" } else { "" };
                command.arg("--clock").arg(format!("{}{jumps}", self.off_micros));
            }
            Fault::NamedKill => {
                let point = random.below(CrashPoint::ALL.len() as u64);
                let passing = match CrashPoint::ALL[usize::try_from(point)?] {
                    CrashPoint::BeforeWrite
                    | CrashPoint::AfterWrite
                    | CrashPoint::AfterPublish
                    | CrashPoint::AfterAnswer => 1 + random.of_any_magnitude(80),
                    CrashPoint::BeforeIndexAdd
                    | CrashPoint::AfterIndexAdd
                    | CrashPoint::BeforeErasing
                    | CrashPoint::LedgerInOnePlace
                    | CrashPoint::LedgerWritten
                    | CrashPoint::OneCopyDestroyed
                    | CrashPoint::KeysDestroyed
                    | CrashPoint::LookupsDeleted
                    | CrashPoint::BeforeScrub
                    | CrashPoint::AfterScrub
                    | CrashPoint::CheckpointSigned
                    | CrashPoint::CheckpointKept => 1 + random.below(3),
                    _ => 1,
                };
                command.arg("--crash").arg(format!("{point}/{passing}"));
            }
            Fault::PowerCut => {
                self.subject(&mut command, seed, cut(random, None, syncs_lie))?;
            }
            Fault::Full => {
                let (from, calls) = (early_or_late(random, 40, 160), 1 + random.of_any_magnitude(1 << 20));
                self.subject(&mut command, seed, Disk::Full { from, calls })?;
            }
            Fault::SyncFails if self.doomed.exists() => {
                let doomed = self.place.join("doomed-before");
                std::fs::rename(&self.doomed, &doomed)?;
                self.subject(&mut command, seed, cut(random, Some(doomed), false))?;
                is_disk_bad = false;
            }
            Fault::SyncFails => {
                let doomed = random.once_in(2).then(|| self.doomed.clone());
                self.subject(&mut command, seed, Disk::SyncFails { from: early_or_late(random, 20, 60), doomed })?;
            }
            Fault::BitFlip => {}
        }
        Ok(Ordeal { command, kill, is_disk_bad })
    }

    fn subject(&self, command: &mut Command, seed: u64, disk: Disk) -> anyhow::Result<()> {
        let grave = self.place.join("grave");
        if grave.exists() {
            std::fs::remove_dir_all(&grave)?;
        }
        subject(command, &self.data, &grave, seed, disk)
    }

    /// What was not answered, and some of what was.
    fn repeats(&self, random: &mut Random) -> Vec<String> {
        let is_whole = |id: &&String| id.parse::<Plan>().is_ok_and(|plan| plan.part[0] == 1);
        let mut repeats: Vec<String> = self.oracle.unanswered.iter().filter(is_whole).cloned().collect();
        let order = &self.oracle.order;
        for _ in 0..REPEATS {
            let any = order.get(usize::try_from(random.below(order.len() as u64)).unwrap_or_default());
            repeats.extend(any.filter(is_whole).cloned());
        }
        repeats
    }
}

fn cut(random: &mut Random, doomed: Option<PathBuf>, syncs_lie: bool) -> Disk {
    Disk::PowerCut { at: early_or_late(random, 60, 800), doomed, syncs_lie }
}

/// A call: one in four among those of the opening.
fn early_or_late(random: &mut Random, early: u64, late: u64) -> u64 {
    1 + if random.once_in(4) { random.below(early) } else { early + random.below(late) }
}

fn moment(random: &mut Random) -> Kill {
    match random.below(8) {
        0 | 1 => Kill::After(Duration::from_micros(random.below(60_000))),
        2 => Kill::Never,
        _ => Kill::Answers(usize::try_from(random.of_any_magnitude(900)).unwrap_or_default()),
    }
}
