//! Verification finds what was damaged, and says where.

use super::*;
use crate::rocks::keys::List;
use crate::rocks::postings::Posting;
use crate::rocks::tail::Generation;
use crate::rocks::{Problem, Verification, keys};

fn filled() -> (tempfile::TempDir, Arc<RocksLog>) {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    fill(&log, 11);
    let requests = vec![keyed("one", 1, [qualified(1, 1), qualified(2, 2)]), keyed("two", 2, [qualified(3, 3)])];
    append(&*log, AppendRequest { requests, condition: AppendCondition::default() }).unwrap();
    (folder, log)
}

fn problem(log: &RocksLog) -> Problem {
    log.verify(&mut |_, _| {}).problem.unwrap()
}

#[test]
fn a_sound_log_is_clean_and_says_how_much_was_checked() {
    let (folder, log) = filled();
    let mut heard = Vec::new();
    let found = log.verify(&mut |done, all| heard.push((done, all)));
    // Two tags and a type per event, and two requests.
    assert_eq!(found, Verification { records: 14, groups: 12, index_entries: 14 * 3 + 2, problem: None });
    assert_eq!(heard, [(14, 14)]);
    drop(log);
    assert_eq!(open_small(folder.path()).verify(&mut |_, _| {}), found);
}

#[test]
fn a_posting_that_no_record_asks_for_is_named() {
    let (_folder, log) = filled();
    let strange = Generation::after(2);
    strange.push(0, &[keys::of_request("strange")], None);
    let types = log.shared().types.totals();
    log.close().unwrap();
    log.shared().index.add(&strange, types).unwrap();
    let problem = problem(&log);
    assert_eq!(problem.position, Position(3));
    assert_eq!(problem.what, "the index has an entry that no record asks for");
}

#[test]
fn a_posting_that_is_missing_is_named_with_its_tag() {
    let (_folder, log) = filled();
    log.close().unwrap();
    // The block of lead 4 in the first generation is replaced by one that names another type.
    let list = keys::of_tag(&letopis_domain::ids::Tagged::tag(&lead(4)));
    log.shared().index.replace_block(List::Public(list), &[Posting { position: 4, code: 9 }]).unwrap();
    let problem = problem(&log);
    assert_eq!(problem.position, Position(4));
    assert!(problem.what.starts_with("the index lacks the tag 'lead:"), "{}", problem.what);
}

#[test]
fn a_request_that_goes_on_beyond_the_stretch_compared_is_not_taken_for_the_fault() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    append(&*log, request((1..=4_090).map(|number| qualified(number, 1)))).unwrap();
    let requests = vec![keyed("long", 1, (4_091..=4_100).map(|number| qualified(number, 1)))];
    append(&*log, AppendRequest { requests, condition: AppendCondition::default() }).unwrap();
    append(&*log, request([qualified(1, 1)])).unwrap();
    log.close().unwrap();
    let list = keys::of_tag(&letopis_domain::ids::Tagged::tag(&lead(4_093)));
    log.shared().index.replace_block(List::Public(list), &[Posting { position: 4_093, code: 9 }]).unwrap();
    let problem = problem(&log);
    assert_eq!(problem.position, Position(4_093));
    assert!(problem.what.starts_with("the index lacks the tag 'lead:"), "{}", problem.what);
}

#[test]
fn a_record_that_is_damaged_is_named() {
    let (_folder, log) = filled();
    log.shared().records.damage(7).unwrap();
    let problem = problem(&log);
    assert_eq!(problem.position, Position(7));
    assert!(problem.what.contains("the checksum is"), "{}", problem.what);
}

#[test]
fn a_record_that_is_missing_is_named() {
    let (_folder, log) = filled();
    log.shared().records.remove(7).unwrap();
    let problem = problem(&log).to_string();
    assert!(problem.starts_with("at position 7: it is missing, in "), "{problem}");
    assert!(problem.contains("log/records/0"), "{problem}");
}
