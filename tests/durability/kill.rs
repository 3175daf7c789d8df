//! Fifty kills at random moments of one growing log, and the control that proves that a loss would be seen.

use crate::child::{complaints, run_and_kill, writer};

const ROUNDS: u64 = 50;
const CONTROL_ROUNDS: u64 = 10;
const ACKNOWLEDGEMENTS_MAX: u64 = 1_500;

/// The next number of a simple, well mixed sequence; the seed is in the failure message.
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb) >> 8
}

fn seed() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_micros()).unwrap_or_default()
}

#[test]
fn what_was_acknowledged_survives_fifty_kills() {
    let folder = tempfile::tempdir().unwrap();
    let seed = seed();
    let mut state = seed;
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        // Every eighth round kills the writer as soon as it runs, which is while it opens the log.
        let kill_after = (round % 8 != 7).then(|| usize::try_from(draw(&mut state) % ACKNOWLEDGEMENTS_MAX).unwrap());
        let heard = run_and_kill(writer(folder.path(), &round.to_string(), None), kill_after);
        acknowledged.extend(heard.acknowledged);
        // Every third round leaves the unclean folder to the next writer.
        if round % 3 != 2 || round + 1 == ROUNDS {
            let complaints = complaints(folder.path(), &acknowledged);
            assert!(complaints.is_empty(), "seed {seed}, round {round}: {complaints:#?}");
        }
    }
    assert!(acknowledged.len() > 1_000, "seed {seed}: only {} requests were acknowledged", acknowledged.len());
}

#[test]
fn an_acknowledgement_before_the_write_is_caught() {
    let seed = seed();
    let mut state = seed;
    let caught = (0..CONTROL_ROUNDS).any(|round| {
        let folder = tempfile::tempdir().unwrap();
        let fault = Some("acknowledge-before-write");
        let kill_after = usize::try_from(1 + draw(&mut state) % 200).unwrap();
        let heard = run_and_kill(writer(folder.path(), &round.to_string(), fault), Some(kill_after));
        complaints(folder.path(), &heard.acknowledged).iter().any(|complaint| complaint.starts_with("acknowledged"))
    });
    assert!(caught, "seed {seed}: {CONTROL_ROUNDS} kills lost nothing of a log that acknowledges too early");
}
