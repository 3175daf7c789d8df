//! A request with an id can be repeated safely.

use serde_json::{Value, json};

use crate::harness::TestApp;

const RECEIVE: &str = "mutation ($input: ReceiveLeadInput!) { \
    receiveLead(input: $input) { lead { id source } position userErrors { code message } } }";

fn receive(app: &TestApp, key: &str, input: &Value) -> Value {
    let answer = app.request(RECEIVE).variables(json!({ "input": input })).header("idempotency-key", key).send();
    answer.data()["receiveLead"].clone()
}

#[test]
fn the_same_request_gives_the_same_answer_and_changes_nothing() {
    let app = TestApp::start();
    let first = receive(&app, "one", &json!({ "source": "web", "channel": "chat" }));
    let again = receive(&app, "one", &json!({ "channel": "chat", "source": "web" }));
    assert_eq!(first, again);
    assert_eq!(first["userErrors"], json!([]));
    assert_eq!(app.data("{ log { head } }")["log"]["head"], first["position"]);
}

#[test]
fn the_same_id_with_another_body_is_refused() {
    let app = TestApp::start();
    receive(&app, "one", &json!({ "source": "web" }));
    let other = receive(&app, "one", &json!({ "source": "phone" }));
    assert_eq!(other["lead"], Value::Null);
    assert_eq!(other["userErrors"][0]["code"], "REQUEST_ID_REUSED");
}

#[test]
fn an_id_in_the_input_does_the_same_also_after_a_restart() {
    let app = TestApp::start();
    let input = json!({ "source": "web", "requestId": "mine" });
    let first = app.mutate("receiveLead", input.clone(), "lead { id }");
    let app = app.restart();
    assert_eq!(app.mutate("receiveLead", input, "lead { id }"), first);
    let event = app.data("{ events { nodes { requestId } } }");
    assert_eq!(event["events"]["nodes"], json!([{ "requestId": "mine" }]));
}

#[test]
fn one_header_names_each_of_several_commands() {
    let app = TestApp::start();
    let query = "mutation { a: receiveLead(input: { source: \"a\" }) { lead { id } userErrors { code } } \
        b: receiveLead(input: { source: \"b\" }) { lead { id } userErrors { code } } }";
    let first = app.request(query).header("idempotency-key", "two").send().data().clone();
    assert_ne!(first["a"]["lead"]["id"], first["b"]["lead"]["id"]);
    assert_eq!(app.request(query).header("idempotency-key", "two").send().data(), &first);
}

#[test]
fn a_request_id_that_is_too_long_is_refused_in_the_payload() {
    let app = TestApp::start();
    let input = json!({ "source": "web", "requestId": "x".repeat(201) });
    let payload = app.mutate("receiveLead", input, "lead { id }");
    assert_eq!(payload["userErrors"][0]["code"], "INVALID_VALUE");
    assert_eq!(payload["userErrors"][0]["field"], json!(["requestId"]));
}

#[test]
fn a_request_that_changed_nothing_is_not_carried_out_later() {
    let app = TestApp::start();
    let lead = app.mutate("receiveLead", json!({ "source": "web" }), "lead { id }")["lead"]["id"].clone();
    let [boris, carl] = ["Boris", "Carl"].map(|name| {
        let input = json!({ "kind": "HUMAN", "name": name });
        app.mutate("hireEmployee", input, "employee { id }")["employee"]["id"].clone()
    });
    let assign = |owner: &Value, key: Option<&str>| {
        let input = json!({ "lead": lead, "owner": owner, "requestId": key });
        app.mutate("assignLead", input, "lead { owner { id } } position")
    };
    assign(&boris, None);
    let nothing_new = assign(&boris, Some("mine"));
    let input = json!({ "lead": lead, "owner": carl });
    app.done("assignLead", input, "lead { id }");
    assert_eq!(assign(&boris, Some("mine")), nothing_new);
    let owner = app.data(&format!("{{ lead(id: {lead}) {{ owner {{ id }} }} }}"));
    assert_eq!(owner["lead"]["owner"]["id"], carl);
    assert_eq!(assign(&carl, Some("mine"))["userErrors"][0]["code"], "REQUEST_ID_REUSED");
}
