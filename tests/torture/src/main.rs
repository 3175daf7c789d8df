//! `torture [--fault F] [--seed N] [--rounds N] [--minutes M] [--folder DIR]`: breaks logs and looks what is left.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use letopis_eventlog::rocks::{Crash, CrashPoint, Faults};
use letopis_torture::clock::UnsteadyClock;
use letopis_torture::fault::Fault;
use letopis_torture::torment::{Job, Outcome, torment};
use letopis_torture::writer::{self, Orders};
use letopis_torture::{portrait, probe};

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = Arguments(&arguments);
    let folder = || arguments.get(1).map(PathBuf::from).context("a folder is needed");
    match arguments.first().map(String::as_str) {
        Some("write") => writer::run(&orders(folder()?, &options)?)?,
        Some("portrait") => println!("{}", portrait::draw(&folder()?).join("\n")),
        Some("probe") => probe::write(&folder()?)?,
        Some("probe-again") => probe::write_again(&folder()?)?,
        _ => return drive(&options),
    }
    Ok(ExitCode::SUCCESS)
}

/// Options of the form `--name value`.
struct Arguments<'a>(&'a [String]);

impl Arguments<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        let place = self.0.iter().position(|argument| argument == name)?;
        self.0.get(place + 1).map(String::as_str)
    }

    fn number(&self, name: &str) -> anyhow::Result<Option<u64>> {
        self.text(name).map(|text| text.parse().with_context(|| format!("{name} {text}"))).transpose()
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|argument| argument == name)
    }
}

fn orders(folder: PathBuf, options: &Arguments<'_>) -> anyhow::Result<Orders> {
    let crash = options.text("--crash").and_then(|text| text.split_once('/'));
    let crash = crash.map(|(point, passing)| {
        let at = *CrashPoint::ALL.get(point.parse::<usize>()?).context("there is no such point")?;
        anyhow::Ok(Crash { at, passing: passing.parse()? })
    });
    let faults = Faults {
        acknowledge_before_write: options.has("--acknowledge-before-write"),
        acknowledge_before_erasing: options.has("--acknowledge-before-erasing"),
        lose_posting: options.number("--lose-posting")?,
        crash: crash.transpose()?,
        ..Faults::default()
    };
    Ok(Orders {
        folder,
        seed: options.number("--seed")?.unwrap_or(1),
        run: options.number("--run")?.unwrap_or(0),
        requests: options.number("--requests")?.unwrap_or(100),
        faults,
        clock: options.text("--clock").map(str::parse::<UnsteadyClock>).transpose()?.unwrap_or_default(),
        has_views: true,
    })
}

fn drive(options: &Arguments<'_>) -> anyhow::Result<ExitCode> {
    let rounds = options.number("--rounds")?.unwrap_or(20);
    let since_epoch = || anyhow::Ok(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs());
    let seed = options.number("--seed")?.map_or_else(since_epoch, Ok)?;
    let faults = match options.text("--fault") {
        None | Some("all") => Fault::ALL.iter().map(|(fault, _)| *fault).collect(),
        Some(name) => vec![name.parse::<Fault>().map_err(anyhow::Error::msg)?],
    };
    let minutes = options.number("--minutes")?;
    let until = minutes.map(|minutes| Instant::now() + Duration::from_secs(minutes * 60));
    let folder = options.text("--folder").map_or_else(std::env::temp_dir, PathBuf::from);
    let mut is_sound = true;
    for fault in faults {
        let job = Job { until, folder: folder.clone(), ..Job::new(fault, seed, rounds) };
        let outcome = torment(&job)?;
        print(&job, &outcome, &folder);
        is_sound &= outcome.findings.is_empty();
    }
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print(job: &Job, outcome: &Outcome, folder: &Path) {
    let Outcome { rounds, acknowledged, findings, elapsed, tally } = outcome;
    let (fault, seed) = (job.fault.name(), job.seed);
    println!(
        "{fault}: seed {seed}, {rounds} rounds in {:.1} s below {}, {acknowledged} requests acknowledged, {} findings",
        elapsed.as_secs_f64(),
        folder.display(),
        findings.len()
    );
    for (what, times) in tally {
        println!("    {times:6} × {what}");
    }
    for finding in findings {
        println!("  FOUND {finding}");
    }
}
