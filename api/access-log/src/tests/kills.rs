//! A process that records is killed, again and again: what was acknowledged is there.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use chrono::Utc;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::place::{Place, operations, read};
use crate::{AccessLog, Options, Reader};

const CHILD: &str = "LETOPIS_ACCESS_LOG_CHILD";
const THIS_TEST: &str = "tests::kills::what_was_acknowledged_survives_thirty_kills";
const ROUNDS: usize = 30;

#[test]
fn what_was_acknowledged_survives_thirty_kills() {
    if let Some(folder) = std::env::var_os(CHILD) {
        return record_for_ever(Path::new(&folder));
    }
    let seed = SmallRng::from_os_rng().random();
    println!("seed {seed}");
    let mut random = SmallRng::seed_from_u64(seed);
    let place = Place::new();
    let (mut acknowledged, mut cuts) = (Vec::new(), 0);
    for round in 0..ROUNDS {
        acknowledged.extend(run_and_kill(&place.path(), round, random.random_range(0..300)));
        let log = place.open();
        cuts += u64::from(log.opened().cut_bytes > 0);
        assert!(log.reader().verify(None).unwrap().is_whole(), "round {round}, seed {seed}");
        drop(log);
        let found = operations(&place.path());
        let distinct: HashSet<&String> = found.iter().collect();
        assert_eq!(distinct.len(), found.len(), "round {round}, seed {seed}: recorded twice");
        let lost: Vec<_> = acknowledged.iter().filter(|operation| !distinct.contains(operation)).collect();
        assert!(lost.is_empty(), "round {round}, seed {seed}: lost {lost:?}");
    }
    assert!(acknowledged.len() > ROUNDS, "the child was killed before it recorded anything");
    println!("{} acknowledged, {cuts} torn ends cut", acknowledged.len());
}

/// Starts the child, kills it after so many answers, and hears what it said to the last whole line.
fn run_and_kill(folder: &Path, round: usize, answers: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", THIS_TEST, "--nocapture"])
        .env(CHILD, folder)
        .env("ROUND", round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (mut heard, mut line) = (Vec::new(), String::new());
    let mut is_alive = true;
    loop {
        if is_alive && heard.len() >= answers {
            child.kill().unwrap();
            is_alive = false;
        }
        line.clear();
        if output.read_line(&mut line).unwrap() == 0 {
            break;
        }
        heard.extend(line.strip_prefix("acknowledged ").and_then(|line| line.strip_suffix('\n')).map(str::to_owned));
    }
    child.wait().unwrap();
    assert!(!is_alive, "the child ended by itself after {} answers", heard.len());
    heard
}

/// The child: four tasks that record and say so.
fn record_for_ever(folder: &Path) {
    let round = std::env::var("ROUND").unwrap();
    let log = Arc::new(AccessLog::open(folder, Options::default(), Arc::new(|| Utc::now().into())).unwrap());
    assert!(Reader::of(folder).verify(None).unwrap().is_whole());
    println!();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let tasks = (0..4).map(|task| {
            let (log, round) = (Arc::clone(&log), round.clone());
            tokio::spawn(async move {
                for number in 0_u64.. {
                    let operation = format!("{round} {task} {number}");
                    log.record(vec![read(&operation)]).await.unwrap();
                    let mut output = std::io::stdout().lock();
                    writeln!(output, "acknowledged {operation}").and_then(|()| output.flush()).unwrap();
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
}
