//! The short form of the torture: some rounds of every fault, and the controls that prove that a loss is seen.

use letopis_torture::fault::Fault;
use letopis_torture::torment::{Job, Outcome, torment};

/// What repeats: a failure here is one on every machine. `make torture` draws others.
const SEED: u64 = 20_261_122;

fn survives(fault: Fault, rounds: u64) -> Outcome {
    println!("seed {SEED}");
    let outcome = torment(&Job::new(fault, SEED, rounds)).unwrap();
    assert!(outcome.findings.is_empty(), "{}", outcome.findings.join("\n"));
    assert!(outcome.acknowledged > 50, "only {} requests were acknowledged", outcome.acknowledged);
    outcome
}

#[test]
fn what_was_acknowledged_survives_kills_at_any_moment() {
    survives(Fault::Kill, 12);
}

#[test]
fn what_was_acknowledged_survives_kills_between_any_two_steps() {
    survives(Fault::NamedKill, 24);
}

#[test]
fn what_was_acknowledged_survives_power_cuts() {
    let outcome = survives(Fault::PowerCut, 16);
    assert!(outcome.tally.contains_key("the power was cut"), "none while it wrote: {:?}", outcome.tally);
}

#[test]
fn a_full_disk_is_refused_and_nothing_acknowledged_is_lost() {
    survives(Fault::Full, 10);
}

#[test]
fn a_sync_that_failed_is_never_taken_for_done() {
    survives(Fault::SyncFails, 20);
}

#[test]
fn a_flipped_bit_is_named_or_harmless() {
    survives(Fault::BitFlip, 30);
}

#[test]
fn a_clock_that_is_set_back_changes_no_order_and_no_answer() {
    survives(Fault::Clock, 10);
}

/// Whether a control was caught within some rounds.
fn is_caught(job: Job, by: &str) -> bool {
    let outcome = torment(&job).unwrap();
    let is_caught = outcome.findings.iter().any(|finding| finding.contains(by));
    for kept in outcome.findings.iter().filter_map(|finding| finding.strip_prefix("the folder is kept: ")) {
        std::fs::remove_dir_all(kept).unwrap();
    }
    is_caught
}

#[test]
fn an_acknowledgement_before_the_write_is_caught() {
    let controls = vec!["--acknowledge-before-write".to_owned()];
    let job = Job { controls, ..Job::new(Fault::Kill, SEED, 12) };
    assert!(is_caught(job, "acknowledged"), "seed {SEED}");
}

#[test]
fn an_erasure_that_is_acknowledged_before_the_key_is_overwritten_is_caught() {
    let controls = vec!["--acknowledge-before-erasing".to_owned()];
    for (by, what) in [("is readable although", "while the log runs"), ("and has a key at byte", "in the files")] {
        let job = Job { controls: controls.clone(), ..Job::new(Fault::Kill, SEED, 12) };
        assert!(is_caught(job, by), "{what}, seed {SEED}");
    }
}

#[test]
fn a_lost_index_entry_is_caught() {
    let controls = ["--lose-posting", "40"].map(str::to_owned).into();
    let job = Job { controls, ..Job::new(Fault::Clock, SEED, 8) };
    assert!(is_caught(job, "the index"), "seed {SEED}");
}

#[test]
fn a_sync_that_does_nothing_is_caught() {
    let job = Job { syncs_lie: true, ..Job::new(Fault::PowerCut, SEED, 12) };
    assert!(is_caught(job, "acknowledged"), "seed {SEED}");
}
