//! A refusal is payload data: a code, a message, the field at fault and what stands in the way.

use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::world;

#[track_caller]
fn refused(payload: &Value, subject: &str, code: &str, field: Option<&[&str]>) -> Value {
    assert_eq!(payload[subject], Value::Null, "{payload}");
    assert_eq!(payload["position"], Value::Null, "{payload}");
    let error = &payload["userErrors"][0];
    assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!(field)), "{payload}");
    assert!(!error["message"].as_str().unwrap().is_empty());
    error.clone()
}

#[test]
fn an_unknown_and_a_foreign_id_are_not_found() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    for id in ["nonsense", &account, "0190a000-0000-7000-8000-000000000000"] {
        let payload = app.mutate("qualifyLead", json!({ "lead": id }), "lead { id }");
        refused(&payload, "lead", "NOT_FOUND", Some(&["lead"]));
    }
    let input = json!({ "subjects": { "lead": account }, "text": { "body": "hello" } });
    let payload = app.mutate("recordNote", input, "activity { id }");
    refused(&payload, "activity", "NOT_FOUND", Some(&["subjects", "lead"]));
}

#[test]
fn a_rejection_needs_a_reason_of_the_catalog_and_its_comment() {
    let app = TestApp::start();
    world::found(&app);
    let lead = world::lead(&app, "web");
    let reject = |reason: &str| app.mutate("rejectLead", json!({ "lead": lead, "reason": reason }), "lead { id }");
    refused(&reject("BORED"), "lead", "INVALID_VALUE", Some(&["reason"]));
    refused(&reject("OTHER"), "lead", "REQUIRED", Some(&["comment"]));
    assert_eq!(reject("NO_ANSWER")["userErrors"], json!([]));
    let payload = app.mutate("qualifyLead", json!({ "lead": lead }), "lead { id }");
    refused(&payload, "lead", "INVALID_STATE", Some(&["lead"]));
}

#[test]
fn a_fact_of_the_future_is_refused_and_an_old_one_is_not() {
    let app = TestApp::start();
    let receive =
        |at: &str| app.mutate("receiveLead", json!({ "source": "web", "occurredAt": at }), "lead { receivedAt }");
    refused(&receive("2999-01-01T00:00:00Z"), "lead", "IN_FUTURE", Some(&["occurredAt"]));
    assert_eq!(receive("2001-01-01T03:00:00+03:00")["lead"]["receivedAt"], "2001-01-01T00:00:00Z");
}

#[test]
fn the_agreement_that_holds_a_resource_is_named() {
    let app = TestApp::start();
    let customer = world::account(&app, "Vega");
    let rival = world::account(&app, "Orion");
    let agree = |account: &str| {
        let input = json!({ "subjects": { "account": account }, "form": "ORAL", "terms": "the back page",
            "valid": { "from": "2026-01-01T00:00:00Z" } });
        world::id(&app.done("reachAgreement", input, "agreement { id isInForce }")["agreement"])
    };
    let (first, second) = (agree(&customer), agree(&rival));
    let reserve = |agreement: &str, resource: &str| {
        let input = json!({ "resource": resource, "basis": agreement,
            "period": { "from": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z" } });
        app.mutate("reserveResource", input, "reservation { id resource basis { id } releasedAt }")
    };
    let slot = "0190a000-0000-7000-8000-000000000001";
    let held = reserve(&first, slot);
    assert_eq!(held["reservation"]["basis"]["id"], first);
    let error = refused(&reserve(&second, slot), "reservation", "CONFLICT", Some(&["period"]));
    assert_eq!(error["conflict"]["holder"], first);
    let release = json!({ "reservation": held["reservation"]["id"] });
    app.done("releaseReservation", release, "reservation { releasedAt }");
    assert_eq!(reserve(&second, slot)["userErrors"], json!([]));
}

#[test]
fn a_subject_that_moved_on_is_stale() {
    let app = TestApp::start();
    let lead = app.done("receiveLead", json!({ "source": "web" }), "lead { id changed }")["lead"].clone();
    let (lead, seen) = (world::id(&lead), lead["changed"].clone());
    app.done("qualifyLead", json!({ "lead": lead, "expectedPosition": seen }), "lead { id }");
    let assign = json!({ "lead": lead, "expectedPosition": seen });
    let payload = app.mutate("reopenLead", assign, "lead { id }");
    let error = refused(&payload, "lead", "STALE_POSITION", None);
    assert_eq!(error["conflict"]["eventType"], "LEAD_QUALIFIED");
}

#[test]
fn what_the_history_says_already_is_no_event() {
    let app = TestApp::start();
    let lead = world::lead(&app, "web");
    let first = app.done("qualifyLead", json!({ "lead": lead }), "lead { status }");
    let again = app.done("qualifyLead", json!({ "lead": lead }), "lead { status }");
    assert_eq!(first["lead"], again["lead"]);
    assert_eq!(app.data("{ events { totalCount } }")["events"]["totalCount"], 2);
}

#[test]
fn the_actor_of_the_header_is_recorded() {
    let app = TestApp::start();
    let world = world::found(&app);
    let query = "mutation { receiveLead(input: { source: \"web\" }) { position userErrors { code } } }";
    let payload = app.request(query).header("x-letopis-actor", world.seller.as_str()).send().data().clone();
    let position = &payload["receiveLead"]["position"];
    let asked = "query ($p: Position!) { event(position: $p) { type actor { id name } } }";
    let after = position.as_str().unwrap().parse().unwrap();
    let event = app.request(asked).variables(json!({ "p": position })).after(after).send().data().clone();
    assert_eq!(event["event"]["actor"], json!({ "id": world.seller, "name": "Anna" }));
    let answer = app.request("{ log { head } }").header("x-letopis-actor", "nobody").send();
    assert_eq!(
        (answer.status, answer.error()),
        (400, "x-letopis-actor is 'nobody', and the id of an employee is expected")
    );
}
