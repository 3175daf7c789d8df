//! Whatever a client sends, the answer says what is wrong and where, and the server goes on.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use serde_json::{Value, json};

use crate::harness::{Answer, TestApp};
use crate::world;

/// A request error as `application/graphql-response+json` has it: 400 and no data.
#[track_caller]
fn refused(app: &TestApp, query: &str, variables: Value) -> Answer {
    let answer = app.request(query).variables(variables.clone()).strict().send();
    assert_eq!(answer.status, 400, "{answer:?}");
    assert!(answer.content_type.starts_with("application/graphql-response+json"), "{answer:?}");
    assert!(answer.body.get("data").is_none(), "{answer:?}");
    let lenient = app.request(query).variables(variables).send();
    assert_eq!(lenient.status, 200, "{lenient:?}");
    assert_eq!(lenient.body, answer.body);
    answer
}

#[track_caller]
fn says(answer: &Answer, code: &str, part: &str) {
    assert_eq!(answer.code(), code, "{answer:?}");
    assert!(answer.error().contains(part), "'{part}' was expected in: {}", answer.error());
}

#[test]
fn a_syntax_error_names_its_place() {
    let app = TestApp::start();
    let answer = refused(&app, "{\n  leads(first: }", json!({}));
    assert_eq!(answer.code(), "GRAPHQL_PARSE_FAILED");
    assert_eq!(answer.body["errors"][0]["locations"][0]["line"], 2);
    says(&refused(&app, "", json!({})), "GRAPHQL_PARSE_FAILED", "expected");
}

#[test]
fn unknown_fields_types_and_operations_are_named() {
    let app = TestApp::start();
    says(&refused(&app, "{ nothing }", json!({})), "GRAPHQL_VALIDATION_FAILED", "nothing");
    says(&refused(&app, "{ lead(id: 1, x: 2) { id } }", json!({})), "GRAPHQL_VALIDATION_FAILED", "x");
    says(&refused(&app, "query ($x: [Foo!] = [1]) { log { head } }", json!({})), "GRAPHQL_VALIDATION_FAILED", "Foo");
    says(&refused(&app, "{ ...F }", json!({})), "GRAPHQL_VALIDATION_FAILED", "'F' is not defined");
    let body = br#"{"query": "query A { log { head } } query B { log { head } }", "operationName": "C"}"#;
    let answer = app.post("application/json", "application/graphql-response+json", body);
    assert_eq!(answer.status, 400);
    says(&answer, "BAD_USER_INPUT", "no operation named 'C'");
    says(
        &refused(&app, "query A { log { head } } query B { log { head } }", json!({})),
        "BAD_USER_INPUT",
        "operationName",
    );
}

#[test]
fn a_missing_or_wrong_variable_runs_nothing() {
    let app = TestApp::start();
    let query = "mutation ($a: String!, $b: ReceiveLeadInput!) { \
        first: receiveLead(input: { source: $a }) { position } second: receiveLead(input: $b) { position } }";
    says(&refused(&app, query, json!({ "a": "web" })), "BAD_USER_INPUT", "`$b` of required type `ReceiveLeadInput!`");
    says(&refused(&app, query, json!({ "a": 1, "b": {} })), "BAD_USER_INPUT", "`$a` is 1");
    says(&refused(&app, query, json!({ "a": "web", "b": "x" })), "BAD_USER_INPUT", "`$b` is \"x\"");
    says(&refused(&app, query, json!({ "a": "web", "b": { "colour": 1 } })), "BAD_USER_INPUT", "`$b.colour`");
    let money = json!({ "a": "web", "b": { "amount": { "amount": "1", "currency": "euro" } } });
    let answer = refused(&app, query, money);
    assert!(answer.error().contains("currency"), "{}", answer.error());
    let late = json!({ "a": "web", "b": { "occurredAt": "yesterday" } });
    assert!(refused(&app, query, late).error().contains("occurredAt"));
    assert_eq!(app.data("{ log { head } }")["log"]["head"], "0");
}

