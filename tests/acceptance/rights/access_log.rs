//! Who saw whom is written down, and auditors read it.

use serde_json::{Value, json};

use super::company::Company;

const LOG: &str = "query ($about: ID, $employee: ID, $kind: AccessKind) { \
    accessLog(about: $about, employee: $employee, kind: $kind, first: 100) { pageInfo { hasNextPage } nodes { \
    kind operation credential remote fields subjects employee { id } refusal { code message } } } }";

fn log(company: &Company, key: &str, variables: &Value) -> Vec<Value> {
    let answer = company.app.request(LOG).variables(variables.clone()).by(key).send();
    answer.data()["accessLog"]["nodes"].as_array().unwrap().clone()
}

#[test]
fn who_saw_a_person_is_found_by_the_person() {
    let company = Company::found();
    let (_, auditor) = company.employee("AUDITOR", None);
    let read = format!("query Reading {{ lead(id: \"{}\") {{ name emails }} }}", company.anna.lead);
    company.data(&company.anna.key, &read);
    company.data(&company.anna.key, &format!("query Glance {{ lead(id: \"{}\") {{ status }} }}", company.anna.lead));
    let by = json!({ "about": company.anna.lead, "employee": company.anna.employee });
    let found = log(&company, &auditor, &by);
    assert_eq!(found.len(), 1, "{found:?}");
    let access = &found[0];
    assert_eq!((&access["kind"], &access["operation"]), (&json!("READ"), &json!("Reading")));
    assert_eq!(access["fields"], json!(["Lead.emails", "Lead.name"]));
    assert_eq!(access["remote"], json!("127.0.0.1"));
    assert_eq!(access["credential"].as_str(), company.anna.key.split('_').nth(1));
    let other = json!({ "about": company.boris.lead, "employee": company.anna.employee });
    assert_eq!(log(&company, &auditor, &other), Vec::<Value>::new());
}

#[test]
fn what_is_refused_is_written_down() {
    let company = Company::found();
    let (_, auditor) = company.employee("AUDITOR", None);
    company.mutate(&company.boris.key, "hireEmployee", json!({ "kind": "HUMAN", "name": "X" }));
    let found = log(&company, &auditor, &json!({ "employee": company.boris.employee, "kind": "REFUSED" }));
    assert_eq!(found.len(), 1, "{found:?}");
    let message = found[0]["refusal"]["message"].as_str().unwrap();
    assert!(message.contains("HireEmployee") && message.contains("REPRESENTATIVE"), "{message}");
}

#[test]
fn only_auditors_and_administrators_read_it_and_that_is_written_down_too() {
    let company = Company::found();
    let (employee, auditor) = company.employee("AUDITOR", None);
    let refused = company.app.request(LOG).variables(json!({})).by(&company.anna.key).send();
    assert_eq!(refused.code(), "FORBIDDEN");
    log(&company, &auditor, &json!({}));
    let looked = log(&company, &auditor, &json!({ "employee": employee, "kind": "ADMINISTRATION" }));
    assert_eq!(looked.len(), 2, "the one before and this one: {looked:?}");
    let tried = log(&company, &auditor, &json!({ "employee": company.anna.employee, "kind": "REFUSED" }));
    assert_eq!(tried.len(), 1, "{tried:?}");
}

#[test]
fn what_a_subscription_shows_is_written_down() {
    let company = Company::found();
    let (_, auditor) = company.employee("AUDITOR", None);
    let mut socket = crate::harness::Socket::open_by(&company.app, &company.anna.key);
    socket.subscribe("1", "subscription Follow { events { type payload } }", &json!({}));
    let note = json!({ "subjects": { "account": company.anna.account }, "text": { "body": "seen" } });
    company.mutate(&company.anna.key, "recordNote", note);
    while socket.next("1")["events"]["type"] != json!("NOTE_RECORDED") {}
    let found = log(&company, &auditor, &json!({ "about": company.anna.account, "kind": "READ" }));
    assert!(found.iter().any(|access| access["operation"] == json!("Follow")), "{found:?}");
}
