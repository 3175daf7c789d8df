//! Erasure on disk: it is finished whatever happens in between, it wins every race, and it leaves no trace.

use std::fs;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use letopis_domain::lead::{LeadDetails, LeadReceived};
use letopis_domain::query::Tag;
use letopis_domain::values::Personal;
use uuid::Uuid;

use super::*;
use crate::contract::{erased, lookup, note, received, subject};
use crate::rocks::erasure::Stop;

fn by_phone(phone: &str) -> Query {
    Query::default().or_item(&[], vec![lookup(phone)])
}

fn positions(log: &RocksLog, query: &Query) -> Vec<u64> {
    log.find(query, Range::ALL).unwrap().iter().map(|found| found.position.0).collect()
}

pub(super) fn is_erased(log: &RocksLog, position: u64) -> bool {
    log.get(Position(position)).unwrap().unwrap().event.is_erased()
}

pub(super) fn assert_sound(log: &RocksLog) {
    assert_eq!(log.verify(&mut |_, _| {}).problem, None);
}

/// Waits until the files that held what was deleted are rewritten.
pub(super) fn wait_for_scrubs(log: &RocksLog, count: u64) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while log.shared().scrubbed.load(Ordering::Acquire) < count {
        assert!(Instant::now() < deadline, "the index was not scrubbed in time");
        std::thread::yield_now();
    }
}

pub(super) const PHONE: &str = "+31 20 555 01 01";

/// A log of small generations whose tables show every byte.
pub(super) fn open_searchable(folder: &Path) -> Arc<RocksLog> {
    let env = Arc::new(SeededEnvironment::new(1, NOW));
    RocksLog::open(folder, env, &Options { generation_events: 5, is_compressed: false, ..Options::default() }).unwrap()
}

/// Three subjects in turn, the first of whom has the phone number, over several generations.
pub(super) fn filled(folder: &Path) -> Arc<RocksLog> {
    let log = open_searchable(folder);
    for number in 1..=20 {
        let phone = if number % 3 == 1 { PHONE.to_owned() } else { format!("+31 20 555 02 {number:02}") };
        append(&*log, request([received(number, number % 3, &phone), note(&[number % 3, 7], "both")])).unwrap();
    }
    log
}

#[test]
fn look_ups_are_found_in_all_generations_and_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let expected = [1, 7, 13, 19, 25, 31, 37];
    assert_eq!(positions(&log, &by_phone(PHONE)), expected);
    assert_sound(&log);
    drop(log);
    let log = open_small(folder.path());
    assert_eq!(positions(&log, &by_phone(PHONE)), expected);
    assert_sound(&log);
    drop(log);
    fs::remove_dir_all(folder.path().join("log").join("index")).unwrap();
    let log = open_small(folder.path());
    assert_eq!(positions(&log, &by_phone(PHONE)), expected, "they are derived from the sealed parts");
    assert_sound(&log);
}

#[test]
fn an_erased_log_verifies_and_stays_erased() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    append(&*log, request([erased(&[1])])).unwrap();
    let check = |log: &RocksLog| {
        assert_eq!(positions(log, &by_phone(PHONE)), [0; 0]);
        assert_eq!(positions(log, &by_phone("+31 20 555 02 20")), [39]);
        assert_eq!((is_erased(log, 1), is_erased(log, 2), is_erased(log, 3)), (true, true, false));
        let answer = append(log, request([note(&[1], "one")]));
        assert!(matches!(answer, Err(AppendError::Erased { subject: erased }) if erased == subject(1)), "{answer:?}");
        assert_sound(log);
    };
    check(&log);
    fill(&log, 20);
    check(&log);
    drop(log);
    let log = open_small(folder.path());
    check(&log);
    drop(log);
    fs::remove_dir_all(folder.path().join("log").join("index")).unwrap();
    check(&open_small(folder.path()));
}

#[test]
fn an_erasure_is_finished_by_the_next_opening_wherever_it_stopped() {
    for stop in [Stop::BeforeKeys, Stop::BeforeLookups] {
        let folder = tempfile::tempdir().unwrap();
        let log = filled(folder.path());
        *log.shared().stop.lock() = Some(stop);
        let answer = append(&*log, request([erased(&[1])]));
        assert!(matches!(answer, Err(AppendError::ReadOnly(_))), "{answer:?}");
        assert_eq!(log.head(), Position(40), "nobody sees an erasure that is not complete");
        drop(log);
        let log = open_small(folder.path());
        assert_eq!(log.head(), Position(41));
        assert_eq!(positions(&log, &by_phone(PHONE)), [0; 0], "{stop:?}");
        assert!(is_erased(&log, 1) && !is_erased(&log, 3), "{stop:?}");
        assert_eq!(log.erasures().len(), 1);
        assert_eq!((log.erasures()[0].subject, log.erasures()[0].position), (subject(1), Position(41)));
        assert_sound(&log);
    }
}

