//! Any answer can be had as of an earlier moment, and is then what it was.

use letopis_domain::values::Timestamp;
use serde_json::{Value, json};

use crate::harness::Answer;
use crate::harness::TestApp;
use crate::world;

const QUESTION: &str = "query ($asOf: AsOf, $lead: ID!, $account: ID!) { \
    lead(id: $lead, asOf: $asOf) { status owner { name } rejection { reason } } \
    account(id: $account, asOf: $asOf) { name timeline(first: 100) { totalCount nodes { type position } } } \
    leads(asOf: $asOf, orderBy: [{ field: RECEIVED_AT }]) { totalCount nodes { id status } } \
    leadRejectionAudit(asOf: $asOf) { total flags { flag count } byReason { key { value } count } } \
    activityTotals(asOf: $asOf, groupBy: [{ column: KIND }]) { groups { key { value } total { count } } } \
    salesFunnel(asOf: $asOf) { stages { stage entered stillThere } } }";

fn ask(app: &TestApp, as_of: Value, lead: &str, account: &str) -> Answer {
    app.request(QUESTION).variables(json!({ "asOf": as_of, "lead": lead, "account": account })).send()
}

#[test]
fn the_same_question_as_of_a_position_gives_what_was_answered_then() {
    let app = TestApp::start();
    let world = world::found(&app);
    let (lead, account) = (world::lead(&app, "web"), world::account(&app, "Vega"));
    let mut answers = Vec::new();
    let mut remember = |app: &TestApp| {
        let head: u64 = app.data("{ log { head } }")["log"]["head"].as_str().unwrap().parse().unwrap();
        app.request("{ log { head } }").after(head).send().data();
        let answer = ask(app, Value::Null, &lead, &account);
        answers.push((answer.position(), answer.data().clone()));
    };
    remember(&app);
    app.done("assignLead", json!({ "lead": lead, "owner": world.seller }), "lead { id }");
    remember(&app);
    world::note(&app, &account, "called in");
    app.done("updateAccount", json!({ "account": account, "name": "Vega II" }), "account { id }");
    remember(&app);
    app.done("rejectLead", json!({ "lead": lead, "reason": "NO_ANSWER" }), "lead { id }");
    remember(&app);
    let open =
        json!({ "account": account, "pipeline": world.pipeline, "amount": { "amount": "10.50", "currency": "EUR" } });
    app.done("openOpportunity", open, "opportunity { id }");
    remember(&app);
    app.done("reopenLead", json!({ "lead": lead }), "lead { id }");
    remember(&app);
    let app = app.restart();
    for (position, before) in &answers {
        let again = ask(&app, json!({ "position": position.to_string() }), &lead, &account);
        assert_eq!(again.data(), before, "as of {position}");
    }
    assert_ne!(answers[0].1, answers[5].1);
}

#[test]
fn an_instant_means_the_last_position_recorded_by_then() {
    let app = TestApp::start();
    let lead = world::lead(&app, "web");
    let query = "{ log { now } }";
    let between = app.data(query)["log"]["now"].clone();
    app.done("qualifyLead", json!({ "lead": lead }), "lead { id }");
    let asked = "query ($at: DateTime!, $lead: ID!) { lead(id: $lead, asOf: { recordedAt: $at }) { status position } }";
    let answer = app.request(asked).variables(json!({ "at": between, "lead": lead })).send();
    assert_eq!(answer.data()["lead"], json!({ "status": "NEW", "position": "1" }));
    assert_eq!(answer.body["extensions"]["asOf"], json!({ "lead": "1" }));
    assert_eq!(answer.position(), 2);
}

#[test]
fn a_task_that_fell_due_since_was_not_overdue_then() {
    let app = TestApp::start();
    let world = world::found(&app);
    let account = world::account(&app, "Vega");
    let now = app.data("{ log { now } }")["log"]["now"].clone();
    let now = Timestamp::from_rfc3339(now.as_str().unwrap()).unwrap();
    let due = now.plus_ms(400);
    let input = json!({ "subjects": { "account": account }, "employee": world.seller, "kind": "CALL",
        "dueAt": due.to_string(), "title": "call back" });
    let scheduled = app.done("scheduleTask", input, "task { id }");
    let query = "query ($id: ID!, $p: Position!) { task(id: $id) { isOverdue } \
        then: tasks(asOf: { position: $p }) { nodes { isOverdue } } }";
    let ask = || {
        let variables = json!({ "id": scheduled["task"]["id"], "p": scheduled["position"] });
        app.request(query).variables(variables).send().data().clone()
    };
    // Until the clock has passed the due time, which it does within the second.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while ask()["task"]["isOverdue"] == false {
        assert!(std::time::Instant::now() < until, "the task never became overdue");
        std::thread::yield_now();
    }
    assert_eq!(ask()["then"]["nodes"], json!([{ "isOverdue": false }]));
}
