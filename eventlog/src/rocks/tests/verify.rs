//! Verification finds what was damaged, and says where.

use letopis_domain::event::{Event, Recorded};

use super::*;
use crate::contract::{erased, received, subject};
use crate::rocks::keys::List;
use crate::rocks::personal_check::PersonalCheck;
use crate::rocks::postings::Posting;
use crate::rocks::tail::Generation;
use crate::rocks::{Problem, Verification, keys, records};

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

#[test]
fn a_posting_for_a_position_to_come_is_named() {
    let (_folder, log) = filled();
    log.close().unwrap();
    let list = keys::of_tag(&letopis_domain::ids::Tagged::tag(&lead(4)));
    log.shared().index.replace_block(List::Public(list), &[Posting { position: 90, code: 0 }]).unwrap();
    let problem = problem(&log);
    assert_eq!(problem.position, Position(90));
    assert!(problem.what.contains("beyond those that it covers"), "{}", problem.what);
}

#[test]
fn look_ups_and_erasures_are_held_against_values_keys_and_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    let (received, other) = (received(1, 1, "+31 20 555 01 01"), received(1, 1, "+31 20 555 01 02"));
    append(&*log, request([received])).unwrap();
    append(&*log, request([erased(&[2])])).unwrap();
    assert_eq!(log.verify(&mut |_, _| {}).problem, None);
    let shared = log.shared();
    let check = PersonalCheck::new(shared);
    let complaint = |position, event: Option<Event>| {
        let bytes = shared.records.existing_frame(position).unwrap();
        let frame = records::frame(position, &bytes).unwrap();
        let personal = frame.personal(shared.keyring()).unwrap();
        let recorded = frame.decode_with(&personal).unwrap();
        let recorded = Recorded { event: event.unwrap_or_else(|| recorded.event.clone()), ..recorded };
        check.event(shared, &frame, &personal, &recorded).err().map(|error| error.to_string())
    };
    assert_eq!((complaint(1, None), complaint(2, None)), (None, None));
    let said = complaint(1, Some(other)).unwrap();
    assert!(said.contains("its look-ups are not those of its values"), "{said}");
    let said = complaint(2, Some(erased(&[1]))).unwrap();
    assert!(said.contains("whose key is not destroyed"), "{said}");
    shared.keyring().forget(subject(1).0);
    let said = complaint(2, Some(erased(&[1]))).unwrap();
    assert!(said.contains("the ledger of erasures says nothing"), "{said}");
}