#[test]
fn keys_of_an_old_backup_are_destroyed_by_what_the_log_says() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let keys = folder.path().join("keys");
    let backup = fs::read(keys.join("subject-keys")).unwrap();
    append(&*log, request([erased(&[1])])).unwrap();
    drop(log);
    fs::write(keys.join("subject-keys"), backup).unwrap();
    fs::remove_file(keys.join("erasures")).unwrap();
    let log = open_small(folder.path());
    assert!(is_erased(&log, 1));
    assert_eq!(log.erasures().len(), 1, "the ledger is written again");
    assert_sound(&log);
}

#[test]
fn an_erasure_wins_every_race() {
    let folder = tempfile::tempdir().unwrap();
    let log = open_small(folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        for race in 0..40 {
            let barrier = Arc::new(tokio::sync::Barrier::new(9));
            let mut writers = tokio::task::JoinSet::new();
            for writer in 0..8_u128 {
                let (log, barrier) = (log.clone(), barrier.clone());
                writers.spawn(async move {
                    barrier.wait().await;
                    let mut last = 0;
                    for number in 0.. {
                        let events = [received(number, race, PHONE), note(&[race, 1_000 + writer], "both")];
                        match log.append(request(events)).await {
                            Ok(appended) => last = appended.last.0,
                            Err(AppendError::Erased { subject: erased }) => {
                                assert_eq!(erased, subject(race));
                                break;
                            }
                            Err(error) => panic!("{error}"),
                        }
                    }
                    last
                });
            }
            barrier.wait().await;
            tokio::task::yield_now().await;
            let at = log.append(request([erased(&[race])])).await.unwrap().first.0;
            assert_eq!(positions(&log, &by_phone(PHONE)), [0; 0], "race {race}");
            while let Some(last) = writers.join_next().await {
                assert!(last.unwrap() < at, "race {race}: something came after the erasure");
            }
        }
    });
    let all = log.read(&Query::all(), Range::ALL).unwrap();
    assert!(all.iter().all(|event| event.event.data_subjects().is_empty() || event.event.is_erased()));
    assert_sound(&log);
    drop(log);
    assert_sound(&open_small(folder.path()));
}

#[test]
fn a_log_without_its_keys_does_not_open() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop((filled(folder.path()), filled(other.path())));
    let keys = folder.path().join("keys");
    fs::rename(&keys, folder.path().join("elsewhere")).unwrap();
    let error = damage::reopen(folder.path()).err().unwrap();
    assert!(error.to_string().contains("no key store"), "{error}");
    damage::copy_folder(&other.path().join("keys"), &keys);
    let error = damage::reopen(folder.path()).err().unwrap();
    assert!(error.to_string().contains("belongs to log"), "{error}");
    let env = Arc::new(SeededEnvironment::new(1, NOW));
    let options = Options { keys: Some(folder.path().join("elsewhere")), ..Options::default() };
    assert_eq!(RocksLog::open(folder.path(), env, &options).unwrap().head(), Position(40));
}

/// Every file under a folder that contains the bytes. A file that is deleted meanwhile contains nothing.
pub(super) fn files_with(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_with(&entry.path(), bytes));
            continue;
        }
        match fs::read(entry.path()) {
            Ok(content) if content.windows(bytes.len()).any(|window| window == bytes) => {
                found.push(entry.path().display().to_string());
            }
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{}: {error}", entry.path().display()),
        }
    }
    found
}

/// The bytes of a look-up's hash that a file shows: a table leaves out what a key's beginning shares with the key before.
const MIDDLE: std::ops::Range<usize> = 4..12;

/// The tables of the index that contain a look-up's hash. Its manifest may keep a hash as the bound of a table.
fn tables_with(folder: &Path, hash: &[u8]) -> Vec<String> {
    let mut files = files_with(&folder.join("log").join("index"), &hash[MIDDLE]);
    files.retain(|file| !file.contains("MANIFEST"));
    files
}

/// Waits until something is found, which a compaction may be moving from file to file.
fn wait_for(find: impl Fn() -> Vec<String>) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while find().is_empty() {
        assert!(Instant::now() < deadline, "what is searched for stands nowhere");
        std::thread::yield_now();
    }
}

/// Waits until the complete generations of the index are on disk.
fn wait_for_the_index(log: &RocksLog) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while log.shared().tail.view().generations.len() > 1 {
        assert!(Instant::now() < deadline, "the index was not written in time");
        std::thread::yield_now();
    }
    log.shared().index.flush().unwrap();
}

/// Text that stands nowhere by chance, and that no compression makes smaller.
pub(super) fn random_text(what: &str) -> String {
    let digest = blake3::hash([what.as_bytes(), Uuid::now_v7().as_bytes()].concat().as_slice());
    data_encoding::BASE32_NOPAD.encode(&digest.as_bytes()[..15])
}