#[test]
fn wrong_literals_are_named() {
    let app = TestApp::start();
    for (query, part) in [
        ("{ leads(first: \"many\") { totalCount } }", "first"),
        ("{ leads(where: { status: { eq: SLEEPING } }) { totalCount } }", "SLEEPING"),
        ("{ leads(where: { receivedAt: { gte: \"soon\" } }) { totalCount } }", "DateTime"),
        ("{ log(asOf: 1) { head } }", "asOf"),
        (
            "{ leads(asOf: { position: \"1\", recordedAt: \"2026-01-01T00:00:00Z\" }) { totalCount } }",
            "exactly one field",
        ),
        ("{ event(position: 12) { id } }", "Position"),
    ] {
        says(&refused(&app, query, json!({})), "GRAPHQL_VALIDATION_FAILED", part);
    }
}

#[test]
fn unknown_ids_are_null_and_foreign_ones_too() {
    let app = TestApp::start();
    let account = world::account(&app, "Vega");
    let query = "query ($id: ID!) { lead(id: $id) { id } contact(id: $id) { id } opportunity(id: $id) { id } \
        employee(id: $id) { id } task(id: $id) { id } agreement(id: $id) { id } pipeline(id: $id) { id } }";
    for id in [account.as_str(), "", "x", "bGVhZDp4", "🦀"] {
        let answer = app.request(query).variables(json!({ "id": id })).send();
        assert!(answer.data().as_object().unwrap().values().all(Value::is_null), "{answer:?}");
    }
    let nodes = app.request("query ($a: ID!) { node(id: \"x\") { id } nodes(ids: [$a, \"x\"]) { id } }");
    let nodes = nodes.variables(json!({ "a": account })).send();
    assert_eq!(nodes.data(), &json!({ "node": null, "nodes": [{ "id": account }, null] }));
}

#[test]
fn huge_pages_and_deep_or_wide_questions_are_refused() {
    let app = TestApp::start();
    says(
        &refused(&app, "{ leads(first: 101) { nodes { id } } }", json!({})),
        "BAD_USER_INPUT",
        "`first` of `leads` is 101",
    );
    says(
        &refused(&app, "query ($n: Int) { leads(last: $n) { nodes { id } } }", json!({ "n": 2_000_000_000 })),
        "BAD_USER_INPUT",
        "0 to 100",
    );
    let page = "timeline(first: 100) { nodes { id position type summary";
    let nested = format!("{{ accounts(first: 100) {{ nodes {{ contacts: id {page} event {{ id }} }} }} }} }} }}");
    says(&refused(&app, &nested, json!({})), "LIMIT_EXCEEDED", "complexity");
    let deep = format!("{{ account(id: 1) {{ {} id {} }} }}", "parent { ".repeat(30), "}".repeat(30));
    says(&refused(&app, &deep, json!({})), "LIMIT_EXCEEDED", "depth");
    let bottomless = format!("{{ account(id: 1) {{ {} id {} }} }}", "parent { ".repeat(5_000), "}".repeat(5_000));
    says(&refused(&app, &bottomless, json!({})), "LIMIT_EXCEEDED", "nested");
    let wide: String = (0..40).map(|n| format!("a{n}: log {{ head }} ")).collect();
    says(&refused(&app, &format!("{{ {wide} }}"), json!({})), "LIMIT_EXCEEDED", "root fields");
    let ids: Vec<_> = (0..101).map(|n| n.to_string()).collect();
    let answer =
        app.request("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }").variables(json!({ "ids": ids })).send();
    says(&answer, "BAD_USER_INPUT", "101 ids");
}

