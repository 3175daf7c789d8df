//! Later checkpoints with the proof that their log goes on from an earlier one.

use super::exports::World;
use super::independent;
use crate::proof::*;

/// Verifies with both verifiers, which must agree.
fn verify(world: &World, text: &str, trusted: &Checkpoint) -> Result<u64, String> {
    let found = Continuation::parse(text).and_then(|read| read.verify(trusted, &world.keys()));
    let second = independent::verify(text, Some(trusted.note()), &world.key_file());
    assert_eq!(found.is_ok(), second.is_ok(), "{found:?}, but the independent verifier: {second:?}");
    found.map(|later| later.size()).map_err(|error| error.to_string())
}

#[test]
fn a_log_goes_on_from_every_checkpoint_of_its_own() {
    let world = World::new();
    let checkpoints: Vec<Checkpoint> = [1, 2, 5, 248, 1, 300].map(|count| world.fill(count)).into();
    for trusted in &checkpoints {
        let text = world.log.continuation(trusted).unwrap().to_text();
        assert!(text.starts_with(&format!("old {}\n", trusted.size())), "{text}");
        assert_eq!(verify(&world, &text, trusted), Ok(557));
        assert_eq!(Continuation::parse(&text).unwrap().to_text(), text);
        let known = world.log.held_checkpoint(&text).unwrap();
        assert_eq!(known.size(), 557, "whoever has checked it holds the later checkpoint");
    }
    let newest = &checkpoints[5];
    let more =
        world.log.continuation(newest).unwrap().to_text().replacen("\n\n", &format!("\n{}\n\n", newest.root()), 1);
    assert!(verify(&world, &more, newest).unwrap_err().contains("does not go on from"), "a hash too many");
}

#[test]
fn a_changed_proof_and_one_for_somebody_else_are_refused() {
    let world = World::new();
    let (other, trusted) = (world.fill(100), world.fill(157));
    world.fill(143);
    let text = world.log.continuation(&trusted).unwrap().to_text();
    let refused = verify(&world, &text, &other).unwrap_err();
    assert!(refused.contains("it goes on from 257 records, and the trusted checkpoint covers 100"), "{refused}");
    let lines: Vec<&str> = text.lines().collect();
    let without = [&lines[..1], &lines[2..]].concat().join("\n") + "\n";
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    for changed in [without, swapped.join("\n") + "\n"] {
        let refused = verify(&world, &changed, &trusted).unwrap_err();
        assert!(refused.contains("does not go on from the trusted checkpoint over 257"), "{refused}");
    }
    let forged = text.replacen("\n400\n", "\n401\n", 1);
    let refused = verify(&world, &forged, &trusted).unwrap_err();
    assert!(refused.contains("cannot be trusted"), "{refused}");
    for (broken, line) in [("old x\n\nnote\n", 1), ("old 07\n\nnote\n", 1), ("old 7\nAA==\n\nnote\n", 2)] {
        let refused = Continuation::parse(broken).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("line {line} of the continuation")), "{refused}");
    }
}

#[test]
fn another_history_under_the_same_keys_does_not_go_on() {
    let world = World::new();
    let forked = World::with_keys_of(&world);
    let trusted = world.fill(20);
    forked.fill(19);
    let forked_there = forked.fill(1);
    forked.fill(21);
    let refused = forked.log.continuation(&trusted).unwrap_err();
    assert!(refused.to_string().contains("does not fit this log"), "{refused}");
    let of_the_fork = forked.log.continuation(&forked_there).unwrap().to_text();
    assert_eq!(verify(&forked, &of_the_fork, &forked_there), Ok(41));
    let refused = verify(&world, &of_the_fork, &trusted).unwrap_err();
    assert!(refused.contains("history was rewritten"), "{refused}");
}
