//! Prints how fast accesses are recorded and found: `cargo run -p letopis-access-log --example timing -- FOLDER`.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use letopis_access_log::{Access, AccessLog, Filter, Kind, Options, Subject};
use letopis_domain::ids::{EmployeeId, LeadId};
use uuid::Uuid;

/// Requests at the same time.
const TASKS: u128 = 64;
/// Accesses that each records and waits for.
const EACH: u128 = 500;
/// Accesses that are only submitted, for a day of a size to search.
const SUBMITTED: u128 = 200_000;

fn page_of_leads(number: u128) -> Access {
    Access {
        employee: Some(EmployeeId(Uuid::from_u128(number % 300))),
        credential: Some("key:timing".to_owned()),
        operation: Some("LeadList".to_owned()),
        subjects: (0..5).map(|lead| Subject::from(LeadId(Uuid::from_u128(number * 5 + lead)))).collect(),
        fields: vec!["Lead.emails".into(), "Lead.phones".into()],
        ..Access::new(Uuid::from_u128(number), Kind::Read)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("which folder?")?;
    let log = Arc::new(AccessLog::open(&folder, Options::default(), Arc::new(|| Utc::now().into()))?);

    let begun = Instant::now();
    let tasks = (0..TASKS).map(|task| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let mut longest = 0;
            for number in 0..EACH {
                let begun = Instant::now();
                log.record(vec![page_of_leads(task * EACH + number)]).await?;
                longest = begun.elapsed().as_micros().max(longest);
            }
            Ok::<_, letopis_access_log::AccessLogError>(longest)
        })
    });
    let mut longest = 0;
    for task in tasks.collect::<Vec<_>>() {
        longest = task.await??.max(longest);
    }
    let count = TASKS * EACH;
    println!("recorded {count} in {:?} by {TASKS} tasks, the longest took {longest} µs", begun.elapsed());

    let begun = Instant::now();
    for number in 0..SUBMITTED {
        log.submit(vec![page_of_leads(count + number)]).await?;
    }
    log.record(vec![page_of_leads(0)]).await?;
    println!("submitted {SUBMITTED} in {:?}", begun.elapsed());

    let begun = Instant::now();
    let oldest = Filter { subject: Some(LeadId(Uuid::from_u128(7)).into()), ..Filter::default() };
    let page = log.query(oldest, 100, None).await?;
    println!("found {} of {} lines in {:?}", page.entries.len(), count + SUBMITTED + 1, begun.elapsed());

    let begun = Instant::now();
    let verified = log.verify(log.head()).await?;
    println!("checked {} lines in {:?}, whole: {}", verified.lines, begun.elapsed(), verified.is_whole());
    log.close().await?;
    Ok(())
}