#[test]
fn nothing_of_a_person_who_was_erased_is_in_any_file() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let [name, mail, text, message, team] = ["name", "mail", "text", "message", "team"].map(random_text);
    let mail = format!("{mail}@example.org");
    // A number that begins with two zeros would be kept as an international one.
    let digits: String = random_text("phone").bytes().map(|byte| char::from(b'1' + byte % 9)).collect();
    let details = LeadDetails {
        name: Some(name.as_str().into()),
        emails: vec![mail.as_str().into()],
        phones: vec![digits.as_str().into()],
        message: Some(message.as_str().into()),
        ..LeadDetails::default()
    };
    let personal = Personal::with_attributes(details, [].into());
    for number in 0..30 {
        let letopis_domain::event::Event::LeadReceived(lead) = received(number, 50, PHONE) else { panic!() };
        let lead = LeadReceived { campaign: Some(team.clone()), personal: personal.clone(), ..lead };
        append(&*log, request([lead.into(), note(&[50], &text), qualified(number, 1)])).unwrap();
    }
    let secrets = [name, mail.to_lowercase(), mail, digits.clone(), text, message];
    let hash = log.shared().keyring().secrets.lookup(&Tag::lookup("phone", &digits));
    let store = fs::read(folder.path().join("keys").join("subject-keys")).unwrap();
    let slot = store.chunks(128).find(|slot| slot[8..24] == *subject(50).0.as_bytes()).unwrap();
    let wrapped = slot[24..96].to_vec();
    let is_clean = |log: &RocksLog| {
        for secret in &secrets {
            assert_eq!(files_with(folder.path(), secret.as_bytes()), [""; 0]);
        }
        assert_eq!(files_with(folder.path(), &wrapped[..16]), [""; 0]);
        assert_eq!(files_with(folder.path(), &wrapped[24..40]), [""; 0]);
        assert_eq!(
            log.find(&Query::default().or_item(&[], vec![Tag::lookup("phone", &digits)]), Range::ALL).unwrap(),
            []
        );
    };
    // The search finds what is there: what is not personal in the log, the key in its store, the look-up in the index.
    wait_for_the_index(&log);
    wait_for(|| files_with(folder.path(), team.as_bytes()));
    assert_eq!(files_with(folder.path(), &wrapped[..16]).len(), 1);
    wait_for(|| tables_with(folder.path(), &hash));
    append(&*log, request([erased(&[50])])).unwrap();
    is_clean(&log);
    wait_for_scrubs(&log, 1);
    assert_eq!(tables_with(folder.path(), &hash), [""; 0]);
    assert_sound(&log);
    drop(log);
    let log = open_searchable(folder.path());
    is_clean(&log);
    assert_eq!(tables_with(folder.path(), &hash), [""; 0]);
}

#[test]
fn a_subject_with_a_thousand_events_is_erased() {
    let folder = tempfile::tempdir().unwrap();
    let env = Arc::new(SeededEnvironment::new(1, NOW));
    let log = RocksLog::open(folder.path(), env, &Options { generation_events: 500, ..Options::default() }).unwrap();
    for number in 0..1_000 {
        let others = (0..4).map(|other| received(10_000 + number, 100 + other, &format!("+31 20 {number} {other}")));
        append(&*log, request(others.chain([received(number, 1, PHONE)]))).unwrap();
    }
    append(&*log, request([erased(&[1])])).unwrap();
    wait_for_scrubs(&log, 1);
    assert_eq!(positions(&log, &by_phone(PHONE)), [0; 0]);
    assert_sound(&log);
}

#[test]
fn a_log_from_before_an_erasure_learns_of_it_from_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let backup = tempfile::tempdir().unwrap();
    damage::copy_folder(&folder.path().join("log"), backup.path());
    let log = open_small(folder.path());
    append(&*log, request([erased(&[1])])).unwrap();
    drop(log);
    fs::remove_dir_all(folder.path().join("log")).unwrap();
    damage::copy_folder(backup.path(), &folder.path().join("log"));
    let log = open_small(folder.path());
    assert_eq!(log.head(), Position(40));
    assert!(is_erased(&log, 1) && !is_erased(&log, 3));
    assert_eq!(positions(&log, &by_phone(PHONE)), [0; 0]);
    assert!(matches!(append(&*log, request([note(&[1], "one")])), Err(AppendError::Erased { .. })));
    assert_sound(&log);
}

#[test]
fn a_scrub_that_was_asked_for_just_before_a_clean_stop_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    let hash = log.shared().keyring().secrets.lookup(&lookup(PHONE));
    wait_for_the_index(&log);
    wait_for(|| tables_with(folder.path(), &hash));
    append(&*log, request([erased(&[1])])).unwrap();
    drop(log);
    assert_eq!(tables_with(folder.path(), &hash), [""; 0]);
}

#[test]
fn after_a_kill_the_whole_index_is_scrubbed() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path());
    append(&*log, request([erased(&[1])])).unwrap();
    wait_for_scrubs(&log, 1);
    let copy = tempfile::tempdir().unwrap();
    damage::copy_folder(folder.path(), copy.path());
    let killed = damage::reopen(copy.path()).unwrap();
    wait_for_scrubs(&killed, 1);
    assert_eq!(positions(&killed, &by_phone(PHONE)), [0; 0]);
    assert_eq!(positions(&killed, &by_phone("+31 20 555 02 20")), [39]);
    assert_sound(&killed);
}
