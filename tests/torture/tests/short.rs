//! The short form of the torture: some rounds of every fault, and the controls that prove that a loss is seen.

use letopis_torture::fault::Fault;
use letopis_torture::torment::{Job, Outcome, torment};

/// A seed of its own for every run; it stands in the message of a failure.
fn seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_micros()).unwrap_or_default()
}

fn survives(fault: Fault, rounds: u64) -> Outcome {
    let outcome = torment(&Job::new(fault, seed(), rounds)).unwrap();
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
    survives(Fault::NamedKill, 16);
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
#[ignore = "open finding: after a failed sync of the key store and a later power cut its slots may have a gap, and the \
            log does not open"]
fn a_sync_that_failed_is_never_taken_for_done() {
    survives(Fault::SyncFails, 10);
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
    let seed = seed();
    let controls = vec!["--acknowledge-before-write".to_owned()];
    let job = Job { controls, ..Job::new(Fault::Kill, seed, 12) };
    assert!(is_caught(job, "acknowledged"), "seed {seed}");
}

#[test]
fn a_lost_index_entry_is_caught() {
    let seed = seed();
    let controls = ["--lose-posting", "40"].map(str::to_owned).into();
    let job = Job { controls, ..Job::new(Fault::Clock, seed, 8) };
    assert!(is_caught(job, "the index"), "seed {seed}");
}

#[test]
fn a_sync_that_does_nothing_is_caught() {
    let seed = seed();
    let job = Job { syncs_lie: true, ..Job::new(Fault::PowerCut, seed, 12) };
    assert!(is_caught(job, "acknowledged"), "seed {seed}");
}
