//! What is recorded is there, once, in order, in files that are nobody else's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use letopis_domain::ids::Position;
use uuid::Uuid;

use super::place::{Place, all, lead, operations, read, time};
use crate::{Access, AccessLog, AccessLogError, Filter, Kind, Options, Reader, Reason};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn an_access_comes_back_as_it_was_told() {
    let place = Place::new();
    let log = place.open();
    let refused = Access {
        kind: Kind::Refused,
        remote: Some("2001:db8::7".parse().unwrap()),
        reason: Some(Reason { code: "FORBIDDEN".to_owned(), text: "not of your \"team\"".to_owned() }),
        as_of: Some(Position(41)),
        ..read("Лид")
    };
    log.record(vec![refused.clone(), Access::new(Uuid::nil(), Kind::Export)]).await.unwrap();
    let page = log.query(Filter::default(), 10, None).await.unwrap();
    assert_eq!(page.entries[1].access, refused);
    assert_eq!(page.entries[0].access, Access::new(Uuid::nil(), Kind::Export));
    assert_eq!((page.entries[1].at, page.entries[1].seq, page.has_next), (time("2026-11-22T12:00:00Z"), 1, false));
}

#[tokio::test]
async fn only_the_owner_may_look() {
    let place = Place::new();
    fs::create_dir(place.path()).unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let log = place.open();
    log.record(vec![read("a")]).await.unwrap();
    let modes = (mode(&place.path()), mode(&place.file("2026-11-22")), mode(&place.path().join("lock")));
    assert_eq!(modes, (0o700, 0o600, 0o600));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_tasks_record_a_thousand_each_and_all_are_there_once_and_in_order() {
    const TASKS: usize = 16;
    const EACH: usize = 1_000;
    let place = Place::new();
    let log = Arc::new(place.open());
    let tasks = (0..TASKS).map(|task| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            for number in 0..EACH {
                log.record(vec![read(&format!("{task} {number}"))]).await.unwrap();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    log.close().await.unwrap();
    let found = operations(&place.path());
    assert_eq!(found.len(), TASKS * EACH);
    for task in 0..TASKS {
        let own = found.iter().filter(|operation| operation.starts_with(&format!("{task} ")));
        assert!(own.eq((0..EACH).map(|number| format!("{task} {number}")).collect::<Vec<_>>().iter()), "task {task}");
    }
    let entries = all(&Reader::of(&place.path()), &Filter::default(), 100);
    assert!(entries.iter().rev().map(|entry| entry.seq).eq(1..=(TASKS * EACH) as u64));
}

#[tokio::test]
async fn many_subjects_are_told_in_several_lines_of_one_request() {
    let place = Place::new();
    let log = place.open();
    let many = Access { subjects: (0..2_500).map(lead).collect(), ..read("list") };
    log.record(vec![many.clone()]).await.unwrap();
    let entries = all(&log.reader(), &Filter::default(), 100);
    let sizes: Vec<usize> = entries.iter().rev().map(|entry| entry.access.subjects.len()).collect();
    assert_eq!(sizes, [1_000, 1_000, 500]);
    let told: Vec<_> = entries.into_iter().rev().flat_map(|entry| entry.access.subjects).collect();
    assert_eq!(told, many.subjects);
    let about_the_last = Filter { subject: Some(lead(2_499)), ..Filter::default() };
    let found = all(&log.reader(), &about_the_last, 100);
    assert_eq!((found.len(), found[0].access.fields.clone()), (1, many.fields));
}

#[tokio::test]
async fn the_longest_line_that_can_be_written_can_be_read() {
    let place = Place::new();
    let log = place.open();
    let name = "\"".repeat(10_000);
    let mut longest = Access { operation: Some("x\n".repeat(600)), credential: Some(name.clone()), ..read("a") };
    longest.subjects = (0..1_000).map(|number| crate::Subject { kind: name.clone().into(), ..lead(number) }).collect();
    longest.fields = vec![name.clone().into(); 1_000];
    longest.reason = Some(Reason { code: name.clone(), text: name });
    log.record(vec![longest]).await.unwrap();
    let page = log.query(Filter::default(), 1, None).await.unwrap();
    assert_eq!(
        (page.damaged, page.entries[0].access.subjects.len(), page.entries[0].access.fields.len()),
        (0, 1_000, 1_000)
    );
    let operation = page.entries[0].access.operation.clone().unwrap();
    assert!(operation.len() <= 128 && operation.starts_with("x x ") && operation.ends_with('…'), "{operation}");
    assert!(log.verify(None).await.unwrap().is_whole());
}

#[tokio::test]
async fn a_clock_that_is_set_back_writes_into_no_older_day() {
    let place = Place::new();
    let log = place.open();
    log.record(vec![read("noon")]).await.unwrap();
    place.clock.set("2026-11-20T12:00:00Z");
    log.record(vec![read("back")]).await.unwrap();
    drop(log);
    let log = place.open();
    log.record(vec![read("reopened")]).await.unwrap();
    assert!(!place.file("2026-11-20").exists());
    assert_eq!(fs::read_to_string(place.file("2026-11-22")).unwrap().lines().count(), 3);
    // A question about the day that the clock told finds them nevertheless.
    let until = Filter { until: Some(time("2026-11-21T00:00:00Z")), ..Filter::default() };
    let found = all(&log.reader(), &until, 100);
    assert_eq!(found.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(found[0].at, time("2026-11-20T12:00:00Z"));
}

#[tokio::test]
async fn a_folder_has_one_writer_at_a_time() {
    let place = Place::new();
    let log = place.open();
    let second = AccessLog::open(&place.path(), Options::default(), place.clock.clock());
    assert!(matches!(second, Err(AccessLogError::InUse(_))));
    log.close().await.unwrap();
    let third = place.open();
    assert!(matches!(log.record(vec![read("late")]).await, Err(AccessLogError::Closed)));
    third.record(vec![read("a")]).await.unwrap();
}

#[tokio::test]
async fn what_was_submitted_is_written_before_the_log_is_closed_or_dropped() {
    let place = Place::new();
    for number in 0..4 {
        let log = place.open();
        for part in 0..50 {
            log.submit(vec![read(&format!("{number} {part}"))]).await.unwrap();
        }
        if number % 2 == 0 {
            log.close().await.unwrap();
        }
    }
    let expected = (0..4).flat_map(|number| (0..50).map(move |part| format!("{number} {part}")));
    assert!(operations(&place.path()).into_iter().eq(expected));
}

#[tokio::test]
async fn a_line_is_written_as_the_document_says() {
    let place = Place::new();
    let log = place.open();
    let refused = Access {
        employee: None,
        remote: Some("192.0.2.7".parse().unwrap()),
        reason: Some(Reason { code: "FORBIDDEN".to_owned(), text: "not of your team".to_owned() }),
        as_of: Some(Position(41)),
        ..read("Lead")
    };
    log.record(vec![Access { kind: Kind::Refused, ..refused }, Access::new(Uuid::nil(), Kind::Export)]).await.unwrap();
    let written = fs::read_to_string(place.file("2026-11-22")).unwrap();
    let bodies: Vec<_> = written.lines().map(|line| line.split_once(",\"chain\":").unwrap().0).collect();
    let zeros = "0".repeat(64);
    let first = format!(
        r#"{{"v":1,"seq":1,"at":"2026-11-22T12:00:00Z","request":"00000000-0000-0000-0000-000000000009","kind":"REFUSED",\
"employee":null,"credential":"key:abc","remote":"192.0.2.7","operation":"Lead",\
"subjects":[{{"kind":"lead","id":"00000000-0000-0000-0000-000000000001"}}],"fields":["Lead.emails"],\
"reason":{{"code":"FORBIDDEN","text":"not of your team"}},"asOf":41,"after":"{zeros}""#
    );
    let second = r#"{"v":1,"seq":2,"at":"2026-11-22T12:00:00Z","request":"00000000-0000-0000-0000-000000000000","kind":"EXPORT",\
"employee":null,"credential":null,"remote":null,"operation":null,"subjects":[],"fields":[]"#;
    assert_eq!(bodies, [first.replace("\\\n", ""), second.replace("\\\n", "")]);
    // The chain, from the text alone: the hash before and the text before the hash.
    let mut hash = [0; 32];
    for (line, body) in written.lines().zip(bodies) {
        hash = *blake3::hash(&[&hash[..], body.as_bytes()].concat()).as_bytes();
        assert!(line.ends_with(&format!(",\"chain\":\"{}\"}}", blake3::Hash::from_bytes(hash).to_hex())), "{line}");
    }
}
