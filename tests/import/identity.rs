//! Ids of what was imported: always the same in one log, and worth nothing outside it.

use std::sync::Arc;

use letopis_domain::event::Event;
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::rocks::{Options, RocksLog};
use uuid::Uuid;

use crate::company::Company;

/// Leads whose only key is a phone number.
const MAPPING: &str = r#"
    namespace = "exchange"
    [[section]]
    name = "calls"
    files = "calls.csv"
    identity = "${phone}"
    occurred_at = "2025-01-01T00:00:00Z"
    [[section.command]]
    command = "ReceiveLead"
    fields = { lead = "${phone | id lead}", subject = "${phone | id person}", phones = ["${phone}"] }
"#;

const ROWS: &str = "phone\n+31 20 555 01 02\n+31 20 555 01 03\n";

/// The ids of leads, people and requests.
fn ids(company: &Company) -> Vec<Uuid> {
    let of = |event: letopis_domain::event::Recorded| {
        let Event::LeadReceived(lead) = event.event else { return Vec::new() };
        let request = event.request.unwrap().as_str().parse().unwrap();
        vec![lead.lead.0, lead.subject.0, request]
    };
    company.events().into_iter().flat_map(of).collect()
}

fn import(company: &Company) -> u64 {
    let file = company.file("calls.csv", ROWS);
    company.import_by(MAPPING, &[file]).unwrap().total.events
}

#[test]
fn the_same_rows_have_other_ids_in_another_log() {
    let (one, other) = (Company::new(), Company::new());
    assert_eq!((import(&one), import(&other)), (2, 2));
    let all: std::collections::BTreeSet<Uuid> = ids(&one).into_iter().chain(ids(&other)).collect();
    assert_eq!(all.len(), 12, "nobody can find a number by making ids of all numbers");
    assert!(all.iter().all(|id| id.get_version_num() == 8));
}

#[test]
fn the_same_import_into_the_same_folder_adds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Company::on(RocksLog::open(folder.path(), Arc::new(SystemEnvironment), &Options::default()).unwrap());
    let company = open();
    assert_eq!(import(&company), 2);
    let before = ids(&company);
    drop(company);
    let company = open();
    assert_eq!((import(&company), ids(&company)), (0, before));
}