#[test]
fn fragments_that_expand_without_end_are_refused_quickly() {
    let app = TestApp::start();
    let mut bomb = String::from("{ ...F0 }");
    for level in 0..60 {
        bomb.push_str(&format!(" fragment F{level} on Query {{ ...F{0} ...F{0} }}", level + 1));
    }
    let started = std::time::Instant::now();
    let whole = format!("{bomb} fragment F60 on Query {{ log {{ head }} }}");
    says(&refused(&app, &whole, json!({})), "LIMIT_EXCEEDED", "fields");
    says(&refused(&app, &bomb, json!({})), "GRAPHQL_VALIDATION_FAILED", "not defined");
    says(&refused(&app, "{ ...F } fragment F on Query { ...F }", json!({})), "GRAPHQL_VALIDATION_FAILED", "itself");
    let hidden = format!("query A {{ log {{ head }} }} query B {bomb} fragment F60 on Query {{ log {{ head }} }}");
    let body = json!({ "query": hidden, "operationName": "A" }).to_string();
    says(&app.post("application/json", "application/json", body.as_bytes()), "LIMIT_EXCEEDED", "fields");
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn what_is_no_graphql_request_is_a_4xx() {
    let app = TestApp::start();
    for (content_type, body, status, part) in [
        ("application/json", "{", 400, "not JSON"),
        ("application/json", "[{\"query\": \"{ log { head } }\"}]", 400, "batches"),
        ("application/json", "{\"query\": 1}", 400, "`query`"),
        ("application/json", "\"\u{fffd}\"", 400, "not an object"),
        ("text/plain", "{\"query\": \"{ log { head } }\"}", 415, "Content-Type"),
        ("application/json; charset=latin1", "{\"query\": \"{ log { head } }\"}", 415, "UTF-8"),
    ] {
        let answer = app.post(content_type, "application/json", body.as_bytes());
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.error().contains(part), "{answer:?}");
    }
    let answer = app.post("application/json", "text/html", b"{}");
    assert_eq!(answer.status, 406);
    let answer =
        app.post("application/json", "application/json", b"{\"query\": \"{ log { head } }\", \"x\": \"\xff\"}");
    assert_eq!(answer.status, 400);
    let (status, _, _) = app.get("/graphql?query=mutation%7BreceiveLead(input:%7B%7D)%7Bposition%7D%7D", &[]);
    assert_eq!(status, 405);
    assert_eq!(app.data("{ log { head } }")["log"]["head"], "0");
}

#[test]
fn an_oversized_body_is_refused_and_read_to_its_end() {
    let app = TestApp::start();
    let body = json!({ "query": "{ log { head } }", "variables": { "x": "y".repeat(5 << 20) } }).to_string();
    let answer = app.post("application/json", "application/json", body.as_bytes());
    assert_eq!(answer.status, 413);
    assert_eq!(answer.error(), "the body has more than the 2097152 bytes that are allowed");
    let comment = json!({ "source": "web", "message": "z".repeat(1_000_000) });
    let payload = app.mutate("receiveLead", comment, "lead { id }");
    assert_eq!(payload["userErrors"][0]["code"], "INVALID_VALUE");
    assert_eq!(payload["userErrors"][0]["field"], json!(["message"]));
}

#[test]
fn a_body_that_is_cut_off_harms_nobody() {
    let app = TestApp::start();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(app.address()).unwrap();
        let head =
            "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{\"que";
        stream.write_all(head.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        // The server may answer or just hang up.
        let _ = stream.read_to_string(&mut answer);
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    }
    assert_eq!(app.data("{ log { head } }")["log"]["head"], "0");
}

#[test]
fn malformed_cursors_and_both_ends_at_once_are_named() {
    let app = TestApp::start();
    world::lead(&app, "web");
    for (query, part) in [
        ("{ leads(after: \"x!\") { totalCount } }", "`after` is not a cursor"),
        ("{ leads(before: \"AAAA\") { totalCount } }", "`before` is not a cursor"),
        ("{ leads(first: 1, last: 1) { totalCount } }", "both"),
        ("{ leads(asOf: { position: \"99\" }) { totalCount } }", "position 99 lies beyond the end of the log"),
        ("{ salesFunnel(groupBy: [{ column: OUTCOME }]) { groups { key { value } } } }", "Outcome"),
    ] {
        let answer = app.request(query).send();
        says(&answer, "BAD_USER_INPUT", part);
        assert_eq!(answer.body["data"], Value::Null, "the field at fault was required");
    }
}
